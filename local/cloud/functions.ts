/** The template's functions, run from source in worker threads with their own environment. */
import { appendFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import type { FunctionSpec } from './template.ts';

/** The function threw, ended, or took longer than its time-out. */
export class FunctionError extends Error {
  readonly code = 'Function';
  override readonly name = 'FunctionError';
}

/** What makes a thread's clock another one. */
export interface ThreadShift {
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface LocalFunction {
  readonly name: string;
  /** Where its handler lies, under `functions`. */
  readonly folder: string;
  /** Runs one event; throws `FunctionError`. One at a time. */
  invoke(event: unknown): Promise<unknown>;
  close(): Promise<void>;
}

export interface FunctionOptions {
  readonly root: string;
  readonly spec: FunctionSpec;
  readonly env: Readonly<Record<string, string>>;
  /** Further flags of Node for its thread. */
  readonly flags?: readonly string[];
  /** What the function prints is appended here. */
  readonly logFile: string;
}

/** Time for the import of the handler on top of the first event's. */
const START_MS_MAX = 15_000;

const answerSchema = z.object({ id: z.number(), result: z.unknown().optional(), failure: z.string().optional() });

/** `functions/<folder>/handler.ts` whose folder the function is named after; the longest where several fit. */
export function findHandler(root: string, functionName: string): string | undefined {
  const folder = join(root, 'functions');
  if (!existsSync(folder)) return undefined;
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const fitting = readdirSync(folder).filter(
    (name) => plain(functionName).includes(plain(name)) && existsSync(join(folder, name, 'handler.ts')),
  );
  const [best] = fitting.sort((a, b) => b.length - a.length);
  return best === undefined ? undefined : join(folder, best, 'handler.ts');
}

/** Creates the function; its thread starts with the first event, and anew after a crash or time-out. */
export function createFunction({ root, spec, env, flags = [], logFile }: FunctionOptions): LocalFunction | undefined {
  const handlerFile = findHandler(root, spec.name);
  if (handlerFile === undefined) return undefined;
  mkdirSync(dirname(logFile), { recursive: true });
  let worker: Worker | undefined;
  let calls = 0;
  let last: Promise<unknown> = Promise.resolve();

  const start = (): Worker => {
    const started = new Worker(new URL('lambda-worker.ts', import.meta.url), {
      // ws's optional native addon cannot be loaded by a second thread of one process.
      env: { ...systemEnv(), ...env, ...spec.environment, AWS_LAMBDA_FUNCTION_NAME: spec.name, WS_NO_BUFFER_UTIL: '1' },
      execArgv: ['--conditions=source', '--disable-warning=ExperimentalWarning', ...flags],
      workerData: { handlerFile, name: spec.name, arn: spec.arn },
      stdout: true,
      stderr: true,
    });
    const append = (text: Buffer): void => appendFileSync(logFile, text);
    started.stdout.on('data', append);
    started.stderr.on('data', append);
    started.once('exit', () => {
      if (worker === started) worker = undefined;
    });
    started.on('error', () => undefined);
    return started;
  };

  const call = async (event: unknown): Promise<unknown> => {
    const startMs = worker === undefined ? START_MS_MAX : 0;
    worker ??= start();
    calls += 1;
    try {
      return await callWorker(worker, { id: calls, event, timeoutMs: spec.timeoutMs + startMs });
    } catch (error) {
      if (!(error instanceof FunctionError)) await worker?.terminate();
      throw error instanceof FunctionError
        ? error
        : new FunctionError(`${spec.name}: ${String(error)}`, { cause: error });
    }
  };

  return {
    name: spec.name,
    folder: basename(dirname(handlerFile)),
    invoke: (event) => {
      const next = last.then(() => call(event));
      last = next.catch(() => undefined);
      return next;
    },
    close: async () => {
      await worker?.terminate();
    },
  };
}

const systemEnv = (): Record<string, string> =>
  Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'TZ'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

async function callWorker(
  worker: Worker,
  { id, event, timeoutMs }: { readonly id: number; readonly event: unknown; readonly timeoutMs: number },
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<z.infer<typeof answerSchema>>();
  const timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
  const onMessage = (message: unknown): void => {
    const answer = answerSchema.parse(message);
    if (answer.id === id) resolve(answer);
  };
  const onExit = (): void => reject(new Error('the thread ended'));
  worker.on('message', onMessage).on('error', reject).on('exit', onExit);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  worker.postMessage({ id, event, timeoutMs });
  try {
    const { failure, result } = await promise;
    if (failure !== undefined) throw new FunctionError(failure);
    return result;
  } finally {
    clearTimeout(timer);
    worker.off('message', onMessage).off('error', reject).off('exit', onExit);
  }
}
