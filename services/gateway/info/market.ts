/** `/info` about the market: from the feed's pictures; what the feed does not carry is asked of market-data. */
import { type RpcClient, RpcError } from '@perps/adapters/rpc';
import type { RelayedAnswer } from '@perps/contracts/feed';
import { rateLimited, type SpotClearinghouseState, type SpotMeta } from '@perps/contracts/hyperliquid';
import { type DoorAnswer, failed, json, jsonText, NO_ANSWER } from '../http/answer.ts';
import type { InfoAnswer } from '../http/door.ts';
import type { MarketCache } from '../market/market-cache.ts';
import { type Aggregation, toL2Book } from '../wire/market.ts';

/** market-data relays a question to the venue, cached and rate-limited there. */
export type MarketRelay = Pick<RpcClient, 'request'>;

/** How long an answer over all markets is served again (ms). */
const PICTURE_MS = 100;
const RELAY_TIMEOUT_MS = 5_000;

export interface MarketInfo {
  meta(): DoorAnswer;
  metaAndAssetCtxs(): DoorAnswer;
  allMids(): DoorAnswer;
  l2Book(request: { readonly coin: string } & Aggregation): DoorAnswer;
  recentTrades(coin: string): DoorAnswer;
  /** Answered by the venue through market-data: candles, funding history, predictions. */
  relayed(request: unknown): Promise<InfoAnswer>;
  allPerpMetas(): DoorAnswer;
  marginTable(id: number): DoorAnswer;
}

export function createMarketInfo(deps: {
  readonly markets: MarketCache;
  readonly relay: MarketRelay;
  readonly now: () => number;
}): MarketInfo {
  const { markets, relay } = deps;
  const metaAndAssetCtxs = cached(deps.now, () => {
    const meta = markets.meta();
    return meta === undefined ? undefined : JSON.stringify([meta, markets.contexts()]);
  });
  const allMids = cached(deps.now, () => JSON.stringify(markets.mids()));
  return {
    meta: () => {
      const meta = markets.meta();
      return meta === undefined ? NO_ANSWER : json(meta);
    },
    allPerpMetas: () => {
      const meta = markets.meta();
      return meta === undefined ? NO_ANSWER : json([meta]);
    },
    marginTable: (id) => json(markets.meta()?.marginTables.find(([tableId]) => tableId === id)?.[1] ?? null),
    metaAndAssetCtxs: () => answered(metaAndAssetCtxs()),
    allMids: () => answered(allMids()),
    l2Book: ({ coin, nSigFigs, mantissa }) => {
      const instrument = markets.instrument(coin);
      const book = markets.book(coin);
      // The venue answers `null` for a coin it does not know.
      if (instrument === undefined || book === undefined) return json(null);
      return json(toL2Book(book, instrument, { nSigFigs, mantissa }));
    },
    recentTrades: (coin) => json(markets.trades(coin).toReversed()),
    relayed: async (request) => {
      try {
        const relayed = await relay.request('relayInfo', { request }, { timeoutMs: RELAY_TIMEOUT_MS });
        const { status, body } = relayed as RelayedAnswer;
        return {
          answer: { ...json(body), status },
          rows: Array.isArray(body) ? body.length : 0,
        };
      } catch (cause) {
        return {
          answer: cause instanceof RpcError && cause.code === 'RateLimited' ? failed(rateLimited()) : NO_ANSWER,
        };
      }
    },
  };
}

const answered = (body: string | undefined): DoorAnswer => (body === undefined ? NO_ANSWER : jsonText(body));

function cached(now: () => number, build: () => string | undefined): () => string | undefined {
  let body: string | undefined;
  let builtAt = -Infinity;
  return () => {
    if (body !== undefined && now() - builtAt < PICTURE_MS) return body;
    body = build();
    builtAt = now();
    return body;
  };
}

/** Spot is not traded here; clients only need a universe that is not empty to start. */
const USDC = {
  name: 'USDC',
  szDecimals: 8,
  weiDecimals: 8,
  index: 0,
  tokenId: '0x6d1e7cde53ba9467b783cb7c530ce054',
  isCanonical: true,
  evmContract: null,
  fullName: null,
  deployerTradingFeeShare: '0.0',
};
const PURR = {
  ...USDC,
  name: 'PURR',
  szDecimals: 0,
  weiDecimals: 5,
  index: 1,
  tokenId: '0xc1fb593aeffbeb02f85e0308e9956a90',
};

export const SPOT_META: SpotMeta = {
  universe: [{ tokens: [1, 0], name: 'PURR/USDC', index: 0, isCanonical: true }],
  tokens: [USDC, PURR],
};

export const SPOT_META_AND_ASSET_CTXS = [
  SPOT_META,
  [
    {
      prevDayPx: '0.0',
      dayNtlVlm: '0.0',
      markPx: '0.0',
      midPx: null,
      circulatingSupply: '0.0',
      coin: 'PURR/USDC',
      totalSupply: '0.0',
      dayBaseVlm: '0.0',
    },
  ],
] as const;

export const EMPTY_SPOT_STATE: SpotClearinghouseState = { balances: [] };
