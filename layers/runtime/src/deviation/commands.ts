/** What a row calls for, as commands to the shards. Each is sent as often as one likes and done once. */
import { encodeQueuedCommand, type QueuedEngineCommand } from '@perps/contracts/engine';
import type { CommandQueue } from '@perps/runtime/ports';
import type { DeviationRow } from './ports.ts';

/** The cause by which deviations stop a symbol. */
export const STOP_CAUSE = 'deviation';
/** The account is one for all shards; what concerns it as a whole is booked on the first. */
const HOME_SHARD = 0;
/** Settings, covers and stops of a shard keep their order. */
const GROUP = 'config';
/** Commands in flight at once. */
const CONCURRENCY = 8;

export interface CommandSink {
  readonly queue: Pick<CommandQueue, 'send'>;
  readonly shardCount: number;
  readonly now: () => number;
}

/** The reserve pays what the row covers, or receives it. */
export async function sendCover(sink: CommandSink, { id, symbol, cover }: DeviationRow): Promise<void> {
  if (cover === 0n) return;
  const commandId = `deviation:cover:${id}`;
  await send(sink, {
    type: 'CoverDeviation',
    commandId,
    shard: HOME_SHARD,
    receivedAt: sink.now(),
    id,
    symbol,
    amount: cover,
  });
}

/** Stops opens of the symbol at the venue on every shard, or releases them. */
export async function sendStop(
  sink: CommandSink,
  stop: { readonly symbol: string; readonly isStopped: boolean; readonly decidedAt: number },
): Promise<void> {
  const commandId = `deviation:${stop.isStopped ? 'stop' : 'release'}:${stop.symbol}:${stop.decidedAt}`;
  const receivedAt = sink.now();
  for (let from = 0; from < sink.shardCount; from += CONCURRENCY) {
    const shards = Array.from({ length: Math.min(CONCURRENCY, sink.shardCount - from) }, (_, index) => from + index);
    await Promise.all(
      shards.map((shard) =>
        send(sink, { type: 'StopVenueOpens', commandId, shard, receivedAt, cause: STOP_CAUSE, ...stop }),
      ),
    );
  }
}

type ShardCommand = Extract<QueuedEngineCommand, { type: 'CoverDeviation' | 'StopVenueOpens' }>;

const send = ({ queue }: CommandSink, command: ShardCommand): Promise<void> =>
  queue.send({
    shard: command.shard,
    groupId: GROUP,
    commandId: command.commandId,
    body: encodeQueuedCommand(command),
  });
