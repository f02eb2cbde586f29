/** market-data for the gateway's tests: two markets, frames on demand, relayed questions recorded. */
import { createRpcServer } from '@perps/adapters/rpc';
import { FEED_TOPIC, type FeedFrame } from '@perps/contracts/feed';
import type { AssetCtx, Meta } from '@perps/contracts/hyperliquid';
import type { Instrument } from '@perps/domain/market';
import { parsePrice, parseSize, price, rate, size, usd } from '@perps/domain/money';
import { silentLogger } from '@perps/runtime/ports';

export const BTC: Instrument = {
  symbol: 'BTC',
  assetId: 0,
  szDecimals: 5,
  maxLeverage: 40,
  marginTableId: 56,
  marginTiers: [
    { lowerBound: usd(0n), maxLeverage: 40 },
    { lowerBound: usd(150_000_000_000_000n), maxLeverage: 20 },
  ],
  isDelisted: false,
  onlyIsolated: false,
};
export const ETH: Instrument = {
  ...BTC,
  symbol: 'ETH',
  assetId: 1,
  szDecimals: 4,
  maxLeverage: 25,
  marginTableId: 55,
  marginTiers: [{ lowerBound: usd(0n), maxLeverage: 25 }],
};

const META: Meta = {
  universe: [BTC, ETH].map(({ symbol, szDecimals, maxLeverage, marginTableId }) => ({
    name: symbol,
    szDecimals,
    maxLeverage,
    marginTableId,
  })),
  marginTables: [
    [56, { description: 'tiered 40x', marginTiers: [{ lowerBound: '0.0', maxLeverage: 40 }] }],
    [55, { description: 'tiered 25x', marginTiers: [{ lowerBound: '0.0', maxLeverage: 25 }] }],
  ],
  collateralToken: 0,
};

const context = (markPx: string): AssetCtx => ({
  funding: '0.0000125',
  openInterest: '688.11',
  prevDayPx: markPx,
  dayNtlVlm: '1169046.29406',
  premium: '0.00031774',
  oraclePx: markPx,
  markPx,
  midPx: markPx,
  impactPxs: [markPx, markPx],
  dayBaseVlm: '1426.0',
});

/** Best bid and ask one tick around `at`. */
export function bboFrame(instrument: Instrument, at: string, venueTime = Date.now()): FeedFrame {
  const mid = parsePrice(at, instrument.szDecimals) ?? price(0n);
  const one = parseSize('1', instrument.szDecimals) ?? size(0n);
  return {
    type: 'bbo',
    symbol: instrument.symbol,
    bbo: { bid: { price: price(mid - 1n), size: one }, ask: { price: price(mid + 1n), size: one } },
    venueTime,
  };
}

function contextFrame(instrument: Instrument, at: string): FeedFrame {
  const mark = parsePrice(at, instrument.szDecimals) ?? price(0n);
  return {
    type: 'context',
    symbol: instrument.symbol,
    markPrice: mark,
    oraclePrice: mark,
    fundingRate: rate(12_500_000n),
    markAt: Date.now(),
    isPriceHeld: false,
    raw: context(at),
  };
}

function bookFrame(instrument: Instrument, at: string): FeedFrame {
  const mid = parsePrice(at, instrument.szDecimals) ?? price(0n);
  const one = parseSize('1', instrument.szDecimals) ?? size(0n);
  const levels = (sign: bigint) =>
    Array.from({ length: 25 }, (_, index) => ({ price: price(mid + sign * BigInt(index + 1)), size: one }));
  return { type: 'book', symbol: instrument.symbol, bids: levels(-1n), asks: levels(1n), venueTime: Date.now() };
}

const healthFrame = (): FeedFrame => ({
  type: 'health',
  status: 'live',
  reasons: [],
  venueTime: Date.now(),
  receivedAt: Date.now(),
  latencyMs: 5,
});

export interface FakeFeed {
  readonly url: string;
  readonly relayed: unknown[];
  readonly watched: unknown[];
  publish(frame: FeedFrame): void;
  close(): Promise<void>;
}

const HEALTH_MS = 100;

export async function startFakeFeed(): Promise<FakeFeed> {
  const relayed: unknown[] = [];
  const watched: unknown[] = [];
  const pictures = (): FeedFrame[] => [
    { type: 'universe', instruments: [BTC, ETH], meta: META },
    contextFrame(BTC, '100000'),
    contextFrame(ETH, '4000'),
    bboFrame(BTC, '100000'),
    bboFrame(ETH, '4000'),
    bookFrame(BTC, '100000'),
    bookFrame(ETH, '4000'),
    healthFrame(),
  ];
  const server = await createRpcServer({
    handlers: {
      relayInfo: async (params) => {
        relayed.push(params);
        return { status: 200, body: [{ relayed: true }] };
      },
      watchCandles: async (params) => {
        watched.push(params);
        return null;
      },
    },
    topics: { [FEED_TOPIC]: { snapshot: pictures } },
    logger: silentLogger,
  });
  const heartbeat = setInterval(() => server.publish(FEED_TOPIC, healthFrame()), HEALTH_MS);
  return {
    url: `ws://127.0.0.1:${server.port}/rpc`,
    relayed,
    watched,
    publish: (frame) => server.publish(FEED_TOPIC, frame),
    close: () => {
      clearInterval(heartbeat);
      return server.close();
    },
  };
}
