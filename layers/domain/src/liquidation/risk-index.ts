/** Which accounts a price may bring to their next level: derived, never stored, changed in place by its one owner. */
import type { FundingIndexes } from '../funding/index.ts';
import type { MarketView } from '../market/index.ts';
import type { Route } from '../routing/model.ts';
import { isSameInstrument, type TierFacts, tierFactsOf } from './bands.ts';
import {
  addWatch,
  createLadder,
  createWatches,
  type Ladder,
  ownerNextOf,
  removeWatch,
  settleAt,
  visitReached,
  type Watches,
} from './price-ladder.ts';

/** The watches of one symbol and route. */
export interface RouteLadders {
  readonly key: string;
  readonly below: Ladder;
  readonly above: Ladder;
  /** Funding index up to which the drifts are told. */
  fundingIndex: bigint;
  /**
   * Ticks by which all watches have moved since: what a lot has paid eats equity as a fall of the mark does. Each side
   * takes the end of the possible range that fires earlier.
   */
  belowDrift: number;
  aboveDrift: number;
}

export interface RiskIndex {
  /** Accounts whose watches are out of date. */
  readonly dirty: Set<string>;
  /** Numbers of accounts whose watches a price has reached, and lifted: out of date as well. */
  readonly lifted: number[];
  /** To be asked at the next price, whichever symbol: what they were watched for is there already. */
  readonly urgent: Set<string>;
  /** What they were watched for is there, but a mark is old or held, or liquidations are stopped by hand. */
  readonly held: Map<string, 'mark' | 'stop'>;
  /** Accounts whose liquidation runs. */
  readonly liquidating: Set<string>;
  /** Accounts with an episode of any kind. */
  readonly worried: Set<string>;
  readonly watches: Watches;
  readonly ladders: Map<string, RouteLadders>;
  readonly tiers: Map<string, TierFacts>;
  /** A number for each account that is or was watched, and its first watch plus one. */
  readonly numbers: Map<string, number>;
  readonly names: string[];
  firstWatch: Int32Array;
  /** The visit in which an account was found last. */
  foundIn: Int32Array;
  visit: number;
}

const INITIAL_ACCOUNTS = 1_024;
export const ROUTES: readonly Route[] = ['INTERNAL', 'HYPERLIQUID'];

export const initialRiskIndex = (): RiskIndex => ({
  dirty: new Set(),
  lifted: [],
  urgent: new Set(),
  held: new Map(),
  liquidating: new Set(),
  worried: new Set(),
  watches: createWatches(),
  ladders: new Map(),
  tiers: new Map(),
  numbers: new Map(),
  names: [],
  firstWatch: new Int32Array(INITIAL_ACCOUNTS),
  foundIn: new Int32Array(INITIAL_ACCOUNTS),
  visit: 0,
});

export function numberOf(index: RiskIndex, accountId: string): number {
  const known = index.numbers.get(accountId);
  if (known !== undefined) return known;
  const number = index.names.length;
  index.names.push(accountId);
  index.numbers.set(accountId, number);
  if (number >= index.firstWatch.length) growAccounts(index);
  return number;
}

function growAccounts(index: RiskIndex): void {
  for (const column of ['firstWatch', 'foundIn'] as const) {
    const larger = new Int32Array(index[column].length * 2);
    larger.set(index[column]);
    index[column] = larger;
  }
}

/** Tiers as doubles; where the venue has changed them, everyone who is watched in the symbol is out of date. */
export function tiersIn(index: RiskIndex, { instrument }: MarketView): TierFacts {
  const known = index.tiers.get(instrument.symbol);
  if (known?.instrument === instrument) return known;
  const facts =
    known !== undefined && isSameInstrument(known.instrument, instrument)
      ? { ...known, instrument }
      : tierFactsOf(instrument);
  index.tiers.set(instrument.symbol, facts);
  if (known !== undefined && facts.rates !== known.rates) outdate(index, instrument.symbol);
  return facts;
}

function outdate(index: RiskIndex, symbol: string): void {
  for (const route of ROUTES) {
    const ladders = index.ladders.get(`${symbol}:${route}`);
    if (ladders === undefined) continue;
    const visit = (owner: number): void => {
      index.dirty.add(index.names[owner] ?? '');
    };
    visitReached(index.watches, ladders.below, { price: 0, visit });
    visitReached(index.watches, ladders.above, { price: Number.MAX_VALUE, visit });
  }
}

