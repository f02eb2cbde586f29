/**
 * Follows a shard's journal and gives every fill a signed receipt. Notices only say that there is something to read.
 *
 * Safe against crashes, repeats and a second issuer at any point: bodies are a pure function of the journal, a trade
 * keeps the first receipt that was written, and the checkpoint moves only after the receipts of its records are
 * durable. A repeat may sign another head over the same bodies; both are true, the first written one is kept.
 */
import type { BatchCodec } from '@perps/contracts/journal';
import { receiptBodies, sealBatch, type Receipt, type ReceiptBody } from '@perps/contracts/receipts';
import { isSharedStream, type ShardEvent } from '@perps/domain/shard';
import type { ChainPosition, CommittedBatch } from '../commit/index.ts';
import { JournalGapError, type Clock, type JournalStore } from '../ports/index.ts';
import { ProjectionBehindError, readRound, ROUNDS_MAX } from '../projection/index.ts';
import type { ReceiptCheckpoints, ReceiptSigner, ReceiptStore } from './ports.ts';

/** Fills under one signature: a proof has at most 12 hashes. */
const BATCH_FILLS_MAX = 4_096;

export interface ReceiptIssuerOptions {
  readonly journal: JournalStore;
  readonly codec: BatchCodec<ShardEvent>;
  readonly checkpoints: ReceiptCheckpoints;
  readonly store: ReceiptStore;
  readonly signer: ReceiptSigner;
  readonly clock: Pick<Clock, 'now'>;
}

export interface ReceiptIssuer {
  /**
   * Issues receipts up to the journal's end, at least up to `seq`; resolves to how many were written or found there.
   * @throws JournalGapError where a record is missing: nothing after the hole gets a receipt
   * @throws ProjectionBehindError after a bounded number of records; call again
   */
  catchUp(target: { readonly shard: number; readonly seq: number }): Promise<number>;
}

/** Creates the issuer; a round of journal records costs one signature, or none where nothing was filled. */
export function createReceiptIssuer(options: ReceiptIssuerOptions): ReceiptIssuer {
  const { checkpoints, store } = options;
  return {
    catchUp: async ({ shard, seq }) => {
      let issued = 0;
      for (let rounds = 1; rounds <= ROUNDS_MAX; rounds += 1) {
        const checkpoint = await checkpoints.checkpoint(shard);
        const { position: from } = checkpoint;
        if (from.nextSeq > seq) return issued;
        const { position, batches } = await readRound(options, checkpoint);
        if (position.nextSeq === from.nextSeq) {
          throw new JournalGapError({ shard, expectedSeq: from.nextSeq, foundSeq: seq });
        }
        const receipts = await issue(options, { shard, from, to: position, batches });
        await store.write(receipts);
        issued += receipts.length;
        // Where somebody else moved the checkpoint, the next round reads where it stands now.
        await checkpoints.advance(checkpoint, position);
        if (position.nextSeq > seq) return issued;
      }
      throw new ProjectionBehindError(`shard ${shard} has no receipts up to seq ${seq} after ${ROUNDS_MAX} rounds`);
    },
  };
}

interface Stretch {
  readonly shard: number;
  readonly from: ChainPosition;
  readonly to: ChainPosition;
  readonly batches: readonly CommittedBatch<ShardEvent>[];
}

async function issue({ signer, clock }: ReceiptIssuerOptions, stretch: Stretch): Promise<readonly Receipt[]> {
  const bodies = stretch.batches.flatMap(bodiesOf);
  const receipts: Receipt[] = [];
  for (let from = 0; from < bodies.length; from += BATCH_FILLS_MAX) {
    const batch = sealBatch(bodies.slice(from, from + BATCH_FILLS_MAX), {
      shard: stretch.shard,
      fromSeq: stretch.from.nextSeq,
      toSeq: stretch.to.nextSeq - 1,
      signedAt: clock.now(),
      keyId: await signer.keyId(),
    });
    receipts.push(...batch.receipts(await signer.sign(batch.message)));
  }
  return receipts;
}

const bodiesOf = ({ shard, seq, token, entries }: CommittedBatch<ShardEvent>): readonly ReceiptBody[] =>
  entries.flatMap(({ streamId, events }) =>
    isSharedStream(streamId) ? [] : receiptBodies({ shard, seq, token, accountId: streamId, events }),
  );
