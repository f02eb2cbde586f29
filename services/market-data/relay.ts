/** Market questions of the doors: from what the stream told, else from the venue, within our share of its weight. */
import { type InfoClient, VenueInfoError } from '@perps/adapters/hyperliquid';
import { CANDLE_WATCH_MS, type MarketDataMethods, type RelayedAnswer } from '@perps/contracts/feed';
import {
  type Candle,
  type CandleInterval,
  candleIntervals,
  type FundingHistoryRow,
  type InfoRequest,
  type InfoRequestType,
  type L2Book,
  parseInfoRequest,
} from '@perps/contracts/hyperliquid';
import type { Clock } from '@perps/runtime/ports';
import { z } from 'zod';
import type { Feed } from './loop.ts';

/** Answered by the peer with this code; see `MarketDataMethods`. */
export class RelayError extends Error {
  readonly code: 'BadRequest' | 'UnknownSymbol' | 'Overloaded';
  override readonly name = 'RelayError';
  constructor(code: RelayError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

export interface RelayOptions {
  readonly clock: Clock;
  readonly info: InfoClient;
  readonly feed: Pick<Feed, 'recentTrades' | 'book' | 'isKnown'>;
  readonly watchCandles: (symbol: string, interval: CandleInterval) => void;
  readonly unwatchCandles: (symbol: string, interval: CandleInterval) => void;
}

export interface Relay {
  readonly methods: MarketDataMethods;
  /** Ends candle streams nobody renewed; call it every second or so. */
  expireWatches(): void;
}

/** How long an answer stands, ms. Everything else: 1 s. */
const FRESH_MS: Readonly<Partial<Record<InfoRequestType, number>>> = {
  l2Book: 500,
  candleSnapshot: 2_000,
  metaAndAssetCtxs: 3_000,
  meta: 60_000,
  allPerpMetas: 60_000,
  marginTable: 60_000,
  perpDexs: 60_000,
  spotMeta: 60_000,
  spotMetaAndAssetCtxs: 5_000,
  fundingHistory: 30_000,
  predictedFundings: 30_000,
};
const FRESH_MS_USUAL = 1_000;
const CACHE_MAX = 500;
/** As many as the stream keeps free of its subscription limit. */
const WATCHES_MAX = 50;
/** Questions about the market; what is about an account is never relayed. */
const MARKET_TYPES: ReadonlySet<string> = new Set<InfoRequestType>([
  'meta',
  'metaAndAssetCtxs',
  'allMids',
  'allPerpMetas',
  'perpDexs',
  'perpsAtOpenInterestCap',
  'predictedFundings',
  'spotMeta',
  'spotMetaAndAssetCtxs',
  'exchangeStatus',
  'marginTable',
  'l2Book',
  'recentTrades',
  'candleSnapshot',
  'fundingHistory',
]);

const time = z.number().int().nonnegative();
const schemas = {
  candles: z.object({
    symbol: z.string(),
    interval: z.enum(candleIntervals),
    startTime: time,
    endTime: time.optional(),
  }),
  symbol: z.object({ symbol: z.string() }),
  l2Book: z.object({ symbol: z.string(), nSigFigs: time.nullish(), mantissa: time.nullish() }),
  fundingHistory: z.object({ symbol: z.string(), startTime: time, endTime: time.optional() }),
  watchCandles: z.object({ symbol: z.string(), interval: z.enum(candleIntervals) }),
  relayInfo: z.object({ request: z.record(z.string(), z.unknown()) }),
};

/** Checks what came over the RPC; its callers are our own, its content is users'. */
function read<Schema extends z.ZodType>(schema: Schema, params: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(params);
  if (!parsed.success) throw new RelayError('BadRequest', z.prettifyError(parsed.error));
  return parsed.data;
}

/** The RPC methods of market-data. */
export function createRelay(options: RelayOptions): Relay {
  const { feed, clock } = options;
  const ask = createCachedAsk(options);
  const watches = new Map<string, { readonly end: () => void; expiresAt: number }>();
  const known = (symbol: string): string => {
    if (!feed.isKnown(symbol)) throw new RelayError('UnknownSymbol', symbol);
    return symbol;
  };

  const methods: MarketDataMethods = {
    async candles(params) {
      const { symbol, ...rest } = read(schemas.candles, params);
      const answer = await ask({ type: 'candleSnapshot', req: { coin: known(symbol), ...rest } });
      return rows<Candle>(answer.body);
    },
    async recentTrades(params) {
      const { symbol } = read(schemas.symbol, params);
      return feed.recentTrades(known(symbol));
    },
    async l2Book(params) {
      const { symbol, nSigFigs = null, mantissa = null } = read(schemas.l2Book, params);
      if (!feed.isKnown(symbol)) return null;
      const streamed = nSigFigs === null ? feed.book(symbol) : undefined;
      return streamed ?? bookOf((await ask({ type: 'l2Book', coin: symbol, nSigFigs, mantissa })).body);
    },
    async fundingHistory(params) {
      const { symbol, ...rest } = read(schemas.fundingHistory, params);
      const answer = await ask({ type: 'fundingHistory', coin: known(symbol), ...rest });
      return rows<FundingHistoryRow>(answer.body);
    },
    async watchCandles(params) {
      const { symbol, interval } = read(schemas.watchCandles, params);
      watch(known(symbol), interval);
      return null;
    },
    async relayInfo(params) {
      const parsed = parseInfoRequest(read(schemas.relayInfo, params).request);
      if (!parsed.ok) return { status: parsed.status, body: null };
      if (!MARKET_TYPES.has(parsed.request.type)) throw new RelayError('BadRequest', 'not a question about the market');
      return ask(parsed.request);
    },
  };

  function watch(symbol: string, interval: CandleInterval): void {
    const key = `${symbol}:${interval}`;
    const expiresAt = clock.monotonic() + CANDLE_WATCH_MS;
    const running = watches.get(key);
    if (running !== undefined) {
      running.expiresAt = expiresAt;
      return;
    }
    if (watches.size >= WATCHES_MAX) throw new RelayError('Overloaded', 'too many candle streams');
    options.watchCandles(symbol, interval);
    watches.set(key, { end: () => options.unwatchCandles(symbol, interval), expiresAt });
  }

  function expireWatches(): void {
    const now = clock.monotonic();
    for (const [key, { end, expiresAt }] of watches) {
      if (expiresAt > now) continue;
      watches.delete(key);
      end();
    }
  }

  return { methods, expireWatches };
}

/** One question in flight per request; the answer stands for a while. Failures are not kept. */
function createCachedAsk({ clock, info }: RelayOptions): (request: InfoRequest) => Promise<RelayedAnswer> {
  const answers = new Map<string, { readonly at: number; readonly answer: Promise<RelayedAnswer> }>();
  return (request) => {
    const key = JSON.stringify(request);
    const now = clock.monotonic();
    const kept = answers.get(key);
    if (kept !== undefined && now - kept.at < (FRESH_MS[request.type] ?? FRESH_MS_USUAL)) return kept.answer;
    const answer = relay(info, request);
    answers.delete(key);
    answers.set(key, { at: now, answer });
    answer.catch(() => answers.delete(key));
    const oldest = answers.size > CACHE_MAX ? answers.keys().next().value : undefined;
    if (oldest !== undefined) answers.delete(oldest);
    return answer;
  };
}

/** What the venue refuses is its answer, too; only silence and spent weight are errors. */
async function relay(info: InfoClient, request: InfoRequest): Promise<RelayedAnswer> {
  try {
    return { status: 200, body: await info.ask(request, { priority: 'relay' }) };
  } catch (cause) {
    const isAnswer = cause instanceof VenueInfoError && cause.status !== undefined && cause.status !== 429;
    if (isAnswer && cause.status !== undefined) return { status: cause.status, body: null };
    throw cause;
  }
}

const rows = <Row>(body: unknown): readonly Row[] => (Array.isArray(body) ? (body as readonly Row[]) : []);

const bookOf = (body: unknown): L2Book | null =>
  typeof body === 'object' && body !== null && 'levels' in body ? (body as L2Book) : null;
