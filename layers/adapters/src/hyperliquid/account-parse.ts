/** The venue's payloads about our account → domain units. `undefined` = not a shape we know; nothing is guessed. */
import { orderStatuses, type WireOrderStatus } from '@perps/contracts/hyperliquid';
import type { Side, VenueFill } from '@perps/domain/account';
import {
  divide,
  parseDecimalTruncated,
  parseFeedPrice,
  parsePrice,
  parseSize,
  type Price,
  size,
  type Size,
  usd,
  type Usd,
  USD_DECIMALS,
} from '@perps/domain/money';
import { z } from 'zod';

/** undefined for symbols we do not know: then nothing of them can be read. */
export type SzDecimalsOf = (symbol: string) => number | undefined;

export interface AccountFill {
  /** Orders of ours always have one. */
  readonly venueCloid: string | undefined;
  readonly symbol: string;
  readonly side: Side;
  /** Signed position of the account before it. */
  readonly startSize: Size;
  readonly fill: VenueFill;
}

export type VenueOrderStatus = 'open' | 'filled' | 'canceled' | 'rejected';

export interface VenueOrderUpdate {
  readonly venueCloid: string | undefined;
  readonly venueOrderId: number;
  readonly symbol: string;
  readonly status: VenueOrderStatus;
  /** The venue's own word, e.g. `selfTradeCanceled`. */
  readonly cause: WireOrderStatus;
  /** By the venue's count. */
  readonly executedSize: Size;
  readonly at: number;
}

export interface VenueOpenOrder {
  readonly venueCloid: string | undefined;
  readonly venueOrderId: number;
  readonly symbol: string;
  readonly side: Side;
  readonly limitPrice: Price;
  readonly originalSize: Size;
  readonly remainingSize: Size;
  readonly placedAt: number;
}

export interface VenueAccountState {
  /** Signed, by symbol; flat ones are absent. */
  readonly positions: Readonly<Record<string, Size>>;
  readonly equity: Usd;
  readonly maintenanceMargin: Usd;
  readonly withdrawable: Usd;
  /** Venue time, ms. */
  readonly time: number;
}

const decimal = z.string().max(40);
const time = z.number().int().nonnegative();
const oid = z.number().int().nonnegative();
const side = z.enum(['B', 'A']);
const fillSchema = z.object({
  coin: z.string(),
  px: decimal,
  sz: decimal,
  side,
  time,
  startPosition: decimal,
  hash: z.string(),
  oid,
  crossed: z.boolean(),
  fee: decimal,
  tid: z.number().int(),
  cloid: z.string().nullish(),
});
const orderFields = {
  coin: z.string(),
  side,
  limitPx: decimal,
  sz: decimal,
  oid,
  timestamp: time,
  origSz: decimal,
  cloid: z.string().nullish(),
};
const historicalOrder = z.object({
  order: z.object(orderFields),
  status: z.enum(orderStatuses),
  statusTimestamp: time,
});
const orderStatusAnswer = z.union([
  z.object({ status: z.literal('order'), order: historicalOrder }),
  z.object({ status: z.literal('unknownOid') }),
]);
const stateSchema = z.object({
  marginSummary: z.object({ accountValue: decimal }),
  crossMaintenanceMarginUsed: decimal,
  withdrawable: decimal,
  assetPositions: z.array(z.object({ position: z.object({ coin: z.string(), szi: decimal }) })),
  time,
});

/** More than the noise of a double, less than half a lot. */
const NOISE_DECIMALS = 6;

/** A size the venue summed in doubles: recorded positions read `4050254.1000000001`. The nearest lot is meant. */
function parseSum(text: string, szDecimals: number): Size | undefined {
  const fine = parseDecimalTruncated(text, szDecimals + NOISE_DECIMALS);
  return fine === undefined ? undefined : size(divide(fine, 10n ** BigInt(NOISE_DECIMALS), 'halfUp'));
}

const sideOf = (wire: 'B' | 'A'): Side => (wire === 'B' ? 'buy' : 'sell');
/** Builder-deployed perps and spot pairs share the account's streams and are not ours. */
const isOurMarket = (coin: string): boolean => !/[:@/]/.test(coin);

/** Fills of perps; undefined where one of them cannot be read, so that no fill is ever skipped. */
export function parseFills(rows: unknown, szDecimalsOf: SzDecimalsOf): readonly AccountFill[] | undefined {
  const parsed = z.array(fillSchema).safeParse(rows);
  if (!parsed.success) return undefined;
  const fills = parsed.data.filter(({ coin }) => isOurMarket(coin)).map((row) => fillOf(row, szDecimalsOf(row.coin)));
  return fills.every((fill) => fill !== undefined) ? fills : undefined;
}

function fillOf(row: z.infer<typeof fillSchema>, szDecimals: number | undefined): AccountFill | undefined {
  if (szDecimals === undefined) return undefined;
  const price = parsePrice(row.px, szDecimals);
  const filled = parseSize(row.sz, szDecimals);
  const startSize = parseSum(row.startPosition, szDecimals);
  const fee = parseDecimalTruncated(row.fee, USD_DECIMALS);
  if (price === undefined || filled === undefined || startSize === undefined || fee === undefined) return undefined;
  return {
    venueCloid: row.cloid ?? undefined,
    symbol: row.coin,
    side: sideOf(row.side),
    startSize,
    fill: {
      tid: row.tid,
      venueOrderId: row.oid,
      price,
      size: filled,
      fee: usd(fee),
      liquidity: row.crossed ? 'taker' : 'maker',
      time: row.time,
      hash: row.hash,
    },
  };
}

