/** CloudFormation's functions, resolved to the names things have on the emulator. */
import type { Assembly } from './assembly.ts';

/** What a resource became: its `Ref` and its attributes. */
export interface Physical {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ResolverOptions {
  readonly assembly: Assembly;
  /** By `stack/logicalId`. */
  readonly physical: ReadonlyMap<string, Physical>;
  readonly region: string;
  readonly accountId: string;
}

/** Resolves a value of one stack's template. */
export type Resolve = (stack: string, value: unknown) => unknown;

/** A template uses a function this does not know. */
export class IntrinsicError extends Error {
  readonly code = 'Intrinsic';
  override readonly name = 'IntrinsicError';
}

const NO_VALUE = Symbol('AWS::NoValue');

type Context = ResolverOptions & { readonly stack: string };
type Intrinsic = (context: Context, argument: unknown) => unknown;

/** Creates the resolver. References to resources the emulator does not have become readable placeholders. */
export function createResolver(options: ResolverOptions): Resolve {
  return (stack, value) => resolve({ ...options, stack }, value);
}

function resolve(context: Context, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => resolve(context, one)).filter((one) => one !== NO_VALUE);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (first !== undefined && entries.length === 1 && (first[0] === 'Ref' || first[0].startsWith('Fn::'))) {
    const intrinsic = INTRINSICS[first[0]];
    if (intrinsic === undefined) throw new IntrinsicError(`${first[0]} is not supported`);
    return intrinsic(context, first[1]);
  }
  const resolved = entries.map(([key, one]): [string, unknown] => [key, resolve(context, one)]);
  return Object.fromEntries(resolved.filter(([, one]) => one !== NO_VALUE));
}

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (context, name) => reference(context, String(name)),
  'Fn::GetAtt': (context, argument) => {
    const [logicalId = '', ...attribute] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
    return attributeOf(context, logicalId, attribute.join('.'));
  },
  'Fn::Join': (context, argument) => {
    const [separator, parts] = list(argument);
    return list(resolve(context, parts)).map(String).join(String(separator));
  },
  'Fn::Sub': (context, argument) => substitute(context, argument),
  'Fn::Select': (context, argument) => {
    const [index, values] = list(argument);
    return list(resolve(context, values))[Number(index)];
  },
  'Fn::Split': (context, argument) => {
    const [separator, text] = list(argument);
    return String(resolve(context, text)).split(String(separator));
  },
  'Fn::GetAZs': (context) => ['a', 'b', 'c'].map((zone) => `${context.region}${zone}`),
  'Fn::ImportValue': (context, argument) => imported(context, String(resolve(context, argument))),
  'Fn::Base64': (context, argument) => Buffer.from(String(resolve(context, argument))).toString('base64'),
};

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new IntrinsicError(`expected a list, found ${JSON.stringify(value)}`);
  return value;
}

function reference(context: Context, name: string): unknown {
  const pseudo: Readonly<Record<string, unknown>> = {
    'AWS::Region': context.region,
    'AWS::AccountId': context.accountId,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': context.stack,
    'AWS::StackId': `arn:aws:cloudformation:${context.region}:${context.accountId}:stack/${context.stack}/local`,
    'AWS::NoValue': NO_VALUE,
  };
  if (name in pseudo) return pseudo[name];
  const parameter = context.assembly[context.stack]?.Parameters[name];
  if (parameter !== undefined) return parameter.Default ?? '';
  return context.physical.get(`${context.stack}/${name}`)?.ref ?? `${context.stack}-${name}`;
}

function attributeOf(context: Context, logicalId: string, attribute: string): string {
  const physical = context.physical.get(`${context.stack}/${logicalId}`);
  return physical?.attributes[attribute] ?? `${context.stack}-${logicalId}.${attribute}`;
}

function substitute(context: Context, argument: unknown): string {
  const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
  const known = resolve(context, variables ?? {}) as Readonly<Record<string, unknown>>;
  return String(text).replaceAll(/\$\{(!?)([^}]+)\}/g, (_match, literal: string, name: string) => {
    if (literal === '!') return `\${${name}}`;
    if (name in known) return String(known[name]);
    const [logicalId = '', ...attribute] = name.split('.');
    return attribute.length === 0
      ? String(reference(context, name))
      : attributeOf(context, logicalId, attribute.join('.'));
  });
}

function imported(context: Context, name: string): unknown {
  for (const [stack, template] of Object.entries(context.assembly)) {
    for (const output of Object.values(template.Outputs)) {
      const exporter = { ...context, stack };
      if (output.Export !== undefined && resolve(exporter, output.Export.Name) === name) {
        return resolve(exporter, output.Value);
      }
    }
  }
  throw new IntrinsicError(`nothing exports ${name}`);
}
