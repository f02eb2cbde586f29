/** DynamoDB on this machine: the dynoxide binary over a SQLite file, as a child process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tethered } from './tether.ts';

export interface Dynoxide {
  readonly endpoint: string;
  /** Of the process that serves now. */
  readonly pid: number;
  close(): Promise<void>;
}

export interface DynoxideOptions {
  /** The database; absent = in memory. */
  readonly file?: string;
  /** Called after the process ended although nobody closed it, when the next one runs (pid) or cannot (undefined). */
  readonly onRestart?: (reason: string, pid: number | undefined) => void;
}

/** The store could not be started: no binary for this platform, or it died at once. */
export class DynoxideError extends Error {
  readonly code = 'Dynoxide';
  override readonly name = 'DynoxideError';
}

/** A free port may be taken by somebody else before the binary binds it. */
const START_ATTEMPTS = 5;
const START_MS_MAX = 5_000;
const STOP_MS_MAX = 2_000;

/** Starts the store on a free port of this machine and waits until it answers; starts it again there when it dies. */
export async function startDynoxide(options: DynoxideOptions = {}): Promise<Dynoxide> {
  const binary = findBinary();
  const launch = (port: number): ChildProcess => {
    const db = options.file === undefined ? [] : ['--db-path', options.file];
    const { file, args } = tethered({ file: binary, args: ['serve', '--port', String(port), ...db] });
    return spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const child = launch(port);
    if (await answers(child, port)) return keep(child, { port, launch, ...options });
    if (attempt === START_ATTEMPTS) throw new DynoxideError(`did not start: ${await lastWords(child)}`);
  }
}

function findBinary(): string {
  const name = `@dynoxide/${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'dynoxide');
  } catch (cause) {
    throw new DynoxideError(`no ${name}: use another emulator by AWS_ENDPOINT_URL, see docs/localstack.md`, { cause });
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function answers(child: ChildProcess, port: number): Promise<boolean> {
  const deadline = performance.now() + START_MS_MAX;
  while (performance.now() < deadline && child.exitCode === null) {
    const isUp = await fetch(`http://127.0.0.1:${port}/`).then(
      async (response) => {
        await response.arrayBuffer();
        return true;
      },
      () => false,
    );
    if (isUp) return true;
    await delay(10);
  }
  child.kill('SIGKILL');
  return false;
}

async function lastWords(child: ChildProcess): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of child.stderr ?? []) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8').trim();
}

interface Keeping extends DynoxideOptions {
  readonly port: number;
  readonly launch: (port: number) => ChildProcess;
}

function keep(first: ChildProcess, { port, launch, onRestart }: Keeping): Dynoxide {
  let child = first;
  let isClosing = false;
  const watch = async (): Promise<void> => {
    for (;;) {
      child.stderr?.resume();
      const reason = await exitOf(child);
      if (isClosing) return;
      child = launch(port);
      const isUp = await answers(child, port);
      onRestart?.(reason, isUp ? child.pid : undefined);
      if (!isUp) return;
    }
  };
  const watched = watch();
  return {
    endpoint: `http://127.0.0.1:${port}`,
    get pid() {
      return child.pid ?? 0;
    },
    close: async () => {
      isClosing = true;
      child.kill('SIGTERM');
      const isGone = await Promise.race([watched.then(() => true), delay(STOP_MS_MAX, false, { ref: false })]);
      if (!isGone) child.kill('SIGKILL');
      await watched;
    },
  };
}

const exitOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve('ended early');
    else child.once('exit', (code, signal) => resolve(signal ?? `exit ${code}`));
  });
