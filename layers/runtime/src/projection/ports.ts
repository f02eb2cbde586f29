import type { AccountProjection, FundingRates, RowWrite } from '@perps/contracts/projection';
import type { ChainPosition } from '../commit/index.ts';

/** How far the read tables follow a shard's journal. A rebuild begins a new generation at the journal's start. */
export interface Checkpoint {
  readonly shard: number;
  readonly generation: number;
  readonly position: ChainPosition;
}

/** An account as its `wallets` row remembers it, after the record `appliedSeq`. */
export interface StoredAccount {
  readonly account: AccountProjection;
  readonly appliedSeq: number;
}

/** A row as one record left it. The store ignores it where the row already is of that record, or of a later one. */
export interface StampedRow extends RowWrite {
  readonly shard: number;
  readonly generation: number;
  readonly appliedSeq: number;
}

/** A `wallets` row together with what the fold of its account must remember. */
export interface StampedWallet extends StampedRow {
  readonly account: AccountProjection;
}

/** What a shard's facts told of funding rates, up to the record `appliedSeq`. */
export interface StoredRates {
  readonly rates: FundingRates;
  readonly appliedSeq: number;
}

export interface ReadModelStore {
  /** Consistent; a shard nobody has projected is at the journal's start, in generation 0. */
  checkpoint(shard: number): Promise<Checkpoint>;
  /** Moves the checkpoint where it still stands at `from`; false = somebody else moved it. */
  advance(from: Checkpoint, to: ChainPosition): Promise<boolean>;
  /** Starts the next generation: everything is projected again from the journal's first record. */
  beginGeneration(shard: number): Promise<Checkpoint>;
  /** Consistent; undefined = not known in this generation. */
  account(userId: string, generation: number): Promise<StoredAccount | undefined>;
  /** Consistent; undefined = none in this generation. */
  rates(shard: number, generation: number): Promise<StoredRates | undefined>;
  /** Nothing happens where newer ones are stored. */
  saveRates(of: Pick<Checkpoint, 'shard' | 'generation'>, rates: StoredRates): Promise<void>;
  /** All rows are durable when it resolves; any order, any number of times. */
  write(rows: readonly (StampedRow | StampedWallet)[]): Promise<void>;
  /** Deletes the shard's rows of generations before this one; resolves to how many. */
  prune(shard: number, generation: number): Promise<number>;
}
