/** TWAPs: a size worked in slices over time. Types, and what follows from them alone. */
import type { Size, Usd } from '../money/index.ts';
import type { Side } from './words.ts';
import type { Rejection } from './results.ts';

/** From one slice to the next, ms (Hyperliquid's). */
export const TWAP_SLICE_MS = 30_000;

export interface Twap {
  /** From the same numbers as order ids. */
  readonly twapId: number;
  readonly symbol: string;
  readonly side: Side;
  readonly size: Size;
  readonly reduceOnly: boolean;
  readonly minutes: number;
  readonly isRandomized: boolean;
  /** When the first slice went out, ms. */
  readonly startedAt: number;
  /** Slices whose time has come, sent or not. */
  readonly slicesDone: number;
  readonly executedSize: Size;
  /** Σ price × size of its fills, 10⁻⁶ USD. */
  readonly executedNotional: Usd;
}

/** `finished` = its time or its size is over; `terminated` = cancelled, liquidated, or nothing left to reduce. */
export type TwapEnding =
  { readonly status: 'finished' | 'terminated' } | { readonly status: 'error'; readonly rejection: Rejection };

export interface EndedTwap {
  readonly twap: Twap;
  readonly endedAt: number;
  readonly ending: TwapEnding;
}

export interface Twaps {
  /** By id. */
  readonly running: readonly Twap[];
  /** The newest ended ones, oldest first, bounded. */
  readonly ended: readonly EndedTwap[];
}

export const sliceCountOf = ({ minutes }: Pick<Twap, 'minutes'>): number => (minutes * 60_000) / TWAP_SLICE_MS;

/** When its next slice is due, ms; undefined after the last one. */
export const nextSliceAt = (twap: Twap): number | undefined =>
  twap.slicesDone < sliceCountOf(twap) ? twap.startedAt + twap.slicesDone * TWAP_SLICE_MS : undefined;
