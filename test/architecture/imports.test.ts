/** Who may import whom. Each rule says what to do when it fires. */
import { describe, expect, it } from '@jest/globals';
import { readSources, type Import, type SourceFile } from './source-tree.ts';

/** Lower may not import higher. Same rank: only within itself. */
const RANKS = [
  ['layers/domain'],
  ['layers/contracts'],
  ['layers/runtime'],
  ['layers/adapters'],
  ['services', 'functions'],
  ['local', 'test', 'bench', 'scripts'],
] as const;

const isTest = ({ path }: SourceFile): boolean => path.endsWith('.test.ts') || path.includes('/testing/');
const sources = readSources();
const production = sources.filter((source) => !isTest(source));
const within = (folder: string): readonly SourceFile[] =>
  production.filter(({ path }) => path.startsWith(`${folder}/`));

/** Every import that breaks a rule, as `file → specifier`. */
const offenders = (files: readonly SourceFile[], breaks: (one: Import, from: SourceFile) => boolean): string[] =>
  files.flatMap((file) =>
    file.imports.filter((one) => breaks(one, file)).map(({ specifier }) => `${file.path} → ${specifier}`),
  );

const rankOf = (path: string): number =>
  RANKS.findIndex((rank) => rank.some((folder) => path.startsWith(`${folder}/`)));
const isPackage = ({ specifier, target }: Import): boolean =>
  target === undefined && !specifier.startsWith('.') && !specifier.startsWith('node:');
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
const isOneOf = (allowed: readonly string[], specifier: string): boolean => allowed.includes(packageOf(specifier));

describe('imports', () => {
  // When it fires: the code is in the wrong layer. Move what is needed down (a type, a pure function), or pass it in
  // as a port from the entry point; a lower layer never learns of a higher one.
  it('go down the layers only', () => {
    const breaks = ({ target }: Import, { path }: SourceFile): boolean =>
      target !== undefined && rankOf(path) >= 0 && rankOf(target) > rankOf(path);
    expect(offenders(production, breaks)).toEqual([]);
  });

  // When it fires: two entry points share something. Its home is a layer: adapters for I/O, contracts for what crosses
  // the border between them.
  it('never go sideways between entry points', () => {
    const entryPoint = (path: string): string => path.split('/').slice(0, 2).join('/');
    const isEntry = (path: string): boolean => /^(services|functions)\//.test(path);
    const breaks = ({ target }: Import, { path }: SourceFile): boolean =>
      target !== undefined && isEntry(path) && isEntry(target) && entryPoint(path) !== entryPoint(target);
    expect(offenders(production, breaks)).toEqual([]);
  });

  // When it fires: something running needs what a tool, a test or the local system has. Move that part into a layer.
  it('never reach into tests, benchmarks, scripts or the local system from what is deployed', () => {
    const breaks = ({ target }: Import): boolean => target !== undefined && rankOf(target) === RANKS.length - 1;
    expect(offenders([...within('layers'), ...within('services'), ...within('functions')], breaks)).toEqual([]);
  });

  // When it fires: the domain wants a clock, a hash, a library. Put the fact into the command, or the function into
  // contracts; the domain stays plain TypeScript.
  it('leave the domain without packages and without Node', () => {
    expect(offenders(within('layers/domain'), (one) => one.target === undefined)).toEqual([]);
  });

  // When it fires: contracts are pure. Sockets, files and clients belong to adapters.
  it('leave contracts with codecs and pure parts of Node only', () => {
    const packages = ['zod', '@noble/hashes', 'tiny-secp256k1', 'secp256k1', 'msgpackr'];
    const pure = ['node:crypto', 'node:zlib', 'node:buffer'];
    const breaks = (one: Import): boolean =>
      one.target === undefined && !pure.includes(one.specifier) && !isOneOf(packages, one.specifier);
    expect(offenders(within('layers/contracts'), breaks)).toEqual([]);
  });

  // When it fires: the runtime wants a vendor. Give it a port and implement the port in adapters.
  it('leave the runtime without packages and without the environment', () => {
    const runtime = within('layers/runtime');
    expect(offenders(runtime, isPackage)).toEqual([]);
    expect(runtime.filter(({ text }) => text.includes('process.env')).map(({ path }) => path)).toEqual([]);
  });

  // When it fires: infrastructure names code by path (an entry file, a folder), it never imports it.
  it('leave infra with the construct library and itself', () => {
    const packages = ['aws-cdk-lib', 'constructs', 'cdk-nag'];
    const breaks = (one: Import): boolean =>
      one.target === undefined ? isPackage(one) && !isOneOf(packages, one.specifier) : !one.target.startsWith('infra/');
    expect(offenders(within('infra'), breaks)).toEqual([]);
  });

  // When it fires: take another door. Inside a layer's folder its files import each other; everybody else its index.
  it('enter a layer through the door of a folder', () => {
    const layerOf = (path: string): string => path.split('/').slice(0, 2).join('/');
    const breaks = ({ specifier, target }: Import, { path }: SourceFile): boolean =>
      specifier.startsWith('.') &&
      target !== undefined &&
      target.startsWith('layers/') &&
      layerOf(target) !== layerOf(path);
    const deployed = production.filter(({ path }) => rankOf(path) < RANKS.length - 1);
    expect(offenders(deployed, breaks)).toEqual([]);
  });

  // When it fires: two files need each other, so they are one thing, or a third thing is hidden in both: take that out.
  // In the domain types count too, because there a cycle of types is a cycle of ideas.
  it('form no cycles', () => {
    const edges = new Map<string, string[]>();
    for (const { path, imports } of sources) {
      const counted = imports.filter((one) => !one.isTypeOnly || path.startsWith('layers/domain/'));
      edges.set(
        path,
        counted.flatMap(({ target }) => (target === undefined ? [] : [target])),
      );
    }
    expect(findCycle(edges)).toEqual([]);
  });
});

/** One cycle as a list of files, or none. */
function findCycle(edges: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): readonly string[] => {
    const start = trail.indexOf(path);
    if (start >= 0) return [...trail.slice(start), path];
    if (done.has(path)) return [];
    trail.push(path);
    for (const next of edges.get(path) ?? []) {
      const cycle = visit(next);
      if (cycle.length > 0) return cycle;
    }
    trail.pop();
    done.add(path);
    return [];
  };
  for (const path of edges.keys()) {
    const cycle = visit(path);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
