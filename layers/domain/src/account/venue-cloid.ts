/**
 * The venue's 128-bit client order id of a leg: the shard's byte, then 120 bits that are a bijection of (orderId,
 * attempt). Two legs can therefore never share one, and the order is found from it without an index.
 */
export interface VenueCloidParts {
  readonly shard: number;
  readonly orderId: number;
  /** 0 for the first leg of an order that goes to the venue, then 1, 2 …; below 2¹⁶. */
  readonly attempt: number;
}

const MASK = (1n << 120n) - 1n;
const ATTEMPT_BITS = 16n;
const HALF_BITS = 60n;
/** Odd, so multiplication modulo 2¹²⁰ is invertible; the digits are those of the golden ratio. */
const FACTOR = 0x9e3779b97f4a7c15f39cc0605cedd5n;
const FACTOR_INVERSE = inverseModulo(FACTOR);

/** `0x`, two digits of the shard, 30 digits of mixed order id and attempt. */
export function venueCloidOf(parts: VenueCloidParts): string {
  const packed = (BigInt(parts.orderId) << ATTEMPT_BITS) | BigInt(parts.attempt);
  const mixed = mix(mix(packed));
  return `0x${parts.shard.toString(16).padStart(2, '0')}${mixed.toString(16).padStart(30, '0')}`;
}

/** The parts of a cloid of ours; undefined where the text is not one. */
export function partsOfVenueCloid(venueCloid: string): VenueCloidParts | undefined {
  if (!/^0x[0-9a-f]{32}$/.test(venueCloid)) return undefined;
  const packed = unmix(unmix(BigInt(`0x${venueCloid.slice(4)}`)));
  const orderId = packed >> ATTEMPT_BITS;
  if (orderId > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  const attempt = Number(packed & ((1n << ATTEMPT_BITS) - 1n));
  return { shard: Number.parseInt(venueCloid.slice(2, 4), 16), orderId: Number(orderId), attempt };
}

// Each step can be undone: a product with an odd factor, and an upper half folded onto the lower one.
const fold = (value: bigint): bigint => value ^ (value >> HALF_BITS);
const mix = (value: bigint): bigint => fold((value * FACTOR) & MASK);
const unmix = (value: bigint): bigint => (fold(value) * FACTOR_INVERSE) & MASK;

/** Newton's iteration doubles the correct low bits each round; an odd factor starts with three. */
function inverseModulo(factor: bigint): bigint {
  let inverse = factor;
  for (let correctBits = 3; correctBits < 120; correctBits *= 2) inverse = (inverse * (2n - factor * inverse)) & MASK;
  return inverse;
}
