/**
 * Follows a shard's journal into the read tables. What arrives from outside (a stream, a queue) only says that there is
 * something to read: order, holes and void records are judged on the journal itself, with the rule every replay uses.
 *
 * Safe against crashes, repeats and a second projector at any point, because (1) rows are a pure function of the
 * journal and are stamped with the record they come from, an older stamp never overwriting a newer one, and (2) an
 * account's `wallets` row, which its next fold starts from, is written after all its other rows.
 */
import type { BatchCodec } from '@perps/contracts/journal';
import {
  emptyProjection,
  type FundingRates,
  NO_RATES,
  project,
  READ_TABLE_KEYS,
  rememberRates,
  type RowWrite,
} from '@perps/contracts/projection';
import { isShardWide, isSharedStream, type ShardEvent } from '@perps/domain/shard';
import { replay, type ChainPosition, type CommittedBatch } from '../commit/index.ts';
import { JournalGapError, type JournalStore } from '../ports/index.ts';
import type { Checkpoint, ReadModelStore, StampedRow, StampedWallet, StoredAccount } from './ports.ts';

/** Journal records of one round: what is held in memory, and what is read again after a crash. */
const ROUND_RECORDS = 200;

/** Rounds of one call: about 5,000 records, well within a function's minute. */
export const ROUNDS_MAX = 25;

/** There is more to project than one call may: what was done is kept, a repeat goes on from there. */
export class ProjectionBehindError extends Error {
  readonly code = 'ProjectionBehind';
  override readonly name = 'ProjectionBehindError';
}

export interface ProjectorOptions {
  readonly journal: JournalStore;
  readonly codec: BatchCodec<ShardEvent>;
  readonly store: ReadModelStore;
}

export interface Projector {
  /**
   * Projects the shard's journal up to its end, at least up to `seq`; nothing where that is done already.
   * @throws JournalGapError where a record is missing: nothing after the hole is projected
   * @throws ProjectionBehindError after a bounded number of records; call again
   */
  catchUp(target: { readonly shard: number; readonly seq: number }): Promise<void>;
  /** Projects everything again from the first record, then removes what the journal does not explain. */
  rebuild(shard: number): Promise<{ readonly seq: number; readonly pruned: number }>;
}

/** Creates the projector of the read tables. */
export function createProjector(options: ProjectorOptions): Projector {
  const { store, journal } = options;

  /** True when the checkpoint has reached the target. */
  const round = async (shard: number, seq: number): Promise<boolean> => {
    const checkpoint = await store.checkpoint(shard);
    if (checkpoint.position.nextSeq > seq) return true;
    const { position, batches } = await readRound(options, checkpoint);
    if (position.nextSeq === checkpoint.position.nextSeq) {
      throw new JournalGapError({ shard, expectedSeq: position.nextSeq, foundSeq: seq });
    }
    await applyBatches(store, checkpoint, batches);
    // Where somebody else moved the checkpoint, the next round reads where it stands now.
    await store.advance(checkpoint, position);
    return position.nextSeq > seq;
  };

  const catchUp: Projector['catchUp'] = async ({ shard, seq }) => {
    for (let rounds = 1; rounds <= ROUNDS_MAX; rounds += 1) if (await round(shard, seq)) return;
    throw new ProjectionBehindError(`shard ${shard} is not at seq ${seq} after ${ROUNDS_MAX} rounds`);
  };

  const rebuild: Projector['rebuild'] = async (shard) => {
    const seq = await journal.lastSeq(shard);
    const { generation } = await store.beginGeneration(shard);
    while (!(await round(shard, seq)));
    return { seq, pruned: await store.prune(shard, generation) };
  };

  return { catchUp, rebuild };
}

