/** Requests of `/info`, by type. Surplus fields are tolerated, unknown types are the venue's 422. */
import { z } from 'zod';
import { type HttpFailure, unprocessable } from './http.ts';
import { addressText, coinText, dexText, orderIdOrCloid, uint } from './primitives.ts';

// prettier-ignore
export const candleIntervals = [
  '1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '8h', '12h', '1d', '3d', '1w', '1M',
] as const;
export type CandleInterval = (typeof candleIntervals)[number];

/** Without `dex` a request is about the default dex. */
const dex = dexText.nullish();
const user = addressText;
const endTime = uint.nullish();
const aggregateByTime = z.boolean().nullish();
const bare = <T extends string>(type: T) => z.object({ type: z.literal(type) });
const ofDex = <T extends string>(type: T) => z.object({ type: z.literal(type), dex });
const ofUser = <T extends string>(type: T) => z.object({ type: z.literal(type), user });
const ofUserDex = <T extends string>(type: T) => z.object({ type: z.literal(type), user, dex });
const ofCoin = <T extends string>(type: T) => z.object({ type: z.literal(type), coin: coinText });

const infoRequest = z.discriminatedUnion('type', [
  ofDex('meta'),
  ofDex('metaAndAssetCtxs'),
  ofDex('allMids'),
  bare('allPerpMetas'),
  bare('perpDexs'),
  ofDex('perpsAtOpenInterestCap'),
  bare('predictedFundings'),
  bare('spotMeta'),
  bare('outcomeMeta'),
  bare('spotMetaAndAssetCtxs'),
  bare('exchangeStatus'),
  z.object({ type: z.literal('marginTable'), id: uint, dex }),

  z.object({ ...ofCoin('l2Book').shape, nSigFigs: uint.nullish(), mantissa: uint.nullish() }),
  ofCoin('recentTrades'),
  z.object({
    type: z.literal('candleSnapshot'),
    req: z.object({ coin: coinText, interval: z.enum(candleIntervals), startTime: uint, endTime }),
  }),
  z.object({ ...ofCoin('fundingHistory').shape, startTime: uint, endTime }),

  ofUserDex('clearinghouseState'),
  ofUser('spotClearinghouseState'),
  ofUserDex('openOrders'),
  ofUserDex('frontendOpenOrders'),
  z.object({ ...ofUser('orderStatus').shape, oid: orderIdOrCloid }),
  ofUser('historicalOrders'),
  z.object({ ...ofUser('userFills').shape, aggregateByTime }),
  z.object({
    ...ofUser('userFillsByTime').shape,
    startTime: uint,
    endTime,
    aggregateByTime,
    reversed: z.boolean().nullish(),
  }),
  ofUser('userTwapSliceFills'),
  z.object({ ...ofUser('userTwapSliceFillsByTime').shape, startTime: uint, endTime, aggregateByTime }),
  ofUser('twapHistory'),
  z.object({ ...ofUser('userFunding').shape, startTime: uint.nullish(), endTime }),
  z.object({ ...ofUser('userNonFundingLedgerUpdates').shape, startTime: uint.nullish(), endTime }),
  ofUser('userRateLimit'),
  ofUser('userFees'),
  z.object({ ...ofUser('activeAssetData').shape, coin: coinText }),
  ofUser('extraAgents'),
  z.object({ ...ofUser('maxBuilderFee').shape, builder: addressText }),
  ofUser('approvedBuilders'),
  ofUser('userRole'),
  ofUser('subAccounts'),
  ofUser('userAbstraction'),
  ofUser('userDexAbstraction'),
  ofUser('userVaultEquities'),
  ofUser('portfolio'),
  ofUser('referral'),
  ofUser('delegatorSummary'),
  ofUser('isVip'),
  ofUser('legalCheck'),
  ofUserDex('webData2'),
]);

export type InfoRequest = z.infer<typeof infoRequest>;
export type InfoRequestType = InfoRequest['type'];
export type InfoRequestOf<T extends InfoRequestType> = Extract<InfoRequest, { type: T }>;

/** Reads a body of `/info`; addresses become lower case with `0x`. Anything malformed or unknown is the venue's 422. */
export function parseInfoRequest(body: unknown): { readonly ok: true; readonly request: InfoRequest } | HttpFailure {
  const parsed = infoRequest.safeParse(body);
  return parsed.success ? { ok: true, request: parsed.data } : unprocessable();
}

/** Whether the venue can show a book so coarsened: two to five figures, a mantissa of two or five only with five. */
export function isSupportedAggregation(aggregation: {
  readonly nSigFigs?: number | null | undefined;
  readonly mantissa?: number | null | undefined;
}): boolean {
  const figures = aggregation.nSigFigs ?? null;
  const mantissa = aggregation.mantissa ?? null;
  if (mantissa !== null) return figures === 5 && (mantissa === 2 || mantissa === 5);
  return figures === null || (figures >= 2 && figures <= 5);
}
