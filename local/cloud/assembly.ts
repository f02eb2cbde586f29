/** The synthesized CDK app: made by running it, kept by the hash of what it was made of. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const resourceSchema = z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) });
const templateSchema = z.object({
  Resources: z.record(z.string(), resourceSchema).default({}),
  Parameters: z.record(z.string(), z.object({ Default: z.unknown().optional() })).default({}),
  Outputs: z
    .record(z.string(), z.object({ Value: z.unknown(), Export: z.object({ Name: z.unknown() }).optional() }))
    .default({}),
});

export type CfnResource = z.infer<typeof resourceSchema>;
export type CfnTemplate = z.infer<typeof templateSchema>;
/** Templates by stack name. */
export type Assembly = Readonly<Record<string, CfnTemplate>>;

const TEMPLATE_SUFFIX = '.template.json';

/** Reads every template of a cloud assembly folder. */
export function readAssembly(folder: string): Assembly {
  const files = readdirSync(folder).filter((name) => name.endsWith(TEMPLATE_SUFFIX));
  const templates = files.map((name): [string, CfnTemplate] => [
    name.slice(0, -TEMPLATE_SUFFIX.length),
    templateSchema.parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))),
  ]);
  return Object.fromEntries(templates);
}

export interface SynthesisOptions {
  readonly root: string;
  /** Assemblies by hash live here; any number of processes may share it. */
  readonly cacheDir: string;
  /** Settings the app reads, part of the hash. */
  readonly env: Readonly<Record<string, string>>;
}

/** Bundling of functions is skipped: here they run from source. */
const CONTEXT = { 'aws:cdk:bundling-stacks': [], 'aws:cdk:version-reporting': false };

/** Runs `infra/app.ts` unless the same infra with the same settings was synthesized before. */
export async function synthesize({ root, cacheDir, env }: SynthesisOptions): Promise<Assembly> {
  const folder = join(cacheDir, contentHash(root, env));
  if (!existsSync(folder)) {
    mkdirSync(cacheDir, { recursive: true });
    const fresh = mkdtempSync(join(cacheDir, 'new-'));
    await promisify(execFile)(process.execPath, ['--conditions=source', join(root, 'infra/app.ts')], {
      cwd: root,
      env: { ...process.env, ...env, CDK_OUTDIR: fresh, CDK_CONTEXT_JSON: JSON.stringify(CONTEXT) },
      maxBuffer: 16_000_000,
    });
    publish(fresh, folder);
    prune(cacheDir, folder);
  }
  return readAssembly(folder);
}

/** Somebody else may have published the same assembly meanwhile: theirs is as good. */
function publish(fresh: string, folder: string): void {
  try {
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

/** Assemblies kept beside the one in use: going back and forth between branches stays fast. */
const KEPT = 5;

function prune(cacheDir: string, used: string): void {
  const others = readdirSync(cacheDir)
    .map((name) => join(cacheDir, name))
    .filter((path) => path !== used && !basename(path).startsWith('new-'))
    .map((path) => ({ path, madeAt: statSync(path).mtimeMs }))
    .sort((a, b) => b.madeAt - a.madeAt);
  for (const { path } of others.slice(KEPT)) rmSync(path, { recursive: true, force: true });
}

function contentHash(root: string, env: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256').update(JSON.stringify(env));
  const infra = join(root, 'infra');
  const entries = readdirSync(infra, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of [...files.sort(), join(root, 'package.json')]) {
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}
