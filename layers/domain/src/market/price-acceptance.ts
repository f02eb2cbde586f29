/** The price sanity rule (spec 01): a jump is held until it is confirmed, so that one bad print liquidates nobody. */
import type { Price } from '../money/index.ts';

/** So many updates near the held price confirm it. */
export const CONFIRMATIONS_NEEDED = 3;
/** An oracle within this of the jump confirms it at once. */
export const ORACLE_TOLERANCE_BPS = 200n;
/** The venue repeats a mark in every context until the next one: the same prices count again only after so long (ms). */
export const REPEAT_MS = 1_000;

/** Largest move of the mark that needs no confirmation, in basis points (spec 01 defaults). */
export const jumpBoundBps = (symbol: string): bigint => (symbol === 'BTC' || symbol === 'ETH' ? 500n : 1_000n);

export interface PriceUpdate {
  readonly markPrice: Price | undefined;
  readonly oraclePrice: Price | undefined;
  /** When it was received, or asked for where it came by request (ms): an update older than the last one is refused. */
  readonly at: number;
}

export interface HeldPrice {
  /** The jump itself: what the confirmations are measured against. */
  readonly markPrice: Price;
  readonly confirmations: number;
  /** The last update that counted. */
  readonly counted: { readonly markPrice: Price; readonly oraclePrice: Price; readonly at: number };
}

export interface AcceptedPrices {
  readonly markPrice: Price;
  readonly oraclePrice: Price;
  readonly markAt: number;
}

export interface PriceState {
  /** undefined until a first mark is accepted. */
  readonly accepted: AcceptedPrices | undefined;
  readonly held: HeldPrice | undefined;
  /** Time of the newest update seen. */
  readonly seenAt: number;
}

export type PriceVerdict = 'accepted' | 'held' | 'refused';

export interface PriceStep {
  readonly verdict: PriceVerdict;
  readonly state: PriceState;
}

export const initialPriceState: PriceState = { accepted: undefined, held: undefined, seenAt: 0 };

/** Judges one update against the last accepted mark; without one, against the oracle. `boundBps` of the jump allowed. */
export function judgePrice(state: PriceState, update: PriceUpdate, boundBps: bigint): PriceStep {
  const { markPrice, at } = update;
  const oraclePrice = isPositive(update.oraclePrice) ? update.oraclePrice : state.accepted?.oraclePrice;
  if (!isPositive(markPrice) || oraclePrice === undefined || at < state.seenAt) return { verdict: 'refused', state };
  const candidate = { markPrice, oraclePrice, at };
  const isNearAccepted =
    state.accepted !== undefined && isWithin({ price: markPrice, of: state.accepted.markPrice, bps: boundBps });
  const isNearOracle =
    isPositive(update.oraclePrice) && isWithin({ price: update.oraclePrice, of: markPrice, bps: ORACLE_TOLERANCE_BPS });
  if (isNearAccepted || isNearOracle) return acceptPrice(candidate);
  const held = confirm(state.held, candidate, boundBps);
  if (held.confirmations >= CONFIRMATIONS_NEEDED) return acceptPrice(candidate);
  return { verdict: 'held', state: { accepted: state.accepted, held, seenAt: at } };
}

interface Candidate {
  readonly markPrice: Price;
  readonly oraclePrice: Price;
  readonly at: number;
}

const acceptPrice = ({ markPrice, oraclePrice, at }: Candidate): PriceStep => ({
  verdict: 'accepted',
  state: { accepted: { markPrice, oraclePrice, markAt: at }, held: undefined, seenAt: at },
});

function confirm(held: HeldPrice | undefined, candidate: Candidate, boundBps: bigint): HeldPrice {
  const { markPrice } = candidate;
  if (held === undefined || !isWithin({ price: markPrice, of: held.markPrice, bps: boundBps })) {
    return { markPrice, confirmations: 0, counted: candidate };
  }
  if (isRepeat(held.counted, candidate)) return held;
  return { ...held, confirmations: held.confirmations + 1, counted: candidate };
}

const isRepeat = (counted: Candidate, candidate: Candidate): boolean =>
  counted.markPrice === candidate.markPrice &&
  counted.oraclePrice === candidate.oraclePrice &&
  candidate.at - counted.at < REPEAT_MS;

const isPositive = (price: Price | undefined): price is Price => price !== undefined && price > 0n;

function isWithin({ price, of, bps }: { readonly price: Price; readonly of: Price; readonly bps: bigint }): boolean {
  const distance = price > of ? price - of : of - price;
  return distance * 10_000n <= of * bps;
}
