/** The shard's hours: who holds at an hour is fixed by one event, whatever the rate turns out to be. */
import { type AccountEvent, type AccountState, type CommandResult, positionKey } from '../account/index.ts';
import {
  changedSince,
  followSize,
  forgetSettled,
  type FundingAccrual,
  type FundingBook,
  type FundingCorrections,
  type FundingEvent,
  fundingKey,
  type FundingSettlement,
  OPEN_HOURS_MAX,
  type OpenFunding,
  type PendingFunding,
  settlementOf,
} from '../funding/index.ts';
import type { MarketView } from '../market/index.ts';
import { type Size, size, ZERO_SIZE } from '../money/index.ts';
import type { Route } from '../routing/index.ts';
import { hoursToClose } from './funding-queries.ts';
import type { FundingCommand, ShardDecision, ShardFacts } from './messages.ts';
import { FUNDING_STREAM, type ShardState } from './state.ts';

/** The cached rate and oracle price are an hour's own when it is closed this soon after it (schedulers are ±1 min), ms. */
export const CACHED_RATE_MS_MAX = 5 * 60_000;
/** A mark older than this says nothing of the hour, ms. */
const MARK_AGE_MS_MAX = 60_000;

const DONE: CommandResult = { kind: 'done' };
const ROUTES: readonly Route[] = ['INTERNAL', 'HYPERLIQUID'];

/** What changes nothing is `refused` with the answer `done`: each hour is closed, settled and posted once. */
export function decideFunding(state: ShardState, command: FundingCommand, facts: ShardFacts): ShardDecision {
  const events = eventsOf(state, command, facts);
  if (events.length === 0) return { outcome: 'refused', streamId: FUNDING_STREAM, result: DONE };
  return { outcome: 'accepted', streamId: FUNDING_STREAM, events, result: DONE };
}

function eventsOf(state: ShardState, command: FundingCommand, facts: ShardFacts): readonly FundingEvent[] {
  const { hour } = command;
  switch (command.type) {
    case 'CloseFundingHour':
      return hoursToClose(state, Math.min(hour, facts.at)).map((missed) => closing(state, missed, facts));
    case 'SettleFundingHour': {
      const settlements = settlementsOf(state.funding, command);
      return settlements.length === 0 ? [] : [{ type: 'FundingSettled', hour, settlements, source: command.source }];
    }
    case 'StartFundingPosting': {
      const routes = command.routes.filter((route) => (state.funding.postedHours[route] ?? 0) < hour);
      return routes.length === 0 ? [] : [{ type: 'FundingPostingStarted', hour, routes }];
    }
    case 'FinishFundingPosting':
      return state.funding.posting?.hour === hour ? [{ type: 'FundingPostingDone', hour }] : [];
  }
}

/** INTERNAL accrues at the cached rate where that is the hour's; all else stays open, nothing is guessed. */
function closing(state: ShardState, hour: number, facts: ShardFacts): FundingEvent {
  const accruals: FundingAccrual[] = [];
  const open: OpenFunding[] = [];
  const isTimely = facts.at - hour <= CACHED_RATE_MS_MAX;
  for (const key of [...state.funding.holders.keys()].sort()) {
    const { symbol, route } = partsOf(key);
    const view = facts.markets[symbol];
    const oracle = isTimely && isFresh(view) ? { oraclePrice: view.oraclePrice } : undefined;
    if (route === 'INTERNAL' && oracle !== undefined && view !== undefined) {
      accruals.push({ symbol, ...oracle, rate: view.fundingRate });
    } else open.push({ symbol, route, ...oracle });
  }
  return { type: 'HourClosed', hour, accruals, open };
}

const isFresh = (view: MarketView | undefined): view is MarketView =>
  view !== undefined && view.markAgeMs < MARK_AGE_MS_MAX;

function partsOf(key: string): { readonly symbol: string; readonly route: Route } {
  const at = key.lastIndexOf(':');
  return { symbol: key.slice(0, at), route: key.slice(at + 1) === 'INTERNAL' ? 'INTERNAL' : 'HYPERLIQUID' };
}

function settlementsOf(
  book: FundingBook,
  { hour, rates }: Extract<FundingCommand, { type: 'SettleFundingHour' }>,
): readonly FundingSettlement[] {
  const closed = book.hours.find((open) => open.hour === hour);
  if (closed === undefined) return [];
  const settlements = new Map<string, FundingSettlement>();
  for (const actual of rates) {
    for (const route of ROUTES) {
      const key = fundingKey({ symbol: actual.symbol, route });
      const pending = closed.pending.get(key);
      const settlement = pending === undefined ? undefined : settlementOf(route, pending, actual);
      if (settlement !== undefined) settlements.set(key, settlement);
    }
  }
  return [...settlements.values()];
}

