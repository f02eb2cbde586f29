/** The shard as plain data (arrays, bigints), in one order for one state: the same state is the same bytes. */
import {
  type AccountState,
  EMPTY,
  type FeeSchedule,
  NONE,
  type Order,
  type Position,
  type TriggerOrder,
} from '../account/index.ts';
import type { VenueStop } from '../deviation/index.ts';
import { deserializeFunding, type SerializedFunding, serializeFunding } from '../funding/index.ts';
import type { PlatformAccount } from '../ledger/index.ts';
import { keptNonces } from '../nonces/index.ts';
import type { Usd } from '../money/index.ts';
import type { RoutingPolicy } from '../routing/index.ts';
import { restoreHistory, type SerializedHistory, serializeHistory } from './history-log.ts';
import { stopKey } from './deviation.ts';
import { addResting, isResting } from './resting-index.ts';
import type { SerializedLog } from './record-log.ts';
import { restoreResults, serializeResults } from './results.ts';
import { rebuildRisk } from './risk.ts';
import { followExpiry, followSwitch, followTwap } from './timers.ts';
import { followTrigger } from './trigger-index.ts';
import { initialShard, type ShardState, type VenueOrder } from './state.ts';

/** Grows when the shape changes; older snapshots are then ignored and the journal is replayed. */
export const SHARD_SCHEMA_VERSION = 7;

export interface SerializedShard {
  readonly shard: number;
  readonly policy: RoutingPolicy;
  readonly fees: FeeSchedule;
  readonly nextOrderId: number;
  readonly nextTradeId: number;
  readonly lastVenueNonce: number;
  readonly funding: SerializedFunding;
  readonly venueStops: readonly VenueStop[];
  readonly coveredDeviations: readonly string[];
  readonly accounts: readonly SerializedAccount[];
  readonly platform: readonly (readonly [PlatformAccount, Usd])[];
  readonly venueOrders: readonly VenueOrder[];
  readonly history: SerializedHistory;
  readonly results: SerializedLog;
}

/** Records whose keys repeat their values become lists; the rest becomes pairs. */
export interface SerializedAccount extends Omit<AccountState, RecordField> {
  readonly positions: readonly Position[];
  readonly triggers: readonly TriggerOrder[];
  readonly episodes: Pairs<AccountState['episodes']>;
  readonly leverage: Pairs<AccountState['leverage']>;
  readonly nonces: readonly (readonly [string, readonly number[]])[];
  readonly bookedTids: Pairs<AccountState['bookedTids']>;
  readonly builderFees: Pairs<AccountState['builderFees']>;
}

type RecordField = 'positions' | 'triggers' | 'episodes' | 'leverage' | 'nonces' | 'bookedTids' | 'builderFees';
type Pairs<Table> = Table extends Readonly<Record<string, infer Value>> ? readonly (readonly [string, Value])[] : never;

export function serialize(state: ShardState): SerializedShard {
  return {
    shard: state.shard,
    policy: state.policy,
    fees: state.fees,
    nextOrderId: state.nextOrderId,
    nextTradeId: state.nextTradeId,
    lastVenueNonce: state.lastVenueNonce,
    funding: serializeFunding(state.funding),
    venueStops: sortedEntries(state.venueStops).map(([, stop]) => stop),
    coveredDeviations: [...state.coveredDeviations].sort(),
    accounts: sortedEntries(state.accounts).map(([, account]) => serializeAccount(account)),
    platform: sortedEntries(state.platform),
    venueOrders: [...state.venueOrders.values()],
    history: serializeHistory(state.history),
    results: serializeResults(state.results),
  };
}

export function deserialize(data: SerializedShard): ShardState {
  const state = initialShard(data.shard);
  const { policy, fees, nextOrderId, nextTradeId, lastVenueNonce } = data;
  const funding = deserializeFunding(data.funding);
  Object.assign(state, { policy, fees, nextOrderId, nextTradeId, lastVenueNonce, funding });
  for (const stop of data.venueStops) state.venueStops.set(stopKey(stop), stop);
  for (const id of data.coveredDeviations) state.coveredDeviations.add(id);
  for (const stored of data.accounts) state.accounts.set(stored.accountId, deserializeAccount(stored));
  for (const [account, amount] of data.platform) state.platform.set(account, amount);
  for (const order of data.venueOrders) state.venueOrders.set(order.request.venueCloid, order);
  restoreHistory(state.history, data.history);
  restoreResults(state.results, data.results);
  rebuildIndexes(state);
  return state;
}

