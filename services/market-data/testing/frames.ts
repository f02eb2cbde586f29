/** Parsed upstream events as the tests of this service feed them. */
import type { ParsedBbo, ParsedContext, ParsedUniverse, UpstreamStatus } from '@perps/adapters/hyperliquid';
import type { AssetCtx } from '@perps/contracts/hyperliquid';
import type { Instrument } from '@perps/domain/market';
import { price, rate, size, usd } from '@perps/domain/money';

export const RAW: AssetCtx = {
  funding: '0.0000125',
  openInterest: '1.0',
  prevDayPx: '100.0',
  dayNtlVlm: '1.0',
  premium: null,
  oraclePx: '100.0',
  markPx: '100.0',
  midPx: null,
  impactPxs: null,
  dayBaseVlm: '1.0',
};

export const BTC: Instrument = {
  symbol: 'BTC',
  assetId: 0,
  szDecimals: 5,
  maxLeverage: 40,
  marginTableId: 40,
  marginTiers: [{ lowerBound: usd(0n), maxLeverage: 40 }],
  isDelisted: false,
  onlyIsolated: false,
};

export const universeOf = (...instruments: readonly Instrument[]): ParsedUniverse => ({
  instruments,
  meta: { universe: [], marginTables: [], collateralToken: 0 },
});

export const contextAt = (mark: number | undefined, oracle = mark): ParsedContext => ({
  symbol: 'BTC',
  markPrice: mark === undefined ? undefined : price(BigInt(mark)),
  oraclePrice: oracle === undefined ? undefined : price(BigInt(oracle)),
  fundingRate: rate(12_500_000n),
  raw: RAW,
});

export const bboAt = (bid: number, ask: number, venueTime: number): ParsedBbo => ({
  symbol: 'BTC',
  bbo: { bid: { price: price(BigInt(bid)), size: size(1n) }, ask: { price: price(BigInt(ask)), size: size(1n) } },
  venueTime,
});

export const LIVE: UpstreamStatus = {
  isOpen: true,
  hasUniverse: true,
  socketAgeMs: 20,
  restAgeMs: 1_000_000,
  isPolling: false,
  connectFailures: 0,
  venueTime: 1_000,
  receivedAt: 1_010,
  latencyMs: 10,
};
