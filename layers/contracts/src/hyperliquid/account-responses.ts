/** Answers of `/info` about an account's money, rights and limits, and the bodies of `/exchange`. */
import type { ClearinghouseState, SpotClearinghouseState, UserFill, WireSide } from './responses.ts';

/** `usdc` is negative when paid; `fundingRate` is hourly. */
export interface FundingDelta {
  readonly coin: string;
  readonly usdc: string;
  readonly szi: string;
  readonly fundingRate: string;
  readonly nSamples: number | null;
}
export interface UserFundingRow {
  readonly time: number;
  readonly hash: string;
  readonly delta: FundingDelta & { readonly type: 'funding' };
}

export type LedgerDelta =
  | { readonly type: 'deposit'; readonly usdc: string }
  | { readonly type: 'withdraw'; readonly usdc: string; readonly nonce: number; readonly fee: string }
  | {
      readonly type: 'internalTransfer';
      readonly usdc: string;
      readonly user: string;
      readonly destination: string;
      readonly fee: string;
    }
  | { readonly type: 'accountClassTransfer'; readonly usdc: string; readonly toPerp: boolean }
  | {
      readonly type: 'subAccountTransfer';
      readonly usdc: string;
      readonly user: string;
      readonly destination: string;
    }
  | {
      readonly type: 'liquidation';
      readonly liquidatedNtlPos: string;
      readonly accountValue: string;
      readonly leverageType: 'Cross' | 'Isolated';
      readonly liquidatedPositions: readonly { readonly coin: string; readonly szi: string }[];
    }
  | {
      readonly type: 'spotTransfer';
      readonly token: string;
      readonly amount: string;
      readonly usdcValue: string;
      readonly user: string;
      readonly destination: string;
      readonly fee: string;
      readonly nativeTokenFee: string;
      readonly nonce: number | null;
      readonly feeToken: string;
    }
  | {
      readonly type: 'send';
      readonly user: string;
      readonly destination: string;
      readonly sourceDex: string;
      readonly destinationDex: string;
      readonly token: string;
      readonly amount: string;
      readonly usdcValue: string;
      readonly fee: string;
      readonly nativeTokenFee: string;
      readonly nonce: number;
      readonly feeToken: string;
    };
export interface LedgerUpdate {
  readonly time: number;
  readonly hash: string;
  readonly delta: LedgerDelta;
}

/** Histories are `[ms, USD]`; `vlm` is the volume of the period. */
export interface PortfolioPeriod {
  readonly accountValueHistory: readonly (readonly [number, string])[];
  readonly pnlHistory: readonly (readonly [number, string])[];
  readonly vlm: string;
}
export const portfolioPeriods = [
  'day',
  'week',
  'month',
  'allTime',
  'perpDay',
  'perpWeek',
  'perpMonth',
  'perpAllTime',
] as const;
/** One row per period, in the order of `portfolioPeriods`. */
export type Portfolio = readonly (readonly [(typeof portfolioPeriods)[number], PortfolioPeriod])[];

/** `timestamp` is the start, ms. */
export interface TwapState {
  readonly coin: string;
  readonly executedNtl: string;
  readonly executedSz: string;
  readonly minutes: number;
  readonly randomize: boolean;
  readonly reduceOnly: boolean;
  readonly side: WireSide;
  readonly stopPx: string | null;
  readonly sz: string;
  readonly timestamp: number;
  readonly trigger: { readonly px: string; readonly above: boolean } | null;
  readonly user: string;
}
/** `time` is in seconds. */
export interface TwapHistoryRow {
  readonly time: number;
  readonly state: TwapState;
  readonly status:
    | { readonly status: 'finished' | 'activated' | 'terminated' | 'waitingForTrigger' | 'stopped' }
    | { readonly status: 'error'; readonly description: string };
  readonly twapId: number;
}
/** The fill's own `twapId` is null and its hash all zero, as recorded. */
export interface TwapSliceFill {
  readonly fill: UserFill;
  readonly twapId: number;
}

/** `nRequestsCap` is 10,000 plus one per USDC traded. */
export interface UserRateLimit {
  readonly cumVlm: string;
  readonly nRequestsUsed: number;
  readonly nRequestsCap: number;
  readonly nRequestsSurplus: number;
}

export interface VipTier {
  readonly ntlCutoff: string;
  readonly cross: string;
  readonly add: string;
  readonly spotCross: string;
  readonly spotAdd: string;
}

