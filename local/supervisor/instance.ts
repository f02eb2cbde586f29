/** One system per folder: the record of who runs in it, and the end of what a killed supervisor left behind. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { commandOf, startOf } from './process-table.ts';

const instanceSchema = z.object({
  supervisor: z.number(),
  /** As the system tells it: a pid alone may belong to somebody else by now. */
  startedAt: z.string(),
  children: z.record(z.string(), z.number()),
});
type InstanceRecord = z.infer<typeof instanceSchema>;

/** Another live supervisor owns the folder. */
export class AlreadyRunningError extends Error {
  readonly code = 'AlreadyRunning';
  override readonly name = 'AlreadyRunningError';
}

export interface Instance {
  /** Records the processes of this system, so that the next start finds them even after SIGKILL. */
  record(children: Readonly<Record<string, number>>): void;
  release(): void;
}

const KILL_MS_MAX = 3_000;
/** Folders of this very process: its own pid in a record says nothing about which system wrote it. */
const claimed = new Set<string>();

/**
 * Takes the folder. A record whose supervisor is gone is stale: its children that still run *with this folder on
 * their command line* are ended first (a pid alone may belong to somebody else by now).
 */
export async function claimInstance(dir: string): Promise<Instance> {
  const file = join(dir, 'instance.json');
  const found = read(file);
  if (found !== undefined) {
    const isOurs = found.supervisor === process.pid;
    const isAlive = isOurs ? claimed.has(dir) : found.startedAt !== '' && startOf(found.supervisor) === found.startedAt;
    if (isAlive) {
      throw new AlreadyRunningError(`a system runs in ${dir} (pid ${found.supervisor}); stop it first`);
    }
    await endOrphans(dir, Object.values(found.children));
  }
  const own = { supervisor: process.pid, startedAt: startOf(process.pid) };
  writeJson(file, { ...own, children: {} });
  claimed.add(dir);
  return {
    record: (children) => writeJson(file, { ...own, children }),
    release: () => {
      claimed.delete(dir);
      rmSync(file, { force: true });
    },
  };
}

function read(file: string): InstanceRecord | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return instanceSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Torn by a crash while it was written: nothing to learn from it.
    return undefined;
  }
}

async function endOrphans(dir: string, pids: readonly number[]): Promise<void> {
  const orphans = pids.filter((pid) => commandOf(pid).includes(dir));
  for (const pid of orphans) process.kill(pid, 'SIGKILL');
  const deadline = performance.now() + KILL_MS_MAX;
  while (orphans.some((pid) => commandOf(pid).includes(dir)) && performance.now() < deadline) await delay(20);
}

/** Writes a file in one piece: readers see the old or the new content. */
export function writeJson(file: string, content: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
