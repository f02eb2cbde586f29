/** What the tests of this folder share: instruments, requests, a venue that answers by script. */
import { addressOf, signDigest } from '@perps/contracts/hyperliquid';
import type { VenueCancelRequest, VenueOrderRequest } from '@perps/domain/account';
import type { Instrument } from '@perps/domain/market';
import { price, size, usd } from '@perps/domain/money';
import type { PostOptions, VenueHttp, VenueHttpAnswer } from '../http.ts';
import type { VenueSigner } from '../signing.ts';

export const BTC: Instrument = {
  symbol: 'BTC',
  assetId: 0,
  szDecimals: 5,
  maxLeverage: 40,
  marginTableId: 56,
  marginTiers: [{ lowerBound: usd(0n), maxLeverage: 40 }],
  isDelisted: false,
  onlyIsolated: false,
};

export const instrumentOf = (symbol: string): Instrument | undefined => (symbol === 'BTC' ? BTC : undefined);
export const szDecimalsOf = (symbol: string): number | undefined => instrumentOf(symbol)?.szDecimals;

/** A throw-away key that exists only in tests. */
export const PRIVATE_KEY = `0x${'7'.repeat(64)}`;
export const ACCOUNT = addressOf(PRIVATE_KEY);

export const testSigner: VenueSigner = {
  address: ACCOUNT,
  signDigest: async (digest) => signDigest(digest, PRIVATE_KEY),
};

/** Buy 0.01 BTC at 100,000 immediately or not at all; sent at `at`, for five seconds. */
export const orderRequest = (at: number, changes: Partial<VenueOrderRequest> = {}): VenueOrderRequest => ({
  venueCloid: `0x01${'0'.repeat(29)}1`,
  orderId: 7,
  accountId: 'u1',
  symbol: 'BTC',
  assetId: 0,
  szDecimals: 5,
  side: 'buy',
  size: size(1_000n),
  limitPrice: price(1_000_000n),
  timeInForce: 'IOC',
  slot: 0,
  nonce: at,
  expiresAfter: at + 5_000,
  requestedAt: at,
  purpose: 'user',
  ...changes,
});

export const cancelRequest = (at: number, changes: Partial<VenueCancelRequest> = {}): VenueCancelRequest => ({
  venueCloid: `0x01${'0'.repeat(29)}1`,
  orderId: 7,
  accountId: 'u1',
  assetId: 0,
  slot: 0,
  nonce: at,
  expiresAfter: at + 5_000,
  requestedAt: at,
  ...changes,
});

export interface ScriptedHttp extends VenueHttp {
  readonly bodies: readonly string[];
}

/** Answers in turn (the last one again and again); an error is thrown. */
export function scriptedHttp(...answers: readonly (VenueHttpAnswer | Error)[]): ScriptedHttp {
  const bodies: string[] = [];
  return {
    bodies,
    async post(_path, body: string, _options: PostOptions) {
      const answer = answers[Math.min(bodies.length, answers.length - 1)];
      bodies.push(body);
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('no answer in the script');
      return answer;
    },
    close: () => undefined,
  };
}

export const ok = (body: unknown): VenueHttpAnswer => ({ status: 200, text: JSON.stringify(body) });