/** Everything that is derived from accounts. */
export function rebuildIndexes(state: ShardState): void {
  state.internalLots.clear();
  state.resting.clear();
  state.triggers.clear();
  state.timers.runs.length = 0;
  state.venueOwners.clear();
  rebuildRisk(state);
  for (const account of state.accounts.values()) {
    for (const position of Object.values(account.positions)) addLots(state.internalLots, position);
    for (const order of account.orders) {
      if (isResting(order)) addResting(state.resting, account.accountId, order);
      ownVenueLegs(state, account.accountId, order);
      followExpiry(state.timers, account.accountId, { before: undefined, after: order });
    }
    for (const trigger of Object.values(account.triggers)) {
      followTrigger(state.triggers, account.accountId, { before: undefined, after: trigger });
    }
    followSwitch(state.timers, undefined, account);
    for (const twap of account.twaps?.running ?? []) {
      followTwap(state.timers, account.accountId, { before: undefined, after: twap });
    }
    for (const order of account.closedVenueOrders) ownVenueLegs(state, account.accountId, order);
  }
}

/** Adds an INTERNAL position to the net lots of its symbol; a net of zero is no entry. */
export function addLots(lots: Map<string, bigint>, { route, symbol, size }: Position): void {
  if (route !== 'INTERNAL') return;
  const net = (lots.get(symbol) ?? 0n) + size;
  if (net === 0n) lots.delete(symbol);
  else lots.set(symbol, net);
}

function ownVenueLegs(state: ShardState, accountId: string, order: Order): void {
  for (const { venueCloid } of order.legs) {
    if (venueCloid !== undefined) state.venueOwners.set(venueCloid, accountId);
  }
}

function serializeAccount(account: AccountState): SerializedAccount {
  return {
    ...account,
    positions: sortedPairs(account.positions).map(([, position]) => position),
    triggers: Object.values(account.triggers).sort((left, right) => left.orderId - right.orderId),
    episodes: sortedPairs(account.episodes),
    leverage: sortedPairs(account.leverage),
    nonces: account.nonces.map((one) => [one.signer, keptNonces(one)] as const).sort(byKey),
    deposits: account.deposits.toSorted(),
    bookedTids: sortedPairs(account.bookedTids),
    builderFees: sortedPairs(account.builderFees),
  };
}

function deserializeAccount(stored: SerializedAccount): AccountState {
  return {
    ...stored,
    positions: recordOf(stored.positions.map((position) => [`${position.symbol}:${position.route}`, position])),
    triggers: recordOf(stored.triggers.map((trigger) => [trigger.orderId, trigger])),
    episodes: recordOf(stored.episodes),
    leverage: recordOf(stored.leverage),
    nonces: stored.nonces.map(([signer, settled]) => ({ signer, settled, recent: NONE })),
    orders: listOf(stored.orders),
    agents: listOf(stored.agents),
    settledFunding: listOf(stored.settledFunding),
    recentInternalVolume: listOf(stored.recentInternalVolume),
    closedVenueOrders: listOf(stored.closedVenueOrders),
    bookedTids: recordOf(stored.bookedTids),
    builderFees: recordOf(stored.builderFees),
  };
}

const recordOf = <Value>(pairs: readonly (readonly [string | number, Value])[]): Readonly<Record<string, Value>> =>
  pairs.length === 0 ? EMPTY : Object.fromEntries(pairs);
const listOf = <Item>(items: readonly Item[]): readonly Item[] => (items.length === 0 ? NONE : items);

const sortedEntries = <Key extends string, Value>(map: ReadonlyMap<Key, Value>): [Key, Value][] => [...map].sort(byKey);
const sortedPairs = <Value>(record: Readonly<Record<string, Value>>): [string, Value][] =>
  Object.entries(record).sort(byKey);
/** By code unit: the same on every machine. */
const byKey = (left: readonly [string, unknown], right: readonly [string, unknown]): number =>
  left[0] < right[0] ? -1 : left[0] > right[0] ? 1 : 0;
