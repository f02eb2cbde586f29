/** The shard's state: accounts and what is derived from them. One owner changes it in place. */
import {
  type AccountState,
  type FeeSchedule,
  ID_STRIDE,
  type VenueCancelRequest,
  type VenueOrderRequest,
} from '../account/index.ts';
import type { VenueStop } from '../deviation/index.ts';
import { type FundingBook, initialFundingBook } from '../funding/index.ts';
import { initialRiskIndex, type RiskIndex } from '../liquidation/index.ts';
import type { PlatformAccount } from '../ledger/index.ts';
import type { Usd } from '../money/index.ts';
import { DEFAULT_ROUTING_POLICY, type RoutingPolicy } from '../routing/index.ts';
import { createHistory, type History } from './history-log.ts';
import type { RestingIndex } from './resting-index.ts';
import { createResults, type Results } from './results.ts';
import { initialTimers, type TimerIndex } from './timers.ts';
import type { TriggerIndex } from './trigger-index.ts';

/** Hyperliquid's base schedule and 2 bp builder fee, in tenths of a basis point (spec 02). */
export const DEFAULT_FEES: FeeSchedule = { taker: 45, maker: 15, builder: 20 };

/** A venue order that is not over: what was sent, and the cancel that was asked, if any. */
export interface VenueOrder {
  readonly accountId: string;
  readonly request: VenueOrderRequest;
  /** `pending` = fate unknown; `open` = it rests at the venue. */
  readonly status: 'pending' | 'open';
  /** The newest cancel that is not answered. */
  readonly cancel?: VenueCancelRequest;
}

export interface EvolvedStates {
  readonly from: AccountState;
  /** After each event. */
  readonly states: readonly AccountState[];
}

export interface ShardState {
  readonly shard: number;
  /** As it was set, with the stops of opens at the venue in force. */
  policy: RoutingPolicy;
  fees: FeeSchedule;
  readonly accounts: Map<string, AccountState>;
  readonly platform: Map<PlatformAccount, Usd>;
  /** By venueCloid; all HYPERLIQUID legs that are not done. */
  readonly venueOrders: Map<string, VenueOrder>;
  /** Ended orders and fills, newest part. */
  readonly history: History;
  /** By stream (account id, `config` …) and command. */
  readonly results: Results;
  nextOrderId: number;
  nextTradeId: number;
  /** Highest nonce ever given to a venue action of this shard, ms. */
  lastVenueNonce: number;
  readonly funding: FundingBook;
  /** By `${symbol}:${cause}`; a cause that was taken back stays, with its time. */
  readonly venueStops: Map<string, VenueStop>;
  /** Ids that the reserve has covered, for ever. */
  readonly coveredDeviations: Set<string>;
  // Derived, never stored:
  /** Signed net INTERNAL lots by symbol (I7). */
  readonly internalLots: Map<string, bigint>;
  readonly resting: RestingIndex;
  /** Armed triggers. */
  readonly triggers: TriggerIndex;
  /** Dead-man's switches and lifetimes of orders. */
  readonly timers: TimerIndex;
  /** Which accounts a mark may bring to a warning or a liquidation. */
  readonly risk: RiskIndex;
  /** Whose order a venue cloid is, for live orders and those remembered for late fills. */
  readonly venueOwners: Map<string, string>;
  /** Memo of decisions that are about to be applied: what their events make of the account. No part of the state's value. */
  readonly evolved: WeakMap<readonly unknown[], EvolvedStates>;
}

/** The stream of the shard's own settings. */
export const CONFIG_STREAM = 'config';
/** The stream of the shard's funding. */
export const FUNDING_STREAM = 'funding';
/** True for streams that are no account's. */
export const isSharedStream = (streamId: string): boolean => streamId === CONFIG_STREAM || streamId === FUNDING_STREAM;

export const initialShard = (shard: number): ShardState => ({
  shard,
  policy: DEFAULT_ROUTING_POLICY,
  fees: DEFAULT_FEES,
  accounts: new Map(),
  platform: new Map(),
  venueOrders: new Map(),
  history: createHistory(),
  results: createResults(),
  // The first counter is 1: zero is no id.
  nextOrderId: ID_STRIDE + shard,
  nextTradeId: ID_STRIDE + shard,
  lastVenueNonce: 0,
  funding: initialFundingBook(),
  venueStops: new Map(),
  coveredDeviations: new Set(),
  internalLots: new Map(),
  resting: new Map(),
  triggers: new Map(),
  timers: initialTimers(),
  risk: initialRiskIndex(),
  venueOwners: new Map(),
  evolved: new WeakMap(),
});
