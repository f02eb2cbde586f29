/** The nonces of an account's signers, in a form that is cheap to copy: an action copies a short list. */
import { consumeNonce, judgeUnused, NONCES_KEPT, type NonceVerdict, type NonceWindow } from './window.ts';

const RECENT_MAX = 16;
const NO_NONCES: NonceWindow = Object.freeze([]);

/** Both ascending; together at least the hundred highest, of which the newest are merged a few at a time. */
export interface SignerNonces {
  readonly signer: string;
  readonly settled: NonceWindow;
  readonly recent: NonceWindow;
}

/** True where the signer has ever used a nonce here. */
export const hasSigned = (all: readonly SignerNonces[], signer: string): boolean => noncesOf(all, signer) !== undefined;

/** Judges a nonce (ms) of a signer at time `now` (ms), as `judgeNonce` does on the hundred highest. */
export function judgeNonceOf(
  all: readonly SignerNonces[],
  { signer, nonce }: { readonly signer: string; readonly nonce: number },
  now: number,
): NonceVerdict {
  const nonces = noncesOf(all, signer);
  const smallest = nonces === undefined ? undefined : smallestKept(nonces);
  const isUsed = nonces !== undefined && (nonces.recent.includes(nonce) || nonces.settled.includes(nonce));
  return isUsed && nonce >= (smallest ?? nonce) ? { verdict: 'duplicate' } : judgeUnused(nonce, now, smallest);
}

/** With a nonce of one signer in it. */
export function withNonce(
  all: readonly SignerNonces[],
  { signer, nonce }: { readonly signer: string; readonly nonce: number },
): readonly SignerNonces[] {
  const before = noncesOf(all, signer);
  if (before === undefined) return [...all, { signer, settled: NO_NONCES, recent: [nonce] }];
  const recent = consumeNonce(before.recent, nonce);
  const isFull = recent.length > RECENT_MAX;
  const after: SignerNonces = isFull
    ? { signer, settled: keptNonces({ ...before, recent }), recent: NO_NONCES }
    : { signer, settled: before.settled, recent };
  return all.length === 1 ? [after] : all.map((one) => (one === before ? after : one));
}

/** The hundred highest, ascending. */
export const keptNonces = ({ settled, recent }: SignerNonces): NonceWindow =>
  [...settled, ...recent].sort((left, right) => left - right).slice(-NONCES_KEPT);

const noncesOf = (all: readonly SignerNonces[], signer: string): SignerNonces | undefined =>
  all.find((one) => one.signer === signer);

/** The hundredth highest; undefined while there are fewer. */
function smallestKept({ settled, recent }: SignerNonces): number | undefined {
  const surplus = settled.length + recent.length - NONCES_KEPT;
  if (surplus < 0) return undefined;
  let ofSettled = 0;
  let ofRecent = 0;
  while (ofSettled + ofRecent < surplus) {
    if ((settled[ofSettled] ?? Infinity) < (recent[ofRecent] ?? Infinity)) ofSettled += 1;
    else ofRecent += 1;
  }
  return Math.min(settled[ofSettled] ?? Infinity, recent[ofRecent] ?? Infinity);
}
