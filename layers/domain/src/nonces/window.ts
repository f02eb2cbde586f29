/**
 * Hyperliquid's nonce rule: per signer the 100 highest nonces are kept; a new one must be larger than the smallest
 * kept, unused, and within (now − 2 days, now + 1 day).
 * @see https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/nonces-and-api-wallets
 */
export const NONCES_KEPT = 100;
const DAY_MS = 86_400_000;
const PAST_MS_MAX = 2 * DAY_MS;
const FUTURE_MS_MAX = DAY_MS;

/** The kept nonces of one signer, ascending. */
export type NonceWindow = readonly number[];

export type NonceVerdict =
  | { readonly verdict: 'fresh' }
  | { readonly verdict: 'duplicate' }
  | { readonly verdict: 'tooLow'; readonly floor: number }
  | { readonly verdict: 'tooHigh'; readonly ceiling: number };

/** Judges a nonce (ms) at time `now` (ms). A repeated nonce is a duplicate even when it is below the floor. */
export function judgeNonce(window: NonceWindow, nonce: number, now: number): NonceVerdict {
  if (window.includes(nonce)) return { verdict: 'duplicate' };
  return judgeUnused(nonce, now, window.length < NONCES_KEPT ? undefined : window[0]);
}

const FRESH: NonceVerdict = { verdict: 'fresh' };

/** Judges a nonce that was not used; `smallest` is the smallest of a full window. */
export function judgeUnused(nonce: number, now: number, smallest: number | undefined): NonceVerdict {
  const oldest = now - PAST_MS_MAX;
  const floor = Math.max(oldest, smallest ?? oldest);
  if (nonce <= floor) return { verdict: 'tooLow', floor };
  const ceiling = now + FUTURE_MS_MAX;
  return nonce >= ceiling ? { verdict: 'tooHigh', ceiling } : FRESH;
}

/** The window with `nonce` in it; the smallest drops out beyond 100. */
export function consumeNonce(window: NonceWindow, nonce: number): NonceWindow {
  let index = window.length;
  while (index > 0 && (window[index - 1] ?? 0) > nonce) index -= 1;
  const next = [...window, nonce];
  if (index < window.length) next.splice(index, next.length, nonce, ...window.slice(index));
  if (next.length > NONCES_KEPT) next.shift();
  return next;
}
