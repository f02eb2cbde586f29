/** What the style guide asks for and no tool we can buy checks. Each rule says what to do when it fires. */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT, sourcePaths } from './source-tree.ts';

const SELF = 'test/architecture/style.test.ts';
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const sources = sourcePaths()
  .filter((path) => path !== SELF)
  .map((path) => ({ path, text: read(path) }));
const documents = ['README.md', ...globSync('{docs,infra,layers,local,test}/**/*.md', { cwd: ROOT })]
  .filter((path) => !path.includes('node_modules') && existsSync(join(ROOT, path)))
  .map((path) => ({ path, text: read(path) }));
const everything = [...sources, ...documents];

/** Lines that match, as `file:line text`. */
const matches = (files: readonly { path: string; text: string }[], pattern: RegExp): string[] =>
  files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  );

describe('style', () => {
  // When it fires: do it now, or open an issue and name it: `TODO(12)`.
  it('leaves nothing unfinished', () => {
    expect(matches(everything, /\bFIXME\b|\bXXX\b|\bHACK\b|\bTODO\b(?!\(\d+\))/)).toEqual([]);
    expect(matches(sources, /@ts-(ignore|nocheck|expect-error)|^(?!\s*(\*|\/)).*\bas any\b/)).toEqual([]);
  });

  // When it fires: a test that does not run proves nothing. Repair it or delete it.
  it('skips and focuses no test', () => {
    expect(matches(sources, /\b(describe|it|test)\.(skip|only|todo)\b|\bx(it|describe)\(/)).toEqual([]);
  });

  // When it fires: the file holds two subjects. Split it by what its parts are about.
  it('keeps files under 400 lines', () => {
    const long = sources.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }));
    expect(long.filter(({ lines }) => lines > 400)).toEqual([]);
  });

  // When it fires: the code has no noun yet. Name it by what it is about and put it there.
  it('has no folder or file without a subject', () => {
    const vague = /(^|\/)(utils?|helpers?|common|shared|misc|lib|stuff)(\.ts|\/)/;
    expect(sources.map(({ path }) => path).filter((path) => vague.test(path))).toEqual([]);
  });

  // When it fires: a name of a file is lower case with dashes; only scenarios are named by their criterion.
  it('names files in kebab case', () => {
    const named = /^(test\/scenarios\/[\w.-]+|([a-z0-9-]+\/)+[a-z0-9-]+(\.[a-z]+)*)\.ts$/;
    expect(sources.map(({ path }) => path).filter((path) => !named.test(path))).toEqual([]);
  });

  // When it fires: the decision looks something up. Put the fact into the command or the event.
  it('leaves the domain without clock, chance, timers and process', () => {
    const domain = sources.filter(({ path }) => path.startsWith('layers/domain/') && !path.endsWith('.test.ts'));
    expect(
      matches(domain, /\bDate\.now\b|\bnew Date\b|\bMath\.random\b|\bprocess\.|\bset(Timeout|Interval)\b/),
    ).toEqual([]);
  });

  // When it fires: a refusal is a value (`reject`), a broken rule an `invariant`, a thing plain data and functions.
  it('leaves the domain without throw and class', () => {
    const domain = sources.filter(
      ({ path }) =>
        path.startsWith('layers/domain/') && !/\.test\.ts$|\/testing\//.test(path) && !path.includes('/src/kernel/'),
    );
    expect(matches(domain, /^\s*throw\b|^(export )?(abstract )?class\b/)).toEqual([]);
  });

  // When it fires: a path of one machine. Use the repository's root, or the temporary folder of the system.
  it('names no path of a machine', () => {
    const machine = /(^|[\s'"`(=:])\/(work|farm|root|home|Users|tmp)\/[a-z]/;
    expect(matches(everything, machine)).toEqual([]);
  });

  // When it fires: a registry host slipped into the lock file; `.npmrc` keeps them out of what npm writes.
  it('keeps registry hosts out of the lock file', () => {
    expect(matches([{ path: 'package-lock.json', text: read('package-lock.json') }], /"resolved": "https?:/)).toEqual(
      [],
    );
    expect(read('.npmrc')).toContain('omit-lockfile-registry-resolved=true');
  });

  // When it fires: a version is a range. Pin it; what a range finds tomorrow was not tested.
  it('pins every dependency', () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json'));
    const all = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)))).toEqual([]);
  });

  // When it fires: a handler does more than wire, parse, call, answer. Mapping goes to request.ts, logic into a layer.
  it('keeps each function to a short handler and its request', () => {
    for (const name of readdirSync(join(ROOT, 'functions'))) {
      const files = readdirSync(join(ROOT, 'functions', name));
      expect({ name, files }).toEqual({ name, files: expect.arrayContaining(['handler.ts', 'request.ts']) });
      const handler = read(`functions/${name}/handler.ts`);
      expect({ name, isShort: handler.split('\n').length <= 40 }).toEqual({ name, isShort: true });
      expect({ name, tries: /\btry\s*\{/.test(handler) }).toEqual({ name, tries: false });
    }
  });

  // When it fires: a service's main.ts wires and nothing else; settings are in config.ts.
  it('gives each service a main and its settings', () => {
    for (const name of readdirSync(join(ROOT, 'services'))) {
      const files = readdirSync(join(ROOT, 'services', name));
      expect({ name, files }).toEqual({ name, files: expect.arrayContaining(['main.ts', 'config.ts']) });
    }
  });

  // When it fires: a document tells of a command that is not there (any more).
  it('documents only commands that exist', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const builtIn = new Set(['ci', 'install', 'test', 'start']);
    const named = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/\bnpm run ([a-z][\w:-]*)/g)].map(([, script = '']) => ({ path, script })),
    );
    expect(named.filter(({ script }) => !builtIn.has(script) && !(script in scripts))).toEqual([]);
    for (const command of Object.values<string>(scripts)) {
      for (const [, file = ''] of command.matchAll(/((?:[\w-]+\/)+[\w-]+\.ts)/g)) {
        expect({ file, exists: existsSync(join(ROOT, file)) }).toEqual({ file, exists: true });
      }
    }
  });
});
