/** One supervised process: started, logged to a file, started again when it dies, stopped when told. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, closeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tethered } from '../cloud/tether.ts';

export interface ChildSpec {
  readonly name: string;
  /** The script, run by this Node from source. */
  readonly file: string;
  readonly args: readonly string[];
  /** Further flags of Node. */
  readonly flags?: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Standard output and errors are appended here. */
  readonly logFile: string;
}

export interface ChildEvents {
  /** A process runs (the first, or the next after a death). */
  readonly onStart: (name: string, pid: number) => void;
  readonly onDeath: (name: string, reason: string) => void;
}

export interface Child {
  readonly name: string;
  /** What is run: a test starts a second one from it. */
  readonly spec: ChildSpec;
  /** 0 between a death and the next start. */
  readonly pid: number;
  readonly restarts: number;
  /** SIGTERM, and SIGKILL where that does not help in time. */
  stop(): Promise<void>;
  /** Holds the restart back, as when a test keeps a killed engine down; `resume` lets it go on. */
  hold(): void;
  resume(): void;
}

/** First pause before a restart; doubles up to the maximum, starts over after a run of `STEADY_MS`. */
const BACKOFF_MS = 100;
const BACKOFF_MS_MAX = 5_000;
const STEADY_MS = 10_000;
/** All is stopped within 5 s together: what ignores SIGTERM longer is killed. */
const STOP_MS_MAX = 3_000;

/** Starts the process and keeps it running until `stop`. */
export function superviseChild(spec: ChildSpec, events: ChildEvents): Child {
  let process: ChildProcess | undefined;
  let isStopping = false;
  let restarts = 0;
  let failures = 0;
  let gate = Promise.resolve();
  let open: (() => void) | undefined;
  const stopped = new AbortController();

  const runOnce = async (): Promise<void> => {
    const startedAt = performance.now();
    process = start(spec);
    events.onStart(spec.name, process.pid ?? 0);
    const reason = await ended(process);
    process = undefined;
    if (isStopping) return;
    failures = performance.now() - startedAt > STEADY_MS ? 0 : failures + 1;
    restarts += 1;
    events.onDeath(spec.name, reason);
  };
  const keepRunning = async (): Promise<void> => {
    while (!isStopping) {
      await runOnce();
      const pauseMs = failures <= 1 ? BACKOFF_MS : Math.min(BACKOFF_MS * 2 ** failures, BACKOFF_MS_MAX);
      await delay(pauseMs, undefined, { signal: stopped.signal }).catch(() => undefined);
      await gate;
    }
  };
  const running = keepRunning();

  return {
    name: spec.name,
    spec,
    get pid() {
      return process?.pid ?? 0;
    },
    get restarts() {
      return restarts;
    },
    hold: () => {
      ({ promise: gate, resolve: open } = Promise.withResolvers<void>());
    },
    resume: () => open?.(),
    stop: async () => {
      isStopping = true;
      stopped.abort();
      open?.();
      process?.kill('SIGTERM');
      const isGone = await Promise.race([running.then(() => true), delay(STOP_MS_MAX, false, { ref: false })]);
      if (!isGone) process?.kill('SIGKILL');
      await running;
    },
  };
}

function start(spec: ChildSpec): ChildProcess {
  mkdirSync(dirname(spec.logFile), { recursive: true });
  const log = openSync(spec.logFile, 'a');
  try {
    const flags = [
      '--conditions=source',
      '--enable-source-maps',
      '--disable-warning=ExperimentalWarning',
      ...(spec.flags ?? []),
    ];
    const { file, args } = tethered({ file: process.execPath, args: [...flags, spec.file, ...spec.args] });
    return spawn(file, args, { cwd: spec.cwd, env: { ...systemEnv(), ...spec.env }, stdio: ['ignore', log, log] });
  } finally {
    closeSync(log);
  }
}

/** Children see what a container sees, and the few variables a process on this machine needs. */
const systemEnv = (): Record<string, string> =>
  Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'TZ'].flatMap((name): [string, string][] => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

const ended = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit ${code}`));
  });
