/** A decision being made: events so far, and the state as they leave it. Local to one call of `decide`. */
import { invariant } from '../kernel/index.ts';
import type { MarketView } from '../market/index.ts';
import { type Usd, usd, ZERO_USD } from '../money/index.ts';
import type { AccountCommand, DecisionContext } from './commands.ts';
import { evolve } from './evolve.ts';
import type { AccountEvent } from './events.ts';
import type { AccountState } from './model.ts';
import { signOf } from './state.ts';
import { venueCloidOf } from './venue-cloid.ts';

/** Order and trade ids are counter × this + shard: unique across shards, and below 2⁵³ for 10¹⁴ of them. */
export const ID_STRIDE = 64;

export interface Draft {
  readonly at: number;
  readonly receivedAt: number;
  readonly context: DecisionContext;
  readonly events: AccountEvent[];
  /** The state after each event. */
  readonly states: AccountState[];
  state: AccountState;
  nextOrderId: number;
  nextTradeId: number;
  nextVenueNonce: number;
  /** INTERNAL lots this decision itself has added to the shard's exposure. */
  readonly addedLots: Map<string, bigint>;
}

export function openDraft(
  state: AccountState,
  command: Pick<AccountCommand, 'at' | 'receivedAt'> & { readonly context: DecisionContext },
): Draft {
  const { at, receivedAt, context } = command;
  return {
    at,
    receivedAt,
    context,
    events: [],
    states: [],
    state,
    nextOrderId: context.ids.nextOrderId,
    nextTradeId: context.ids.nextTradeId,
    nextVenueNonce: context.venue.nextNonce,
    addedLots: new Map(),
  };
}

/** Adds a fact and lets the draft's state follow. */
export function emit(draft: Draft, event: AccountEvent): void {
  draft.events.push(event);
  draft.state = evolve(draft.state, event);
  draft.states.push(draft.state);
  if (event.type !== 'OrderFilled' || event.route !== 'INTERNAL') return;
  const lots = event.size * signOf(event.side);
  draft.addedLots.set(event.symbol, (draft.addedLots.get(event.symbol) ?? 0n) + lots);
}

export function takeOrderId(draft: Draft): number {
  const orderId = draft.nextOrderId;
  draft.nextOrderId += ID_STRIDE;
  return orderId;
}

export function takeTradeId(draft: Draft): number {
  const tradeId = draft.nextTradeId;
  draft.nextTradeId += ID_STRIDE;
  return tradeId;
}

export function takeVenueNonce(draft: Draft): number {
  const nonce = draft.nextVenueNonce;
  draft.nextVenueNonce += 1;
  return nonce;
}

export const venueCloidFor = (draft: Draft, orderId: number, attempt: number): string =>
  venueCloidOf({ shard: draft.context.ids.shard, orderId, attempt });

/** The market of a live order or position; the host always knows the symbols it trades. */
export function viewOf(draft: Draft, symbol: string): MarketView {
  const view = draft.context.markets[symbol];
  invariant(view !== undefined, 'the host gives the market of every symbol that is traded');
  return view;
}

/** Signed net INTERNAL exposure of the symbol and Σ of absolutes over all, 10⁻⁶ USD, with this decision's own fills. */
export function exposureOf(draft: Draft, symbol: string): { readonly net: Usd; readonly total: Usd } {
  const { bySymbol, total } = draft.context.exposure;
  const before = bySymbol[symbol] ?? ZERO_USD;
  if (draft.addedLots.size === 0) return { net: before, total };
  const net = addedExposure(draft, symbol, before);
  let sum: bigint = total;
  for (const added of draft.addedLots.keys()) {
    const stood = bySymbol[added] ?? ZERO_USD;
    sum += absolute(addedExposure(draft, added, stood)) - absolute(stood);
  }
  return { net, total: usd(sum) };
}

function addedExposure(draft: Draft, symbol: string, before: Usd): Usd {
  const lots = draft.addedLots.get(symbol) ?? 0n;
  return lots === 0n ? before : usd(before + lots * viewOf(draft, symbol).markPrice);
}

const absolute = (value: bigint): bigint => (value < 0n ? -value : value);
