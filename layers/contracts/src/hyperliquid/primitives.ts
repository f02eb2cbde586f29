/** Field schemas the venue uses everywhere. Parsing also brings a value to the form that is hashed. */
import { z } from 'zod';

/** Signed actions of Hyperliquid's test network carry another source letter, so neither can be replayed on the other. */
export type Network = 'Mainnet' | 'Testnet';

/** Longest text of a number: 2^64 with eight decimals, and room for padding. */
const DECIMAL_LENGTH_MAX = 40;
/** The venue's own limit for any price or size. */
const DECIMALS_MAX = 8;
const NAME_LENGTH_MAX = 64;
const COIN_LENGTH_MAX = 32;
const TOKEN_LENGTH_MAX = 128;

const DECIMAL = /^(\d+)(?:\.(\d+))?$/;
/** What nearly every client sends: nothing to trim. */
const CANONICAL_DECIMAL = /^(?:0|[1-9]\d*)(?:\.\d{0,7}[1-9])?$/;
const SIGNED_DECIMAL_AMOUNT = /^\d+(?:\.\d+)?$/;
const ADDRESS = /^(?:0[xX])?[0-9a-fA-F]{40}$/;
const CLOID = /^0[xX][0-9a-fA-F]{32}$/;

/** `12.500` → `12.5`, `007` → `7`; `undefined` where it is no plain non-negative decimal of at most eight decimals. */
export function canonicalDecimal(text: string): string | undefined {
  if (text.length > DECIMAL_LENGTH_MAX) return undefined;
  if (CANONICAL_DECIMAL.test(text)) return text;
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const whole = (match[1] ?? '').replace(/^0+(?=\d)/, '');
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > DECIMALS_MAX) return undefined;
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** `0x` and forty lower-case digits, from any letter case and with or without `0x`; `undefined` otherwise. */
export function canonicalAddress(text: string): string | undefined {
  if (!ADDRESS.test(text)) return undefined;
  return `0x${text.slice(-40).toLowerCase()}`;
}

/** `0x` and thirty-two lower-case digits (16 bytes); `undefined` otherwise. */
export function canonicalCloid(text: string): string | undefined {
  return CLOID.test(text) ? `0x${text.slice(2).toLowerCase()}` : undefined;
}

function normalised(canonical: (text: string) => string | undefined) {
  return z.string().transform((text, context): string => {
    const value = canonical(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: 'malformed', input: '' });
    return z.NEVER;
  });
}

/** Price or size: a decimal text, never a JSON number. */
export const decimalText = normalised(canonicalDecimal);
export const addressText = normalised(canonicalAddress);
export const cloidText = normalised(canonicalCloid);

/** An address signed as a *string*: its letter case is part of the signature, so it stays as sent. */
export const verbatimAddress = z.string().regex(ADDRESS);
/** An amount signed as a string: zeros stay as sent. */
export const verbatimAmount = z.string().max(DECIMAL_LENGTH_MAX).regex(SIGNED_DECIMAL_AMOUNT);
/** `""` is the account itself. */
export const optionalSubAccount = z.union([z.literal(''), verbatimAddress]);

const UINT32_MAX = 2 ** 32 - 1;
export const assetId = z.number().int().min(0).max(UINT32_MAX);
/** Ids, times and micro-USD: non-negative and exact in a double. */
export const uint = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
export const signedInt = z.number().int().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER);
export const orderIdOrCloid = z.union([uint, cloidText]);

export const nameText = z.string().max(NAME_LENGTH_MAX);
export const coinText = z.string().min(1).max(COIN_LENGTH_MAX);
export const dexText = z.string().max(COIN_LENGTH_MAX);
export const tokenText = z.string().max(TOKEN_LENGTH_MAX);

export const networkText = z.enum(['Mainnet', 'Testnet']);
/** Domain chain of a user-signed action: any chain, as a hex text. */
export const chainIdText = z.string().regex(/^0x[0-9a-fA-F]{1,16}$/);
