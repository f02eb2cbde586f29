/** Commands of the account stream. Types only. */
import type { Pricing } from './pricing.ts';
import type { Price, Size, Usd } from '../money/index.ts';
import type { CorrectionKind, FundingIndexes } from '../funding/index.ts';
import type { Route, RoutingPolicy, TradingState } from '../routing/model.ts';
import type { Address, Agent, Grouping, LeverageSetting, Liquidity, Side, TimeInForce, Trigger } from './model.ts';

/** Who signed an action and with which nonce; commandId is `${signer}:${nonce}`. */
export interface Signed {
  readonly signer: Address;
  readonly nonce: number;
  /** Hex of the signed hash: the same nonce with another body is refused. */
  readonly hash: string;
}

/** What every command carries. `at` is the shard's time when it decides, `receivedAt` the edge's (ms). */
interface CommandBase {
  readonly commandId: string;
  readonly accountId: string;
  readonly at: number;
  readonly receivedAt: number;
  readonly signed?: Signed;
}

export interface OrderRequest {
  readonly symbol: string;
  readonly side: Side;
  readonly size: Size;
  readonly limitPrice: Price;
  readonly timeInForce: TimeInForce;
  readonly reduceOnly: boolean;
  readonly cloid?: string;
  /** A trigger order; `timeInForce` is then without meaning. */
  readonly trigger?: Trigger;
  /** `/v1` only: ends by itself at this time (ms). */
  readonly expiresAt?: number;
}

/** Facts of the moment that the host hands to `decide`; never looked up inside. */
export interface DecisionContext extends Pricing {
  readonly funding: FundingIndexes;
  readonly policy: RoutingPolicy;
  readonly fees: FeeSchedule;
  /** Signed INTERNAL exposure of this shard by symbol, 10⁻⁶ USD at mark, and Σ of absolutes. */
  readonly exposure: { readonly bySymbol: Readonly<Record<string, Usd>>; readonly total: Usd };
  readonly ids: { readonly nextOrderId: number; readonly nextTradeId: number; readonly shard: number };
  readonly venue: VenueContext;
}

export interface VenueContext {
  /** False: opens for HYPERLIQUID are refused with `reason` (spec 02: never internalise because the venue is down). */
  readonly isAvailable: boolean;
  readonly reason?: string;
  /** First free nonce of the signer slot (ms); the decider takes consecutive ones. */
  readonly nextNonce: number;
  readonly slot: number;
  readonly expiresAfterMs: number;
}

/** Tenths of a basis point. */
export interface FeeSchedule {
  readonly taker: number;
  readonly maker: number;
  readonly builder: number;
}

export type OrderTarget =
  { readonly symbol: string; readonly orderId: number } | { readonly symbol: string; readonly cloid: string };

