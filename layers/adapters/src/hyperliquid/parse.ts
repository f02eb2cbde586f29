/**
 * The venue's market payloads → domain units. Strict about the fields that are used, silent about the others; what does
 * not fit is `undefined`: the caller counts it and goes on.
 */
import type { AssetCtx, Candle, L2Book, Meta, Trade } from '@perps/contracts/hyperliquid';
import type { Bbo, BookLevel, Instrument, MarginTier } from '@perps/domain/market';
import {
  parseFeedPrice,
  parseRate,
  PRICE_AND_SIZE_DECIMALS,
  type Price,
  type Rate,
  size,
  usd,
  USD_DECIMALS,
  parseDecimalTruncated,
} from '@perps/domain/money';
import { z } from 'zod';

const decimal = z.string().max(40);
const time = z.number().int().nonnegative();
/** The live venue omits flags that are false; recordings also show null. */
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value === true);

const universeEntry = z.looseObject({
  name: z.string().min(1).max(32),
  szDecimals: z.number().int().min(0).max(PRICE_AND_SIZE_DECIMALS),
  maxLeverage: z.number().int().min(1).max(1_000),
  marginTableId: z.number().int().nonnegative().optional(),
  isDelisted: flag,
  onlyIsolated: flag,
  marginMode: z.string().nullish(),
});
const marginTable = z.looseObject({
  marginTiers: z.array(z.looseObject({ lowerBound: decimal, maxLeverage: z.number().int().positive() })).min(1),
});
const metaSchema = z.looseObject({
  universe: z.array(universeEntry),
  marginTables: z.array(z.tuple([z.number().int(), marginTable])).default([]),
});
const assetCtx = z.looseObject({
  funding: decimal,
  openInterest: decimal,
  prevDayPx: decimal,
  dayNtlVlm: decimal,
  premium: decimal.nullish(),
  oraclePx: decimal,
  markPx: decimal,
  midPx: decimal.nullish(),
  impactPxs: z.array(decimal).nullish(),
  dayBaseVlm: decimal,
});
const level = z.object({ px: decimal, sz: decimal, n: z.number().int().nonnegative() });
const bboSchema = z.object({ coin: z.string(), time, bbo: z.tuple([level.nullable(), level.nullable()]) });
const bookSchema = z.object({ coin: z.string(), time, levels: z.tuple([z.array(level), z.array(level)]) });
const trade = z.looseObject({
  coin: z.string(),
  side: z.enum(['B', 'A']),
  px: decimal,
  sz: decimal,
  hash: z.string(),
  time,
  tid: z.number(),
  users: z.tuple([z.string(), z.string()]),
});
const candle = z.looseObject({
  t: time,
  T: time,
  s: z.string(),
  i: z.string(),
  o: decimal,
  c: decimal,
  h: decimal,
  l: decimal,
  v: decimal,
  n: z.number().int().nonnegative(),
});

export type InstrumentOf = (symbol: string) => Instrument | undefined;

export interface ParsedUniverse {
  readonly instruments: readonly Instrument[];
  readonly meta: Meta;
}

export interface ParsedContext {
  readonly symbol: string;
  /** undefined where the text is no positive number; the sanity rule refuses it. */
  readonly markPrice: Price | undefined;
  readonly oraclePrice: Price | undefined;
  readonly fundingRate: Rate;
  readonly raw: AssetCtx;
}

export interface ParsedBbo {
  readonly symbol: string;
  readonly bbo: Bbo;
  readonly venueTime: number;
}

export interface ParsedBook {
  readonly symbol: string;
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
  readonly venueTime: number;
  readonly raw: L2Book;
}

/** Answer of `meta` → instruments in universe order (delisted ones keep their index). */
export function parseUniverse(body: unknown): ParsedUniverse | undefined {
  const parsed = metaSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const tables = new Map(parsed.data.marginTables.map(([id, table]) => [id, tiersOf(table)]));
  const instruments: Instrument[] = [];
  for (const [assetId, entry] of parsed.data.universe.entries()) {
    const marginTableId = entry.marginTableId ?? entry.maxLeverage;
    const marginTiers = tables.get(marginTableId) ?? [{ lowerBound: usd(0n), maxLeverage: entry.maxLeverage }];
    if (!areTiersSound(marginTiers)) return undefined;
    instruments.push({
      symbol: entry.name,
      assetId,
      szDecimals: entry.szDecimals,
      maxLeverage: entry.maxLeverage,
      marginTableId,
      marginTiers,
      isDelisted: entry.isDelisted,
      onlyIsolated: entry.onlyIsolated || entry.marginMode === 'strictIsolated' || entry.marginMode === 'noCross',
    });
  }
  return { instruments, meta: wireMeta(body) };
}

/** The body itself, for the door that shows it unchanged; the caller has checked the fields we use. */
const wireMeta = (body: unknown): Meta => body as Meta;

function tiersOf(table: z.infer<typeof marginTable>): readonly MarginTier[] {
  return table.marginTiers.map(({ lowerBound, maxLeverage }) => ({
    lowerBound: usd(parseDecimalTruncated(lowerBound, USD_DECIMALS) ?? -1n),
    maxLeverage,
  }));
}

/** The first bound is zero and bounds ascend; anything else would put positions into the wrong tier. */
function areTiersSound(tiers: readonly MarginTier[]): boolean {
  return tiers.every((tier, index) => {
    const before = tiers[index - 1];
    return before === undefined ? tier.lowerBound === 0n : tier.lowerBound > before.lowerBound;
  });
}

