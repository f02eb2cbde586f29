/** One function in a thread of its own: imports its handler once, then answers one event after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';

const settings = z.object({ handlerFile: z.string(), name: z.string(), arn: z.string() }).parse(workerData);
const requestSchema = z.object({ id: z.number(), event: z.unknown(), timeoutMs: z.number() });

interface HandlerModule {
  readonly handler: (event: unknown, context: unknown) => Promise<unknown>;
}

const loaded = (await import(settings.handlerFile)) as HandlerModule;

const contextOf = (id: number, deadline: number) => ({
  awsRequestId: `local-${settings.name}-${id}`,
  functionName: settings.name,
  functionVersion: '$LATEST',
  invokedFunctionArn: settings.arn,
  memoryLimitInMB: '1024',
  logGroupName: `/aws/lambda/${settings.name}`,
  logStreamName: 'local',
  callbackWaitsForEmptyEventLoop: false,
  getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
});

async function run(message: unknown): Promise<void> {
  const { id, event, timeoutMs } = requestSchema.parse(message);
  try {
    const result = await loaded.handler(event, contextOf(id, Date.now() + timeoutMs));
    parentPort?.postMessage({ id, result });
  } catch (error) {
    parentPort?.postMessage({ id, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

parentPort?.on('message', (message: unknown) => void run(message));