export function applyFunding(state: ShardState, event: FundingEvent): void {
  const { funding } = state;
  switch (event.type) {
    case 'HourClosed':
      return hourClosed(funding, event);
    case 'FundingSettled':
      return settled(state, event);
    case 'FundingPostingStarted': {
      const running = funding.posting?.routes.filter((route) => !event.routes.includes(route)) ?? [];
      funding.posting = { hour: event.hour, routes: [...running, ...event.routes] };
      for (const route of event.routes) funding.postedHours[route] = event.hour;
      return undefined;
    }
    case 'FundingPostingDone':
      funding.posting = undefined;
      return undefined;
  }
}

function hourClosed(book: FundingBook, event: Extract<FundingEvent, { type: 'HourClosed' }>): void {
  const pending = new Map<string, PendingFunding>();
  for (const { symbol, oraclePrice, rate } of event.accruals) {
    const key = fundingKey({ symbol, route: 'INTERNAL' });
    grow(book, key, oraclePrice * rate);
    pending.set(key, { oraclePrice, rate });
  }
  for (const open of event.open ?? []) {
    pending.set(fundingKey(open), open.oraclePrice === undefined ? {} : { oraclePrice: open.oraclePrice });
  }
  book.closedHour = event.hour;
  book.hours.push({ hour: event.hour, pending, changed: new Map() });
  if (book.hours.length > OPEN_HOURS_MAX) book.hours.shift();
  forgetSettled(book);
}

function settled(state: ShardState, { hour, settlements }: Extract<FundingEvent, { type: 'FundingSettled' }>): void {
  const { funding } = state;
  const from = funding.hours.findIndex((open) => open.hour === hour);
  for (const settlement of settlements) {
    const { symbol, route, kind, indexChange } = settlement;
    const key = fundingKey(settlement);
    if (kind !== 'confirmed' && indexChange !== 0n) {
      const changed = changedSince(funding.hours.slice(from), key);
      const sizes = kind === 'late' ? differences(state, key, changed) : holdings(state, key, changed);
      if (kind === 'late') grow(funding, key, indexChange);
      if (sizes.length > 0) {
        funding.corrections.push({ symbol, route, hour, kind, indexChange, sizes, head: 0, done: new Set() });
      }
    }
    funding.hours[from]?.pending.delete(key);
  }
  forgetSettled(funding);
}

/** The index charges everybody the size held now; these held another one at the hour. */
function differences(state: ShardState, key: string, changed: ReadonlyMap<string, Size>): FundingCorrections['sizes'] {
  const sizes: (readonly [string, Size])[] = [];
  for (const [accountId, held] of changed) {
    const now = state.accounts.get(accountId)?.positions[key]?.size ?? ZERO_SIZE;
    if (held !== now) sizes.push([accountId, size(held - now)]);
  }
  return sizes;
}

/** Everybody who held at the hour. Looks at every account: only where an hour was accrued at a wrong rate. */
function holdings(state: ShardState, key: string, changed: ReadonlyMap<string, Size>): FundingCorrections['sizes'] {
  const sizes: (readonly [string, Size])[] = [];
  for (const [accountId, { positions }] of state.accounts) {
    const now = positions[key]?.size;
    const held = (changed.size === 0 ? undefined : changed.get(accountId)) ?? now;
    if (held !== undefined && held !== 0n) sizes.push([accountId, held]);
  }
  return sizes;
}

function grow(book: FundingBook, key: string, by: bigint): void {
  book.indexes[key] = (book.indexes[key] ?? 0n) + by;
}

/** What an account's event moves in the book: sizes of its positions, and corrections that are done. */
export function followFunding(
  book: FundingBook,
  step: { readonly event: AccountEvent; readonly before: AccountState; readonly after: AccountState },
): void {
  const { event, before, after } = step;
  if (event.type === 'OrderFilled' || event.type === 'LiquidationStepped') {
    const key = positionKey(event.symbol, event.route);
    const executedAt = event.type === 'OrderFilled' ? event.venue?.time : undefined;
    followSize(book, {
      key,
      accountId: after.accountId,
      before: before.positions[key]?.size ?? ZERO_SIZE,
      after: after.positions[key]?.size ?? ZERO_SIZE,
      ...(executedAt === undefined ? {} : { executedAt }),
    });
  } else if (event.type === 'FundingPosted') {
    for (const { key, correction } of event.payments) {
      if (correction !== undefined) corrected(book, { key, hour: event.hour, accountId: after.accountId });
    }
  }
}

function corrected(
  book: FundingBook,
  { key, hour, accountId }: { readonly key: string; readonly hour: number; readonly accountId: string },
): void {
  const run = book.corrections.find((candidate) => candidate.hour === hour && fundingKey(candidate) === key);
  if (run === undefined) return;
  run.done.add(accountId);
  // They are done about in order, so that few wait here for one before them.
  while (run.done.delete(run.sizes[run.head]?.[0] ?? '')) run.head += 1;
  if (run.head === run.sizes.length) book.corrections = book.corrections.filter((other) => other !== run);
}
