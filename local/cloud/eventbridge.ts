/** EventBridge on this machine: buses, rules and targets in memory, delivered to SQS queues and local functions. */
import { randomUUID } from 'node:crypto';
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { AwsError, requiredText, type Body, type Operations } from './aws-server.ts';
import { matchesPattern } from './event-pattern.ts';

export interface EventTarget {
  readonly Id: string;
  readonly Arn: string;
  readonly SqsParameters?: { readonly MessageGroupId?: string };
  /** JSON sent instead of the event. */
  readonly Input?: string;
}

interface Rule {
  readonly pattern: unknown;
  readonly targets: Map<string, EventTarget>;
}

export interface EventBusOptions {
  readonly region: string;
  readonly sqs: SQSClient;
  readonly queueUrlOf: (arn: string) => string;
  /** Runs a local function; set once the functions are known. */
  readonly invoke: (functionArn: string, event: unknown) => Promise<void>;
  readonly onError: (message: string) => void;
}

export interface EventBus {
  readonly operations: Operations;
  /** Sends an event straight to a target (schedules). */
  deliver(target: EventTarget, event: unknown): Promise<void>;
}

/** Entries per PutEvents call, as on AWS. */
const ENTRIES_MAX = 10;

/** Creates the buses; rules live as long as the process, the template puts them back at each start. */
export function createEventBus(options: EventBusOptions): EventBus {
  const rules = new Map<string, Rule>();
  const busOf = (body: Body): string => {
    const name = body['EventBusName'];
    return typeof name === 'string' ? (name.split('/').at(-1) ?? 'default') : 'default';
  };
  const keyOf = (body: Body, field: string): string => `${busOf(body)}/${requiredText(body, field)}`;

  const deliver = async (target: EventTarget, event: unknown): Promise<void> => {
    const body = target.Input ?? JSON.stringify(event);
    if (target.Arn.includes(':lambda:')) return options.invoke(target.Arn, JSON.parse(body));
    if (!target.Arn.includes(':sqs:')) throw new AwsError('ValidationException', `no local target for ${target.Arn}`);
    const group = target.SqsParameters?.MessageGroupId;
    const fifo = group === undefined ? {} : { MessageGroupId: group, MessageDeduplicationId: randomUUID() };
    await options.sqs.send(
      new SendMessageCommand({ QueueUrl: options.queueUrlOf(target.Arn), MessageBody: body, ...fifo }),
    );
  };

  const publish = (bus: string, event: Body): void => {
    for (const [key, rule] of rules) {
      if (!key.startsWith(`${bus}/`) || !matchesPattern(rule.pattern, event)) continue;
      for (const target of rule.targets.values()) {
        deliver(target, event).catch((error: unknown) => options.onError(`event to ${target.Arn}: ${String(error)}`));
      }
    }
  };

  const operations: Operations = {
    'AWSEvents.PutRule': (body) => {
      const key = keyOf(body, 'Name');
      const pattern: unknown = JSON.parse(requiredText(body, 'EventPattern'));
      rules.set(key, { pattern, targets: rules.get(key)?.targets ?? new Map() });
      return { RuleArn: `arn:aws:events:${options.region}:000000000000:rule/${key}` };
    },
    'AWSEvents.PutTargets': (body) => {
      const rule = rules.get(keyOf(body, 'Rule'));
      if (rule === undefined) throw new AwsError('ResourceNotFoundException', 'Rule does not exist.');
      for (const target of (body['Targets'] ?? []) as EventTarget[]) rule.targets.set(target.Id, target);
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    'AWSEvents.CreateEventBus': (body) => ({
      EventBusArn: `arn:aws:events:${options.region}:000000000000:event-bus/${requiredText(body, 'Name')}`,
    }),
    'AWSEvents.PutEvents': (body) => {
      const entries = (body['Entries'] ?? []) as Body[];
      if (entries.length === 0 || entries.length > ENTRIES_MAX) {
        throw new AwsError('ValidationException', 'Entries must have 1 to 10 members');
      }
      return { FailedEntryCount: 0, Entries: entries.map((entry) => putEntry(entry, options.region, publish)) };
    },
  };
  return { operations, deliver };
}

function putEntry(entry: Body, region: string, publish: (bus: string, event: Body) => void): Body {
  const bus = typeof entry['EventBusName'] === 'string' ? (entry['EventBusName'].split('/').at(-1) ?? '') : 'default';
  if (typeof entry['Source'] !== 'string' || typeof entry['DetailType'] !== 'string') {
    return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Parameter Source and DetailType are required.' };
  }
  let detail: unknown;
  try {
    detail = JSON.parse(String(entry['Detail']));
  } catch {
    return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  }
  const id = randomUUID();
  publish(bus, {
    version: '0',
    id,
    source: entry['Source'],
    'detail-type': entry['DetailType'],
    account: '000000000000',
    time: new Date().toISOString(),
    region,
    resources: entry['Resources'] ?? [],
    detail,
  });
  return { EventId: id };
}