/** Answer of `metaAndAssetCtxs`: contexts belong to the universe by position; bad ones are left out. */
export function parseMetaAndContexts(
  body: unknown,
): { readonly universe: ParsedUniverse; readonly contexts: readonly ParsedContext[] } | undefined {
  if (!Array.isArray(body) || !Array.isArray(body[1])) return undefined;
  const universe = parseUniverse(body[0]);
  if (universe === undefined) return undefined;
  return { universe, contexts: parsePositionalContexts(universe.instruments, body[1]) };
}

/** n-th context ↔ n-th instrument. */
export function parsePositionalContexts(
  instruments: readonly Instrument[],
  contexts: readonly unknown[],
): readonly ParsedContext[] {
  return instruments.flatMap((instrument, index) => {
    const context = instrument.isDelisted ? undefined : contextOf(instrument, contexts[index]);
    return context === undefined ? [] : [context];
  });
}

/** Data of channel `activeAssetCtx`. */
export function parseContext(data: unknown, instrumentOf: InstrumentOf): ParsedContext | undefined {
  const parsed = z.object({ coin: z.string(), ctx: z.unknown() }).safeParse(data);
  const instrument = parsed.success ? instrumentOf(parsed.data.coin) : undefined;
  return instrument === undefined || !parsed.success ? undefined : contextOf(instrument, parsed.data.ctx);
}

function contextOf(instrument: Instrument, ctx: unknown): ParsedContext | undefined {
  const parsed = assetCtx.safeParse(ctx);
  if (!parsed.success) return undefined;
  const fundingRate = parseRate(parsed.data.funding);
  if (fundingRate === undefined) return undefined;
  const { premium, midPx, impactPxs, ...rest } = parsed.data;
  return {
    symbol: instrument.symbol,
    markPrice: positivePrice(parsed.data.markPx, instrument),
    oraclePrice: positivePrice(parsed.data.oraclePx, instrument),
    fundingRate,
    raw: { ...rest, premium: premium ?? null, midPx: midPx ?? null, impactPxs: impactPxs ?? null },
  };
}

function positivePrice(text: string, { szDecimals }: Instrument): Price | undefined {
  const price = parseFeedPrice(text, szDecimals);
  return price !== undefined && price > 0n ? price : undefined;
}

/** Data of channel `bbo`; a crossed one is not a market. */
export function parseBbo(data: unknown, instrumentOf: InstrumentOf): ParsedBbo | undefined {
  const parsed = bboSchema.safeParse(data);
  const instrument = parsed.success ? instrumentOf(parsed.data.coin) : undefined;
  if (!parsed.success || instrument === undefined) return undefined;
  const [wireBid, wireAsk] = parsed.data.bbo;
  const bid = wireBid === null ? undefined : levelOf(wireBid, instrument);
  const ask = wireAsk === null ? undefined : levelOf(wireAsk, instrument);
  const isBroken = (wireBid !== null && bid === undefined) || (wireAsk !== null && ask === undefined);
  if (isBroken || isCrossed(bid, ask)) return undefined;
  return { symbol: instrument.symbol, bbo: { bid, ask }, venueTime: parsed.data.time };
}

/** Data of channel `l2Book`, or the answer of the request of that name. */
export function parseBook(data: unknown, instrumentOf: InstrumentOf): ParsedBook | undefined {
  const parsed = bookSchema.safeParse(data);
  const instrument = parsed.success ? instrumentOf(parsed.data.coin) : undefined;
  if (!parsed.success || instrument === undefined) return undefined;
  const bids = sideOf(parsed.data.levels[0], instrument, (better, worse) => better > worse);
  const asks = sideOf(parsed.data.levels[1], instrument, (better, worse) => better < worse);
  if (bids === undefined || asks === undefined || isCrossed(bids[0], asks[0])) return undefined;
  return { symbol: instrument.symbol, bids, asks, venueTime: parsed.data.time, raw: parsed.data };
}

const isCrossed = (bid: BookLevel | undefined, ask: BookLevel | undefined): boolean =>
  bid !== undefined && ask !== undefined && bid.price >= ask.price;

/** Best first and strictly ordered, or undefined. */
function sideOf(
  levels: readonly z.infer<typeof level>[],
  instrument: Instrument,
  isBetter: (better: Price, worse: Price) => boolean,
): readonly BookLevel[] | undefined {
  const side: BookLevel[] = [];
  for (const wire of levels) {
    const parsed = levelOf(wire, instrument);
    const before = side.at(-1);
    if (parsed === undefined || (before !== undefined && !isBetter(before.price, parsed.price))) return undefined;
    side.push(parsed);
  }
  return side;
}

function levelOf(wire: z.infer<typeof level>, instrument: Instrument): BookLevel | undefined {
  const price = positivePrice(wire.px, instrument);
  // A level is a sum and may carry the noise of doubles; cut, it never promises more than there is.
  const lots = parseDecimalTruncated(wire.sz, instrument.szDecimals);
  return price === undefined || lots === undefined || lots <= 0n ? undefined : { price, size: size(lots) };
}

/** Data of channel `trades`, in the venue's shape (only the doors read trades). */
export function parseTrades(data: unknown): readonly Trade[] | undefined {
  const parsed = z.array(trade).safeParse(data);
  return parsed.success ? parsed.data : undefined;
}

/** Data of channel `candle`, in the venue's shape. */
export function parseCandle(data: unknown): Candle | undefined {
  const parsed = candle.safeParse(data);
  return parsed.success ? parsed.data : undefined;
}
