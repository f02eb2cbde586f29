import { parseQueuedCommand, type QueuedEngineCommand } from '@perps/contracts/engine';
import type { Clock, CommandQueue, Logger, Metrics } from '@perps/runtime/ports';

export interface QueueConsumerOptions {
  readonly shard: number;
  readonly queue: CommandQueue;
  readonly submit: (command: QueuedEngineCommand) => Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
}

const MESSAGES_MAX = 10;
const LONG_POLL_MS = 10_000;
const AFTER_TROUBLE_MS = 500;

/**
 * Feeds a shard with the commands of its queue until the signal aborts. A message is deleted only after its command is
 * durable; one that cannot be a command goes back and ends in the dead-letter queue, where its alarm rings.
 */
export async function consumeCommands(options: QueueConsumerOptions): Promise<void> {
  const { shard, queue, clock, logger, signal } = options;
  while (!signal.aborted) {
    try {
      const messages = await queue.receive({ shard, max: MESSAGES_MAX, waitMs: LONG_POLL_MS, signal });
      // In order: within a group the next command may rest on the one before.
      for (const message of messages) await handle(options, message);
    } catch (cause) {
      if (signal.aborted) return;
      logger.warn('command queue: trying again', { shard, cause: String(cause) });
      await clock.sleep(AFTER_TROUBLE_MS, signal);
    }
  }
}

async function handle(
  options: QueueConsumerOptions,
  message: { readonly body: string; readonly receipt: string; readonly id: string },
): Promise<void> {
  const { shard, queue, metrics, logger } = options;
  const parsed = parseQueuedCommand(message.body);
  if (!parsed.ok) {
    metrics.count('queue.malformed');
    logger.error('command queue: not a command, left for the dead-letter queue', {
      shard,
      id: message.id,
      problem: parsed.problem,
    });
    return;
  }
  await options.submit(parsed.command);
  await queue.delete({ shard, receipt: message.receipt });
}
