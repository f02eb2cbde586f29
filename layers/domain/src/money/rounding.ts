import { invariant } from '../kernel/index.ts';

/** Every division names its rounding. `up`/`down` are toward +∞/−∞; `awayFromZero`/`towardZero` look at the magnitude. */
export type Rounding = 'up' | 'down' | 'towardZero' | 'awayFromZero' | 'halfUp';

/** `numerator / denominator` as an integer with the named rounding; the denominator must be positive. */
export function divide(numerator: bigint, denominator: bigint, rounding: Rounding): bigint {
  invariant(denominator > 0n, 'a divisor is positive');
  const quotient = numerator / denominator;
  const remainder = numerator % denominator;
  if (remainder === 0n) return quotient;
  const negative = remainder < 0n;
  switch (rounding) {
    case 'towardZero':
      return quotient;
    case 'awayFromZero':
      return negative ? quotient - 1n : quotient + 1n;
    case 'up':
      return negative ? quotient : quotient + 1n;
    case 'down':
      return negative ? quotient - 1n : quotient;
    case 'halfUp': {
      const magnitude = negative ? -remainder : remainder;
      if (2n * magnitude < denominator) return quotient;
      return negative ? quotient - 1n : quotient + 1n;
    }
  }
}
