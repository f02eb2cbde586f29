/** How current our side of the books is. */
import type { BatchCodec } from '@perps/contracts/journal';
import type { JournalStore } from '@perps/runtime/ports';
import type { ReadModelStore } from '../projection/index.ts';

export interface ProgressOptions {
  readonly journal: Pick<JournalStore, 'read'>;
  readonly codec: Pick<BatchCodec, 'decode'>;
  /** Of the read tables. */
  readonly checkpoints: Pick<ReadModelStore, 'checkpoint'>;
  readonly shardCount: number;
}

/**
 * Everything that any shard decided before this (ms) is in the read tables; Infinity where all of it is. Of each shard it
 * is the time of the first record that is not projected.
 */
export async function projectedUntil(options: ProgressOptions): Promise<number> {
  const shards = Array.from({ length: options.shardCount }, (_, shard) => untilOf(options, shard));
  return Math.min(...(await Promise.all(shards)));
}

async function untilOf({ journal, codec, checkpoints }: ProgressOptions, shard: number): Promise<number> {
  const { position } = await checkpoints.checkpoint(shard);
  for await (const { body } of journal.read({ shard, fromSeq: position.nextSeq, limit: 1 })) {
    return Math.min(...codec.decode(body).map(({ at }) => at));
  }
  return Number.POSITIVE_INFINITY;
}
