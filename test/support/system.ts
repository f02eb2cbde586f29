/** One running system per jest worker, with fresh accounts on demand; kill and recovery scenarios start their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalSystem, type LocalSystemOptions, type System } from '../../local/supervisor/index.ts';

export type { System } from '../../local/supervisor/index.ts';
export type { Wallet } from '../../local/supervisor/accounts.ts';

export type TestSystemOptions = Omit<LocalSystemOptions, 'dir' | 'fresh'>;

/** A system in a temporary folder; `stop` removes the folder too. */
export async function startTestSystem(options: TestSystemOptions = {}): Promise<System> {
  const dir = mkdtempSync(join(tmpdir(), 'perps-system-'));
  const system = await startLocalSystem({ logLevel: 'warn', ...options, dir }).catch((error: unknown) => {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  });
  return {
    ...system,
    stop: async () => {
      await system.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

let shared: Promise<System> | undefined;

/** The system of this test file's worker: started by the first who asks, stopped by `stopSharedSystem` in `afterAll`. */
export function sharedSystem(): Promise<System> {
  shared ??= startTestSystem();
  return shared;
}

/** Stops the shared system, also one that failed to start. */
export async function stopSharedSystem(): Promise<void> {
  const system = await shared?.catch(() => undefined);
  shared = undefined;
  await system?.stop();
}