/** The next records of a shard, at most a round of them; up to a hole where there is one. */
export async function readRound(
  { journal, codec }: Pick<ProjectorOptions, 'journal' | 'codec'>,
  { shard, position: from }: Checkpoint,
): Promise<{ readonly position: ChainPosition; readonly batches: readonly CommittedBatch<ShardEvent>[] }> {
  const batches: CommittedBatch<ShardEvent>[] = [];
  const bounded: JournalStore = {
    ...journal,
    read: (range) => journal.read({ ...range, limit: ROUND_RECORDS - (range.fromSeq - from.nextSeq) }),
  };
  const apply = (batch: CommittedBatch<ShardEvent>): void => void batches.push(batch);
  try {
    return { position: await replay({ shard, journal: bounded, codec, from, apply }), batches };
  } catch (cause) {
    if (!(cause instanceof JournalGapError) || cause.expectedSeq === from.nextSeq) throw cause;
    // What stands before the hole is projected; the next round meets the hole first, and stops.
    return { position: { ...positionAfter(from, batches), nextSeq: cause.expectedSeq }, batches };
  }
}

function positionAfter(from: ChainPosition, batches: readonly CommittedBatch<ShardEvent>[]): ChainPosition {
  const last = batches.at(-1);
  return last === undefined ? from : { ...from, appliedSeq: last.seq, token: last.token, epoch: last.epoch };
}

async function applyBatches(
  store: ReadModelStore,
  { shard, generation }: Checkpoint,
  batches: readonly CommittedBatch<ShardEvent>[],
): Promise<void> {
  const fold = createFold({ shard, generation });
  // Read before the accounts: rates that are newer than a record come with accounts that are newer, too.
  const known = (await store.rates(shard, generation)) ?? { rates: NO_RATES, appliedSeq: 0 };
  const streams = new Set(batches.flatMap(({ entries }) => entries.map(({ streamId }) => streamId)));
  const users = [...streams].filter((streamId) => !isSharedStream(streamId));
  await Promise.all(users.map(async (userId) => fold.start(userId, await store.account(userId, generation))));
  let { rates } = known;
  for (const { seq, entries } of batches) {
    for (const { streamId, at, events } of entries) {
      if (isSharedStream(streamId)) rates = rememberRates(rates, events);
      else fold.add(streamId, { seq, at, events, rates });
    }
  }
  await store.write(fold.rows());
  await store.write(fold.wallets());
  const appliedSeq = batches.at(-1)?.seq ?? 0;
  // Last: until then a repeat of the round starts from the rates it started from before.
  if (rates !== known.rates) await store.saveRates({ shard, generation }, { rates, appliedSeq });
}

/** Rows of one round: writes to one row are merged, so that each row is written once. */
function createFold(stamp: { readonly shard: number; readonly generation: number }) {
  const accounts = new Map<string, StoredAccount>();
  const rows = new Map<string, StampedRow>();
  const wallets = new Map<string, StampedWallet>();

  const merge = (write: RowWrite, appliedSeq: number): void => {
    const key = keyOf(write);
    const columns = { ...rows.get(key)?.columns, ...write.columns };
    rows.set(key, { ...stamp, appliedSeq, table: write.table, columns });
  };

  return {
    start(userId: string, stored: StoredAccount | undefined): void {
      accounts.set(userId, stored ?? { account: emptyProjection(userId), appliedSeq: 0 });
    },
    add(userId: string, facts: { seq: number; at: number; events: readonly ShardEvent[]; rates: FundingRates }): void {
      const known = accounts.get(userId);
      // Several entries of one record may be of one account; a stored account is after all of its last record's.
      if (known === undefined || (known.appliedSeq >= facts.seq && !wallets.has(userId))) return;
      const events = facts.events.filter((event) => !isShardWide(event));
      const { account, writes } = project(known.account, { at: facts.at, events, rates: facts.rates });
      accounts.set(userId, { account, appliedSeq: facts.seq });
      for (const write of writes) {
        if (write.table === 'wallets') wallets.set(userId, { ...stamp, ...write, appliedSeq: facts.seq, account });
        else merge(write, facts.seq);
      }
    },
    rows: (): readonly StampedRow[] => [...rows.values()],
    wallets: (): readonly StampedWallet[] => [...wallets.values()],
  };
}

const keyOf = ({ table, columns }: RowWrite): string =>
  JSON.stringify([table, ...READ_TABLE_KEYS[table].map((name) => columns[name] ?? null)]);
