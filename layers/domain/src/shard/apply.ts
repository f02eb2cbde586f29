/** Facts into state: the account's evolve, then the shard's own sums and indexes. O(touched). */
import {
  type AccountEvent,
  type AccountState,
  type CommandResult,
  evolve,
  ID_STRIDE,
  initialState,
} from '../account/index.ts';
import { type Posting, type Transfer } from '../ledger/index.ts';
import { size, usd, ZERO_SIZE, ZERO_USD } from '../money/index.ts';
import { recordHistory } from './history.ts';
import type { ShardEvent, ShardState } from './model.ts';
import { indexOrder } from './resting.ts';
import { rememberResult } from './results.ts';

/** One command's facts and answer, as journaled. */
export interface ShardEntry {
  readonly commandId: string;
  readonly streamId: string;
  readonly at: number;
  readonly events: readonly ShardEvent[];
  readonly result?: CommandResult;
}

export function applyEntry(state: ShardState, entry: ShardEntry): void {
  let hash: string | undefined;
  for (const event of entry.events) {
    if (event.type === 'ActionSigned') hash = event.hash;
    if (event.type === 'RoutingPolicySet') state.policy = event.policy;
    else applyAccountEvent(state, event, entry);
  }
  const { commandId, streamId: accountId, at, result } = entry;
  if (result !== undefined) rememberResult(state, { commandId, accountId, at, hash, result });
}

function applyAccountEvent(state: ShardState, event: AccountEvent, entry: ShardEntry): void {
  const before = state.accounts.get(entry.streamId) ?? initialState(entry.streamId);
  const after = evolve(before, event);
  state.accounts.set(entry.streamId, after);
  recordHistory(state, before, event, entry.at);
  if ('transfers' in event) postToPlatform(state, event.transfers);
  switch (event.type) {
    case 'OrderPlaced':
      state.nextOrderId = Math.max(state.nextOrderId, event.order.orderId + ID_STRIDE);
      return orderMoved(state, event.order.orderId, { before, after });
    case 'OrderFilled':
      state.nextTradeId = Math.max(state.nextTradeId, event.tradeId + ID_STRIDE);
      if (event.route === 'INTERNAL') addExposure(state, event);
      return orderMoved(state, event.orderId, { before, after });
    case 'OrderChanged':
    case 'OrderEnded':
      return orderMoved(state, event.orderId, { before, after });
    case 'VenueOrderRequested':
      state.venueRequests.set(event.request.venueCloid, event.request);
      return undefined;
    default:
      return undefined;
  }
}

/** Resting index and live venue requests follow the order. */
function orderMoved(
  state: ShardState,
  orderId: number,
  account: { readonly before: AccountState; readonly after: AccountState },
): void {
  const before = account.before.orders[orderId];
  const after = account.after.orders[orderId];
  indexOrder(state, account.after.accountId, { before, after });
  for (const leg of (after ?? before)?.legs ?? []) {
    if (leg.venueCloid !== undefined && (after === undefined || leg.status === 'done'))
      state.venueRequests.delete(leg.venueCloid);
  }
}

function addExposure(state: ShardState, fill: Extract<AccountEvent, { type: 'OrderFilled' }>): void {
  const lots = (state.exposure.get(fill.symbol) ?? ZERO_SIZE) + (fill.side === 'buy' ? fill.size : -fill.size);
  if (lots === 0n) state.exposure.delete(fill.symbol);
  else state.exposure.set(fill.symbol, size(lots));
}

function postToPlatform(state: ShardState, transfers: readonly Transfer[]): void {
  for (const { postings } of transfers) for (const posting of postings) post(state, posting);
}

function post(state: ShardState, posting: Posting): void {
  if (!('platform' in posting)) return;
  state.platform.set(posting.platform, usd((state.platform.get(posting.platform) ?? ZERO_USD) + posting.amount));
}
