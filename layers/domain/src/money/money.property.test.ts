import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { divide, formatDecimal, parseDecimal, type Rounding } from './index.ts';

const decimals = fc.integer({ min: 0, max: 12 });
const value = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n });
const rounding = fc.constantFrom<Rounding>('up', 'down', 'towardZero', 'awayFromZero', 'halfUp');

describe('money laws', () => {
  it('parse(format(x)) = x', () => {
    fc.assert(
      fc.property(value, decimals, (amount, places) => parseDecimal(formatDecimal(amount, places), places) === amount),
    );
  });

  it('a rounded quotient is less than one unit away from the true one, on the side its name says', () => {
    fc.assert(
      fc.property(value, fc.bigInt({ min: 1n, max: 10n ** 12n }), rounding, (numerator, denominator, name) => {
        const error = divide(numerator, denominator, name) * denominator - numerator;
        if (name === 'up') return error >= 0n && error < denominator;
        if (name === 'down') return error <= 0n && -error < denominator;
        const outward = numerator < 0n ? -error : error;
        if (name === 'towardZero') return outward <= 0n && -outward < denominator;
        if (name === 'awayFromZero') return outward >= 0n && outward < denominator;
        return 2n * (error < 0n ? -error : error) <= denominator;
      }),
    );
  });
});
