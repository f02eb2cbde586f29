/** Commands as they travel by SQS: JSON, amounts and policies as decimal strings of their integer units. */
import { type FundingRate, HOUR_MS } from '@perps/domain/funding';
import { price, rate, size, usd, type Usd } from '@perps/domain/money';
import type { LiquidationPolicy, RoutingPolicy, SymbolPolicy } from '@perps/domain/routing';
import { z } from 'zod';
import type { EngineCommand } from './commands.ts';

const id = z.string().min(1).max(200);
const address = z.string().regex(/^0x[0-9a-f]{40}$/);
/** 10⁻⁶ USD as an integer string, at most 18 digits. */
const amount = z
  .string()
  .regex(/^-?\d{1,18}$/)
  .transform((text): Usd => usd(BigInt(text)));
const mode = z.enum(['HL_MODE', 'NORMAL_MODE', 'BETTING_MODE']);
const tradingState = z.enum(['ACTIVE', 'REDUCING', 'HALTED']);
const count = z.number().int().nonnegative();
const operations = z.array(z.enum(['open', 'close', 'trigger', 'funding', 'liquidation', 'withdrawal'])).max(6);
const holds = z.array(z.string().max(100)).max(100);

/** Without `venueOpensStopped`: `StopVenueOpens` alone says that, and a policy that does is refused instead of ignored. */
const symbolPolicy = z.strictObject({
  isInternalised: z.boolean(),
  mode: mode.optional(),
  normalThreshold: amount.optional(),
  bettingThreshold: amount.optional(),
  netExposureLimit: amount.optional(),
  tradingState: tradingState.optional(),
  holds: holds.optional(),
  pauses: operations.optional(),
});

const routingPolicy = z.strictObject({
  version: count,
  mode,
  isBettingEnabled: z.boolean(),
  normalThreshold: amount,
  bettingThreshold: amount,
  netExposureLimit: amount,
  totalExposureLimit: amount,
  userInternalCapMultiple: count,
  splitWindowMs: count,
  latencyMsMax: count,
  quoteAgeMsMax: count,
  slippageCapTenthsBps: count,
  tradingState,
  symbols: z.record(z.string().max(30), symbolPolicy),
  holds,
  pauses: operations.optional(),
  liquidation: z
    .strictObject({
      remainder: z.enum(['FORFEIT', 'RETURN']),
      sliceAbove: amount.optional(),
      firstSlicePercent: z.number().int().min(1).max(100),
      sliceDelayMs: count,
    })
    .optional(),
  feeSurcharge: count.optional(),
  isTwapEnabled: z.boolean().optional(),
  venueSlicing: z
    .strictObject({ above: amount, slices: z.number().int().min(2).max(50), intervalMs: count })
    .optional(),
});

const base = { commandId: id, receivedAt: count };
const symbol = z.string().min(1).max(30);
const hourOfShard = { shard: count, hour: count.multipleOf(HOUR_MS) };
const integer = z
  .string()
  .regex(/^-?\d{1,30}$/)
  .transform((text): bigint => BigInt(text));
const positive = integer.refine((value) => value > 0n);
const fundingRate = z.strictObject({
  symbol,
  rate: integer.transform(rate),
  oraclePrice: positive.transform(price).optional(),
  payment: z.strictObject({ amount, size: integer.transform(size) }).optional(),
});

