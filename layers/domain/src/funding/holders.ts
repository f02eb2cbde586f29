/** Who held how much at an hour: positions as they are, and what changed since. */
import { type Size, size } from '../money/index.ts';
import type { FundingBook, OpenHour } from './model.ts';

export interface SizeChange {
  /** `${symbol}:${route}`. */
  readonly key: string;
  readonly accountId: string;
  readonly before: Size;
  readonly after: Size;
  /** When it was executed at the venue (ms), where it was: news of it may come after the hour. */
  readonly executedAt?: number;
}

/**
 * Follows the size of a position, in place. Where an hour is not settled, the size the position had at that hour is
 * kept. An execution from before an hour, told after it, belongs to those who held at the hour.
 */
export function followSize(book: FundingBook, change: SizeChange): void {
  const { key, before, after } = change;
  if (before === after) return;
  const holders = (book.holders.get(key) ?? 0) + (after === 0n ? 0 : 1) - (before === 0n ? 0 : 1);
  if (holders === 0) book.holders.delete(key);
  else book.holders.set(key, holders);
  if (book.hours.length > 0) keepSizes(book.hours, change);
}

function keepSizes(hours: readonly OpenHour[], { key, accountId, before, after, executedAt }: SizeChange): void {
  let newest = hours.length - 1;
  while (executedAt !== undefined && newest >= 0 && (hours[newest]?.hour ?? 0) > executedAt) newest -= 1;
  const held = sizeAt(hours.slice(Math.max(newest, 0)), { key, accountId, now: before });
  hours.forEach(({ changed }, index) => {
    const kept = changed.get(key)?.get(accountId);
    if (index > newest && kept !== undefined) changed.get(key)?.set(accountId, size(kept + after - before));
    if (index !== newest || kept !== undefined) return;
    if (!changed.has(key)) changed.set(key, new Map());
    changed.get(key)?.set(accountId, held);
  });
}

/** The size at the first of these hours: as kept then or at the next hour that kept it, else as it is now. */
export function sizeAt(
  hours: readonly OpenHour[],
  { key, accountId, now }: { readonly key: string; readonly accountId: string; readonly now: Size },
): Size {
  for (const { changed } of hours) {
    const kept = changed.get(key)?.get(accountId);
    if (kept !== undefined) return kept;
  }
  return now;
}

/** Sizes at the first of these hours of those who changed since; everybody else holds what they held. */
export function changedSince(hours: readonly OpenHour[], key: string): ReadonlyMap<string, Size> {
  const sizes = new Map<string, Size>();
  for (const { changed } of hours) {
    for (const [accountId, kept] of changed.get(key) ?? []) if (!sizes.has(accountId)) sizes.set(accountId, kept);
  }
  return sizes;
}

/** Forgets the oldest hours that have nothing to settle; a settled one is kept while an older one needs its changes. */
export function forgetSettled(book: FundingBook): void {
  const open = book.hours.findIndex(({ pending }) => pending.size > 0);
  book.hours = open === -1 ? [] : book.hours.slice(open);
}
