import { ZERO_USD, type Usd, usd } from '../money/index.ts';
import type { AccountState } from './model.ts';

type RecentVolume = AccountState['recentInternalVolume'];

/** Entries older than this are dropped; no split window may be longer. */
export const VOLUME_KEPT_MS = 300_000;
/** Volumes within one such bucket are one entry, which bounds the list. */
const BUCKET_MS = 1_000;
/** Entries kept at most; beyond it the oldest goes. */
const ENTRIES_MAX = 600;

/** The list with one more opening in it, pruned by time and count. */
export function volumeWith(
  recent: RecentVolume,
  opening: readonly [at: number, symbol: string, notional: Usd],
): RecentVolume {
  const [at, symbol, notional] = opening;
  const oldest = at - VOLUME_KEPT_MS;
  const kept = (recent[0]?.[0] ?? at) < oldest ? recent.filter(([openedAt]) => openedAt >= oldest) : recent;
  const last = kept.at(-1);
  const isSameBucket = last !== undefined && last[1] === symbol && bucketOf(last[0]) === bucketOf(at);
  const next: RecentVolume = isSameBucket
    ? [...kept.slice(0, -1), [at, symbol, usd(last[2] + notional)]]
    : [...kept, [at, symbol, notional]];
  return next.length > ENTRIES_MAX ? next.slice(1) : next;
}

/** INTERNAL volume (10⁻⁶ USD) the user opened in the symbol after `since` (ms). */
export function volumeSince(recent: RecentVolume, symbol: string, since: number): Usd {
  let sum: bigint = ZERO_USD;
  for (const [at, of, notional] of recent) {
    if (of === symbol && at > since) sum += notional;
  }
  return usd(sum);
}

const bucketOf = (at: number): number => Math.floor(at / BUCKET_MS);