const queuedCommand = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('OpenAccount'), ...base, accountId: id, owner: address }),
  z.strictObject({
    type: z.literal('CreditDeposit'),
    ...base,
    accountId: id,
    depositId: id,
    chain: z.string().min(1).max(40),
    amount,
  }),
  z.strictObject({ type: z.literal('ResumeLiquidation'), ...base, accountId: id, scope: id }),
  z.strictObject({
    type: z.literal('SetTradingState'),
    ...base,
    accountId: id,
    tradingState,
    cause: z.string().max(200),
  }),
  z.strictObject({ type: z.literal('SetRoutingPolicy'), ...base, shard: count, policy: routingPolicy }),
  z.strictObject({ type: z.literal('CloseFundingHour'), ...base, ...hourOfShard }),
  z.strictObject({
    type: z.literal('SettleFundingHour'),
    ...base,
    ...hourOfShard,
    rates: z.array(fundingRate).max(1_000),
    source: z.string().max(40),
  }),
  z.strictObject({
    type: z.literal('StartFundingPosting'),
    ...base,
    ...hourOfShard,
    routes: z
      .array(z.enum(['INTERNAL', 'HYPERLIQUID']))
      .min(1)
      .max(2),
  }),
  z.strictObject({ type: z.literal('CoverDeviation'), ...base, shard: count, symbol, id, amount }),
  z.strictObject({
    type: z.literal('StopVenueOpens'),
    ...base,
    shard: count,
    symbol,
    cause: z.string().min(1).max(100),
    isStopped: z.boolean(),
    decidedAt: count,
  }),
]);

/** Commands that may come by queue. */
export type QueuedEngineCommand = Extract<
  EngineCommand,
  {
    type:
      | 'OpenAccount'
      | 'CreditDeposit'
      | 'SetTradingState'
      | 'ResumeLiquidation'
      | 'SetRoutingPolicy'
      | 'CloseFundingHour'
      | 'SettleFundingHour'
      | 'StartFundingPosting'
      | 'CoverDeviation'
      | 'StopVenueOpens';
  }
>;

/** The body of a queue message. */
export function encodeQueuedCommand(command: QueuedEngineCommand): string {
  return JSON.stringify(command, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

/** The command in a message body; a text says what is wrong with it. */
export function parseQueuedCommand(
  body: string,
): { readonly ok: true; readonly command: QueuedEngineCommand } | { readonly ok: false; readonly problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { ok: false, problem: 'not JSON' };
  }
  const parsed = queuedCommand.safeParse(json);
  if (!parsed.success) return { ok: false, problem: z.prettifyError(parsed.error) };
  const { data } = parsed;
  if (data.type === 'SettleFundingHour') return { ok: true, command: { ...data, rates: data.rates.map(rateOf) } };
  if (data.type !== 'SetRoutingPolicy') return { ok: true, command: data };
  return { ok: true, command: { ...data, policy: withoutAbsent(data.policy) } };
}

function rateOf({ oraclePrice, payment, ...known }: z.infer<typeof fundingRate>): FundingRate {
  return {
    ...known,
    ...(oraclePrice === undefined ? {} : { oraclePrice }),
    ...(payment === undefined ? {} : { payment }),
  };
}

/** An optional key that is absent is absent, not `undefined` (exact optional types, and no noise in the journal). */
function withoutAbsent(policy: z.infer<typeof routingPolicy>): RoutingPolicy {
  const symbols: Record<string, SymbolPolicy> = {};
  for (const [symbol, entry] of Object.entries(policy.symbols)) {
    symbols[symbol] = Object.fromEntries(
      Object.entries(entry).filter(([, value]) => value !== undefined),
    ) as unknown as SymbolPolicy;
  }
  const { pauses, liquidation, feeSurcharge, isTwapEnabled, venueSlicing, ...known } = policy;
  return {
    ...known,
    symbols,
    ...(pauses === undefined ? {} : { pauses }),
    ...(liquidation === undefined ? {} : { liquidation: liquidationOf(liquidation) }),
    ...(feeSurcharge === undefined ? {} : { feeSurcharge }),
    ...(isTwapEnabled === undefined ? {} : { isTwapEnabled }),
    ...(venueSlicing === undefined ? {} : { venueSlicing }),
  };
}

function liquidationOf({
  sliceAbove,
  ...known
}: NonNullable<z.infer<typeof routingPolicy>['liquidation']>): LiquidationPolicy {
  return { ...known, ...(sliceAbove === undefined ? {} : { sliceAbove }) };
}