export type AccountCommand =
  | (CommandBase & { readonly type: 'OpenAccount'; readonly owner: Address })
  | (CommandBase & {
      readonly type: 'CreditDeposit';
      readonly depositId: string;
      readonly chain: string;
      readonly amount: Usd;
    })
  | (CommandBase & {
      readonly type: 'PlaceOrders';
      readonly orders: readonly OrderRequest[];
      /** Absent = `na`. */
      readonly grouping?: Grouping;
      readonly context: DecisionContext;
    })
  | (CommandBase & {
      readonly type: 'CancelOrders';
      readonly targets: readonly OrderTarget[];
      readonly context: DecisionContext;
    })
  | (CommandBase & {
      readonly type: 'ModifyOrders';
      readonly modifies: readonly {
        readonly target: OrderTarget | { readonly orderId: number } | { readonly cloid: string };
        readonly order: OrderRequest;
      }[];
      readonly context: DecisionContext;
    })
  | (CommandBase & {
      readonly type: 'UpdateLeverage';
      readonly symbol: string;
      readonly setting: LeverageSetting;
      readonly context: DecisionContext;
    })
  /** Adds (positive) or removes (negative) collateral of an isolated position, 10⁻⁶ USD. */
  | (CommandBase & {
      readonly type: 'AdjustIsolatedMargin';
      readonly symbol: string;
      readonly amount: Usd;
      readonly context: DecisionContext;
    })
  /** Dead-man's switch; undefined disarms it. */
  | (CommandBase & {
      readonly type: 'ScheduleCancel';
      readonly cancelAllAt: number | undefined;
      readonly context: DecisionContext;
    })
  /** Cancels every order, trigger and TWAP, of one symbol or of all. `scheduled`: only if the switch is due. */
  | (CommandBase & {
      readonly type: 'CancelAll';
      readonly cause: 'user' | 'scheduled';
      readonly symbol?: string;
      readonly context: DecisionContext;
    })
  | (CommandBase & {
      readonly type: 'PlaceTwap';
      readonly symbol: string;
      readonly side: Side;
      readonly size: Size;
      readonly reduceOnly: boolean;
      readonly minutes: number;
      readonly isRandomized: boolean;
      readonly context: DecisionContext;
    })
  | (CommandBase & {
      readonly type: 'CancelTwap';
      readonly symbol: string;
      readonly twapId: number;
      readonly context: DecisionContext;
    })
  /** A slice is due; the host names the TWAP, the decider looks at the time again. */
  | (CommandBase & { readonly type: 'RunTwapSlice'; readonly twapId: number; readonly context: DecisionContext })
  /** The mark reached a trigger; the host names it, the decider checks again. */
  | (CommandBase & { readonly type: 'FireTrigger'; readonly orderId: number; readonly context: DecisionContext })
  /** An index says that the account may be near its requirement: warn, liquidate, go on with a cascade, or nothing. */
  | (CommandBase & { readonly type: 'CheckRisk'; readonly context: DecisionContext })
  /** Posts what has accrued on positions of the routes; nothing where nothing has. */
  | (CommandBase & {
      readonly type: 'PostFunding';
      readonly routes: readonly Route[];
      readonly context: DecisionContext;
    })
  /** Settles one hour that the index could not charge; once per symbol, route and hour. */
  | (CommandBase & {
      readonly type: 'CorrectFunding';
      readonly symbol: string;
      readonly route: Route;
      readonly hour: number;
      readonly kind: CorrectionKind;
      /** Signed lots that owe the change: `rate` = held at that hour, `late` = those less what the index charged. */
      readonly size: Size;
      /** Growth of the index, or the difference of the rates' growths, 10⁻¹⁸ USD a lot. */
      readonly indexChange: bigint;
      readonly context: DecisionContext;
    })
  /** Operators give back a liquidation that was handed to them: `cross`, or a position's key. */
  | (CommandBase & { readonly type: 'ResumeLiquidation'; readonly scope: string })
  | (CommandBase & {
      readonly type: 'SetTradingState';
      readonly tradingState: TradingState;
      readonly cause: string;
    })
  | (CommandBase & { readonly type: 'ApproveAgent'; readonly agent: Agent })
  | (CommandBase & { readonly type: 'ApproveBuilderFee'; readonly builder: Address; readonly feeRateMax: string })
  | (CommandBase & { readonly type: 'SetReferrer'; readonly code: string })
  | (CommandBase & { readonly type: 'Noop' })
  /** The bbo crossed a resting INTERNAL leg; the host names the order, the decider checks again. */
  | (CommandBase & { readonly type: 'FillResting'; readonly orderId: number; readonly context: DecisionContext })
  /** The next child of a large order is due; the host names the order, the decider looks again. */
  | (CommandBase & { readonly type: 'SendVenueSlice'; readonly orderId: number; readonly context: DecisionContext })
  | (CommandBase & { readonly type: 'ExpireOrder'; readonly orderId: number; readonly context: DecisionContext })
  /** One execution at the venue; idempotent by tid. */
  | (CommandBase & {
      readonly type: 'BookVenueFill';
      readonly venueCloid: string;
      readonly fill: VenueFill;
      readonly context: DecisionContext;
    })
  /** What became of a venue order, from whichever source came first. */
  | (CommandBase & {
      readonly type: 'ResolveVenueOrder';
      readonly venueCloid: string;
      readonly fate: VenueFate;
      readonly context: DecisionContext;
    });

export interface VenueFill {
  readonly tid: number;
  readonly venueOrderId: number;
  readonly price: Price;
  readonly size: Size;
  /** As the venue charged it (builder fee included), 10⁻⁶ USD; negative = rebate. */
  readonly fee: Usd;
  readonly liquidity: Liquidity;
  readonly time: number;
  readonly hash: string;
}

/** `executedSize` is the venue's own count: the leg ends only when that much is booked. */
export type VenueFate =
  | { readonly kind: 'open'; readonly venueOrderId: number }
  | {
      readonly kind: 'ended';
      readonly venueOrderId: number;
      readonly executedSize: Size;
      readonly status: 'filled' | 'canceled' | 'rejected';
      readonly cause?: string;
    }
  | { readonly kind: 'refused'; readonly cause: string }
  /** Past expiry and visibility lag, two consistent answers: it never reached the book. */
  | { readonly kind: 'neverArrived' }
  /** A requested cancel was answered; the order's own fate is told separately. */
  | { readonly kind: 'cancelRefused'; readonly cause: string };