/** The ladders of a position's key (symbol and route), with the funding that has grown since taken in. */
export function laddersOf(
  index: RiskIndex,
  key: string,
  by: { readonly tiers: TierFacts; readonly funding: FundingIndexes },
): RouteLadders {
  const fundingIndex = by.funding[key] ?? 0n;
  let ladders = index.ladders.get(key);
  if (ladders === undefined) {
    const { watches } = index;
    const sides = { below: createLadder(watches, 'below'), above: createLadder(watches, 'above') };
    ladders = { key, ...sides, fundingIndex, belowDrift: 0, aboveDrift: 0 };
    index.ladders.set(key, ladders);
  } else if (ladders.fundingIndex !== fundingIndex) {
    drift(ladders, fundingIndex, by.tiers);
    // Few have an episode; its other end is not covered by the drift.
    for (const accountId of index.worried) index.urgent.add(accountId);
  }
  return ladders;
}

const PER_TICK = 1e12;
/** Equity is watched at twice the maintenance at most. */
const LEVEL_MAX = 2;

/**
 * What a long has paid moves the mark at which it meets a level up by 1 / (1 − level × rate) of it at most and by all
 * of it at least; of a short by all of it at most and 1 / (1 + level × rate) at least.
 */
function drift(ladders: RouteLadders, fundingIndex: bigint, { rateMax }: TierFacts): void {
  const paid = Number(fundingIndex - ladders.fundingIndex) / PER_TICK;
  ladders.fundingIndex = fundingIndex;
  ladders.belowDrift += paid > 0 ? paid / Math.max(1 - LEVEL_MAX * rateMax, 0.01) : paid;
  ladders.aboveDrift += paid > 0 ? paid / (1 + LEVEL_MAX * rateMax) : paid;
}

/** A watch may stand this many times under or over the mark; farther ones fire there, which is early. */
const REACH = 65_536;

/** Watches a price of the ladders for an account: a tick early, for what doubles may be wrong by. */
export function watch(
  index: RiskIndex,
  ladders: RouteLadders,
  at: { readonly number: number; readonly side: Ladder['side']; readonly price: number; readonly mark: number },
): void {
  const { number, side, price, mark } = at;
  const early =
    side === 'below'
      ? Math.max(price * (1 + 1e-9) + 1, mark / REACH) - ladders.belowDrift
      : Math.min(price * (1 - 1e-9) - 1, mark * REACH) - ladders.aboveDrift;
  const ownerNext = index.firstWatch[number] ?? 0;
  index.firstWatch[number] = addWatch(index.watches, ladders[side], { price: early, owner: number, ownerNext }) + 1;
}

export function unwatch(index: RiskIndex, number: number): void {
  const { watches } = index;
  let at = index.firstWatch[number] ?? 0;
  while (at !== 0) {
    const next = ownerNextOf(watches, at - 1);
    removeWatch(watches, at - 1);
    at = next;
  }
  index.firstWatch[number] = 0;
}

/** Lifts the watches that the mark has reached and returns whose they were, by number; each account once. */
export function reached(index: RiskIndex, view: MarketView, funding: FundingIndexes): Int32Array {
  index.visit += 1;
  const { visit, foundIn } = index;
  const found: number[] = [];
  const take = (owner: number): void => {
    if (foundIn[owner] === visit) return;
    foundIn[owner] = visit;
    found.push(owner);
  };
  const tiers = tiersIn(index, view);
  const { symbol } = view.instrument;
  const mark = Number(view.markPrice);
  const passed: [Ladder, number][] = [];
  for (const route of ROUTES) {
    const key = `${symbol}:${route}`;
    if (!index.ladders.has(key)) continue;
    const ladders = laddersOf(index, key, { tiers, funding });
    passed.push([ladders.below, mark - ladders.belowDrift], [ladders.above, mark - ladders.aboveDrift]);
  }
  for (const [ladder, price] of passed) visitReached(index.watches, ladder, { price, visit: take });
  for (const owner of found) unwatch(index, owner);
  for (const [ladder, price] of passed) settleAt(ladder, price);
  return Int32Array.from(found).sort();
}