/** `cross` is the taker's rate, `add` the maker's. */
export interface UserFees {
  readonly dailyUserVlm: readonly {
    readonly date: string;
    readonly userCross: string;
    readonly userAdd: string;
    readonly exchange: string;
  }[];
  readonly feeSchedule: {
    readonly cross: string;
    readonly add: string;
    readonly spotCross: string;
    readonly spotAdd: string;
    readonly tiers: {
      readonly vip: readonly VipTier[];
      readonly mm: readonly { readonly makerFractionCutoff: string; readonly add: string }[];
    };
    readonly referralDiscount: string;
    readonly stakingDiscountTiers: readonly { readonly bpsOfMaxSupply: string; readonly discount: string }[];
  };
  readonly userCrossRate: string;
  readonly userAddRate: string;
  readonly userSpotCrossRate: string;
  readonly userSpotAddRate: string;
  readonly activeReferralDiscount: string;
  readonly trial: null;
  readonly feeTrialEscrow: string;
  readonly nextTrialAvailableTimestamp: null;
  readonly stakingLink: null;
  readonly activeStakingDiscount: { readonly bpsOfMaxSupply: string; readonly discount: string };
}

/** First elements are for buys, second for sells. */
export interface ActiveAssetData {
  readonly user: string;
  readonly coin: string;
  readonly leverage:
    | { readonly type: 'cross'; readonly value: number }
    | { readonly type: 'isolated'; readonly value: number; readonly rawUsd: string };
  readonly maxTradeSzs: readonly [string, string];
  readonly availableToTrade: readonly [string, string];
  readonly markPx: string;
}

/** The unnamed agent is not listed. */
export interface ExtraAgent {
  readonly name: string;
  readonly address: string;
  readonly validUntil: number;
}

export type UserRole =
  | { readonly role: 'missing' | 'user' | 'vault' }
  | { readonly role: 'agent'; readonly data: { readonly user: string } }
  | { readonly role: 'subAccount'; readonly data: { readonly master: string } };

export interface ExchangeStatus {
  readonly time: number;
  readonly specialStatuses: unknown;
}

export interface SubAccount {
  readonly name: string;
  readonly subAccountUser: string;
  readonly master: string;
  readonly clearinghouseState: ClearinghouseState;
  readonly spotState: SpotClearinghouseState;
}

/** Answer to one order of a batch, in the order of the request. */
export type OrderStatusItem =
  | { readonly resting: { readonly oid: number; readonly cloid?: string } }
  | {
      readonly filled: {
        readonly totalSz: string;
        readonly avgPx: string;
        readonly oid: number;
        readonly cloid?: string;
      };
    }
  | { readonly error: string }
  | 'waitingForFill'
  | 'waitingForTrigger';
export type CancelStatusItem = 'success' | { readonly error: string };
export type TwapStatusItem = { readonly running: { readonly twapId: number } } | { readonly error: string } | 'success';

export type ExchangeResponse =
  | { readonly type: 'default' }
  | { readonly type: 'order'; readonly data: { readonly statuses: readonly OrderStatusItem[] } }
  | { readonly type: 'cancel'; readonly data: { readonly statuses: readonly CancelStatusItem[] } }
  | { readonly type: 'createSubAccount'; readonly data: string }
  | { readonly type: 'twapOrder' | 'twapCancel'; readonly data: { readonly status: TwapStatusItem } };

/** Body of `/exchange`, HTTP 200 in both cases. */
export type ExchangeAnswer =
  | { readonly status: 'ok'; readonly response: ExchangeResponse }
  | { readonly status: 'err'; readonly response: string };

/** The answer of every action without data. */
export function okDefault(): ExchangeAnswer {
  return { status: 'ok', response: { type: 'default' } };
}

/** The answer of `order` and `batchModify`: one status per order, in the request's order. */
export function okOrders(statuses: readonly OrderStatusItem[]): ExchangeAnswer {
  return { status: 'ok', response: { type: 'order', data: { statuses } } };
}

/** The answer of `cancel` and `cancelByCloid`: one status per order, in the request's order. */
export function okCancels(statuses: readonly CancelStatusItem[]): ExchangeAnswer {
  return { status: 'ok', response: { type: 'cancel', data: { statuses } } };
}

/** The answer of `twapOrder` and `twapCancel`; errors are inside, too. */
export function okTwap(type: 'twapOrder' | 'twapCancel', status: TwapStatusItem): ExchangeAnswer {
  return { status: 'ok', response: { type, data: { status } } };
}

/** The answer of `createSubAccount`: the new account's address. */
export function okSubAccount(address: string): ExchangeAnswer {
  return { status: 'ok', response: { type: 'createSubAccount', data: address } };
}

/** The refusal of a whole request (HTTP 200 nevertheless). */
export function errAnswer(text: string): ExchangeAnswer {
  return { status: 'err', response: text };
}
