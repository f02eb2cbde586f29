/** What market-data last told us, in the shapes the HL-compatible door answers with. */
import type {
  BboFrame,
  BookFrame,
  CandleFrame,
  ContextFrame,
  FeedFrame,
  TradesFrame,
  UniverseFrame,
} from '@perps/contracts/feed';
import type { AssetCtx, Candle, Meta, Trade } from '@perps/contracts/hyperliquid';
import type { Instrument, MarketView } from '@perps/domain/market';
import { formatDecimal, PRICE_AND_SIZE_DECIMALS } from '@perps/domain/money';
import { createMarketBoard, type FeedHealth } from '@perps/runtime/markets';
import type { Clock } from '@perps/runtime/ports';

/** Trades kept per symbol: what a new subscriber and `recentTrades` get. */
const TRADES_MAX = 30;
/** Forming candles kept per process; intervals × symbols in practice. */
const CANDLES_MAX = 10_000;

export interface MarketCache {
  apply(frame: FeedFrame): void;
  /** Called after each frame is applied. */
  onFrame(listener: (frame: FeedFrame) => void): void;
  meta(): Meta | undefined;
  instrument(symbol: string): Instrument | undefined;
  instrumentById(assetId: number): Instrument | undefined;
  /** undefined for unknown or delisted symbols and before the first accepted prices. */
  view(symbol: string): MarketView | undefined;
  context(symbol: string): AssetCtx | undefined;
  /** By position in the universe; markets without a context get the nulls of a delisted one. */
  contexts(): readonly AssetCtx[];
  bbo(symbol: string): BboFrame | undefined;
  book(symbol: string): BookFrame | undefined;
  trades(symbol: string): readonly Trade[];
  candle(symbol: string, interval: string): Candle | undefined;
  mids(): Readonly<Record<string, string>>;
  health(): FeedHealth;
}

const ABSENT_CONTEXT: AssetCtx = {
  funding: '0.0',
  openInterest: '0.0',
  prevDayPx: '0.0',
  dayNtlVlm: '0.0',
  premium: null,
  oraclePx: '0.0',
  markPx: '0.0',
  midPx: null,
  impactPxs: null,
  dayBaseVlm: '0.0',
};

interface Pictures {
  universe: UniverseFrame | undefined;
  readonly contexts: Map<string, ContextFrame>;
  readonly bbos: Map<string, BboFrame>;
  readonly books: Map<string, BookFrame>;
  readonly trades: Map<string, readonly Trade[]>;
  readonly candles: Map<string, Candle>;
}

/** The newest picture of every market; each frame replaces what it tells of. */
export function createMarketCache({ clock }: { readonly clock: Clock }): MarketCache {
  const board = createMarketBoard({ clock });
  const pictures: Pictures = {
    universe: undefined,
    contexts: new Map(),
    bbos: new Map(),
    books: new Map(),
    trades: new Map(),
    candles: new Map(),
  };
  const listeners: ((frame: FeedFrame) => void)[] = [];
  return {
    apply(frame) {
      board.ingest(frame);
      remember(pictures, frame);
      for (const listener of listeners) listener(frame);
    },
    onFrame: (listener) => void listeners.push(listener),
    meta: () => pictures.universe?.meta,
    instrument: (symbol) => board.instrument(symbol),
    instrumentById: (assetId) => board.byAssetId(assetId),
    view: (symbol) => board.view(symbol, clock.now()),
    context: (symbol) => pictures.contexts.get(symbol)?.raw,
    contexts: () =>
      (pictures.universe?.meta.universe ?? []).map(({ name }) => pictures.contexts.get(name)?.raw ?? ABSENT_CONTEXT),
    bbo: (symbol) => pictures.bbos.get(symbol),
    book: (symbol) => pictures.books.get(symbol),
    trades: (symbol) => pictures.trades.get(symbol) ?? [],
    candle: (symbol, interval) => pictures.candles.get(candleKey(symbol, interval)),
    mids: () => midsOf(pictures),
    health: () => board.health(clock.now()),
  };
}

function remember(pictures: Pictures, frame: FeedFrame): void {
  switch (frame.type) {
    case 'universe':
      pictures.universe = frame;
      return;
    case 'context':
      pictures.contexts.set(frame.symbol, frame);
      return;
    case 'bbo':
      pictures.bbos.set(frame.symbol, frame);
      return;
    case 'book':
      pictures.books.set(frame.symbol, frame);
      return;
    case 'trades':
      rememberTrades(pictures, frame);
      return;
    case 'candle':
      rememberCandle(pictures, frame);
      return;
    case 'health':
  }
}

function rememberTrades(pictures: Pictures, frame: TradesFrame): void {
  const known = pictures.trades.get(frame.symbol) ?? [];
  pictures.trades.set(frame.symbol, [...known, ...frame.trades].slice(-TRADES_MAX));
}

function rememberCandle(pictures: Pictures, frame: CandleFrame): void {
  const key = candleKey(frame.symbol, frame.interval);
  if (pictures.candles.size >= CANDLES_MAX && !pictures.candles.has(key)) pictures.candles.clear();
  pictures.candles.set(key, frame.candle);
}

const candleKey = (symbol: string, interval: string): string => `${symbol}:${interval}`;

function midsOf(pictures: Pictures): Record<string, string> {
  const mids: Record<string, string> = {};
  for (const instrument of pictures.universe?.instruments ?? []) {
    const mid = midOf(pictures, instrument);
    if (mid !== undefined) mids[instrument.symbol] = mid;
  }
  return mids;
}

/** Between best bid and ask; where a side is empty, the venue's own mid. One decimal more than a price may have. */
function midOf(pictures: Pictures, instrument: Instrument): string | undefined {
  const bbo = pictures.bbos.get(instrument.symbol)?.bbo;
  if (bbo?.bid !== undefined && bbo.ask !== undefined) {
    const decimals = PRICE_AND_SIZE_DECIMALS - instrument.szDecimals + 1;
    return formatDecimal((bbo.bid.price + bbo.ask.price) * 5n, decimals);
  }
  return pictures.contexts.get(instrument.symbol)?.raw.midPx ?? undefined;
}