/** `triggered` trigger orders live on as plain ones; rejections never reached the book. */
export function statusOf(cause: WireOrderStatus): VenueOrderStatus {
  if (cause === 'open' || cause === 'triggered') return 'open';
  if (cause === 'filled') return 'filled';
  return cause === 'rejected' || cause.endsWith('Rejected') ? 'rejected' : 'canceled';
}

/** Elements of `orderUpdates`; undefined where one cannot be read. */
export function parseOrderUpdates(data: unknown, szDecimalsOf: SzDecimalsOf): readonly VenueOrderUpdate[] | undefined {
  const parsed = z.array(historicalOrder).safeParse(data);
  if (!parsed.success) return undefined;
  const updates = parsed.data
    .filter(({ order }) => isOurMarket(order.coin))
    .map((row) => orderUpdateOf(row, szDecimalsOf));
  return updates.every((update) => update !== undefined) ? updates : undefined;
}

function orderUpdateOf(
  { order, status: cause, statusTimestamp }: z.infer<typeof historicalOrder>,
  szDecimalsOf: SzDecimalsOf,
): VenueOrderUpdate | undefined {
  const szDecimals = szDecimalsOf(order.coin);
  if (szDecimals === undefined) return undefined;
  const original = parseSize(order.origSz, szDecimals);
  const remaining = parseSum(order.sz, szDecimals);
  if (original === undefined || remaining === undefined || remaining > original) return undefined;
  const status = statusOf(cause);
  return {
    venueCloid: order.cloid ?? undefined,
    venueOrderId: order.oid,
    symbol: order.coin,
    status,
    cause,
    // What a rejection shows as remaining was never measured; that nothing of it executed is its meaning.
    executedSize: status === 'rejected' ? size(0n) : size(original - remaining),
    at: statusTimestamp,
  };
}

/** Answer of `orderStatus`: the order, `absent`, or undefined where it cannot be read. */
export function parseOrderStatus(body: unknown, szDecimalsOf: SzDecimalsOf): VenueOrderUpdate | 'absent' | undefined {
  const parsed = orderStatusAnswer.safeParse(body);
  if (!parsed.success) return undefined;
  return parsed.data.status === 'unknownOid' ? 'absent' : orderUpdateOf(parsed.data.order, szDecimalsOf);
}

/** Answer of `openOrders`; undefined where one of our markets cannot be read. */
export function parseOpenOrders(body: unknown, szDecimalsOf: SzDecimalsOf): readonly VenueOpenOrder[] | undefined {
  const parsed = z.array(z.object(orderFields)).safeParse(body);
  if (!parsed.success) return undefined;
  const orders = parsed.data.filter(({ coin }) => isOurMarket(coin)).map((row) => openOrderOf(row, szDecimalsOf));
  return orders.every((order) => order !== undefined) ? orders : undefined;
}

function openOrderOf(
  row: z.infer<z.ZodObject<typeof orderFields>>,
  szDecimalsOf: SzDecimalsOf,
): VenueOpenOrder | undefined {
  const szDecimals = szDecimalsOf(row.coin);
  if (szDecimals === undefined) return undefined;
  const limitPrice = parseFeedPrice(row.limitPx, szDecimals);
  const originalSize = parseSize(row.origSz, szDecimals);
  const remainingSize = parseSum(row.sz, szDecimals);
  if (limitPrice === undefined || originalSize === undefined || remainingSize === undefined) return undefined;
  return {
    venueCloid: row.cloid ?? undefined,
    venueOrderId: row.oid,
    symbol: row.coin,
    side: sideOf(row.side),
    limitPrice,
    originalSize,
    remainingSize,
    placedAt: row.timestamp,
  };
}

/** Answer of `clearinghouseState`; undefined where a position cannot be read. */
export function parseAccountState(body: unknown, szDecimalsOf: SzDecimalsOf): VenueAccountState | undefined {
  const parsed = stateSchema.safeParse(body);
  if (!parsed.success) return undefined;
  const positions: Record<string, Size> = {};
  for (const { position } of parsed.data.assetPositions) {
    const szDecimals = szDecimalsOf(position.coin);
    const signed = szDecimals === undefined ? undefined : parseSum(position.szi, szDecimals);
    if (signed === undefined) return undefined;
    if (signed !== 0n) positions[position.coin] = signed;
  }
  const [equity, maintenanceMargin, withdrawable] = [
    parsed.data.marginSummary.accountValue,
    parsed.data.crossMaintenanceMarginUsed,
    parsed.data.withdrawable,
  ].map((text) => parseDecimalTruncated(text, USD_DECIMALS));
  if (equity === undefined || maintenanceMargin === undefined || withdrawable === undefined) return undefined;
  return {
    positions,
    equity: usd(equity),
    maintenanceMargin: usd(maintenanceMargin),
    withdrawable: usd(withdrawable),
    time: parsed.data.time,
  };
}

/** Answer of `exchangeStatus`, ms. */
export function parseVenueTime(body: unknown): number | undefined {
  const parsed = z.object({ time }).safeParse(body);
  return parsed.success ? parsed.data.time : undefined;
}
