import { createHash } from 'node:crypto';
import type { L2Book } from '@perps/contracts/hyperliquid';

/** 128 bits name one book among all; the journal carries them with every order. */
const HEX_DIGITS = 32;

/** Names a book: SHA-256 of `coin`, `time` and the levels as the venue wrote them (px, sz, n), cut to 128 bits, in hex. */
export function bookHash({ coin, time, levels }: L2Book): string {
  const canonical = JSON.stringify([coin, time, ...levels.map((side) => side.map(({ px, sz, n }) => [px, sz, n]))]);
  return createHash('sha256').update(canonical).digest('hex').slice(0, HEX_DIGITS);
}
