/** Events of the account stream. Types only; a stored `type` is never renamed. */
import type { CorrectionKind } from '../funding/model.ts';
import type { Transfer } from '../ledger/model.ts';
import type { Price, Size, Usd } from '../money/index.ts';
import type { Route, RoutingMode, TradingState } from '../routing/model.ts';
import type { VenueFate } from './commands.ts';
import type {
  Address,
  Agent,
  EndStatus,
  LeverageSetting,
  Liquidity,
  Order,
  OrderLeg,
  Position,
  RiskEpisode,
  Side,
  TimeInForce,
  TriggerOrder,
} from './model.ts';
import type { Rejection } from './results.ts';
import type { Twap, TwapEnding } from './twap-model.ts';

export interface QuoteUsed {
  readonly bid: Price | undefined;
  readonly ask: Price | undefined;
  readonly markPrice: Price;
  readonly oraclePrice: Price;
  readonly quoteAgeMs: number;
  readonly markAgeMs: number;
  /** Of the visible levels it was priced on. */
  readonly bookHash?: string;
}

export type AccountEvent =
  /** First event of every signed action, also of refused ones: its nonce is consumed. `hash` is the signed one's first 128 bits. */
  | { readonly type: 'ActionSigned'; readonly signer: Address; readonly nonce: number; readonly hash: string }
  | { readonly type: 'AccountOpened'; readonly owner: Address }
  | {
      readonly type: 'DepositCredited';
      readonly depositId: string;
      readonly amount: Usd;
      readonly transfers: readonly Transfer[];
    }
  | { readonly type: 'CommandRefused'; readonly rejection: Rejection }
  | {
      readonly type: 'OrderPlaced';
      readonly order: Order;
      readonly routingLatencyMs: number;
      readonly quote: QuoteUsed;
    }
  | {
      readonly type: 'OrderFilled';
      readonly orderId: number;
      /** Time of the decision, ms. */
      readonly at: number;
      readonly route: Route;
      readonly tradeId: number;
      readonly price: Price;
      readonly size: Size;
      readonly side: Side;
      readonly symbol: string;
      /** Scale of `price` and `size`, so that a reader of the journal alone can print them; absent in older records. */
      readonly szDecimals?: number;
      readonly liquidity: Liquidity;
      /** Total fee charged to the user (builder part included). */
      readonly fee: Usd;
      readonly builderFee: Usd;
      /** Gross of fees, against the displayed (truncated) entry, as Hyperliquid reports it. */
      readonly closedPnl: Usd;
      /** Signed size of the route's position before, and the position after (undefined = flat). */
      readonly startSize: Size;
      readonly positionId: string;
      readonly position: Position | undefined;
      /** The order after this fill: legs, filled size, remaining order margin. */
      readonly legs: readonly OrderLeg[];
      readonly orderMargin: Usd;
      readonly transfers: readonly Transfer[];
      /** INTERNAL only. */
      readonly quote?: QuoteUsed;
      /** HYPERLIQUID only: the venue's tid, oid, hash and time. */
      readonly venue?: {
        readonly tid: number;
        readonly venueOrderId: number;
        readonly hash: string;
        readonly time: number;
      };
      /** Opening notional, for the split window (INTERNAL only). */
      readonly openedNotional: Usd;
      /** Of an order that liquidates: the mark at this moment. */
      readonly liquidationMark?: Price;
      /** The TWAP that the order is a slice of. */
      readonly twapId?: number;
    }
  /** Legs changed without an execution (venue order opened, cancel requested, re-routed, shrunk by reduce-only). */
  | {
      readonly type: 'OrderChanged';
      readonly orderId: number;
      readonly legs: readonly OrderLeg[];
      readonly orderMargin: Usd;
      readonly cause: string;
    }
  | { readonly type: 'OrderEnded'; readonly orderId: number; readonly status: EndStatus; readonly cause?: string }
  /** The pending record of a venue order: everything the signer needs, never recomputed (spec 07). */
  | { readonly type: 'VenueOrderRequested'; readonly request: VenueOrderRequest }
  | { readonly type: 'VenueCancelRequested'; readonly request: VenueCancelRequest }
  | { readonly type: 'VenueOrderResolved'; readonly venueCloid: string; readonly fate: VenueFate['kind'] }
  | {
      readonly type: 'LeverageUpdated';
      readonly symbol: string;
      readonly setting: LeverageSetting;
      readonly positions: readonly Position[];
      readonly transfers: readonly Transfer[];
    }
  | { readonly type: 'AgentApproved'; readonly agent: Agent; readonly replaced: Address | undefined }
  | { readonly type: 'AgentRevoked'; readonly address: Address }
  | { readonly type: 'BuilderFeeApproved'; readonly builder: Address; readonly feeRateMax: string }
  | { readonly type: 'ReferrerSet'; readonly code: string }
  | { readonly type: 'TriggerPlaced'; readonly trigger: TriggerOrder }
  /** Armed by its entry's fill, or resized with its position. */
  | { readonly type: 'TriggerChanged'; readonly trigger: TriggerOrder }
  /** The mark reached it; `OrderPlaced` of the same id follows, or `TriggerEnded` where it is refused then. */
  | { readonly type: 'TriggerFired'; readonly orderId: number; readonly markPrice: Price }
  | {
      readonly type: 'TriggerEnded';
      readonly trigger: TriggerOrder;
      readonly status: EndStatus;
      readonly cause?: string;
    }
  | { readonly type: 'CancelAllScheduled'; readonly cancelAllAt: number | undefined }
  /** The dead-man's switch fired; the cancels follow. */
  | { readonly type: 'CancelAllFired'; readonly day: number; readonly count: number }
  | { readonly type: 'TwapPlaced'; readonly twap: Twap }
  /** A slice's time has come; its order follows, or it was refused and is missed. */
  | {
      readonly type: 'TwapSliced';
      readonly twapId: number;
      readonly slicesDone: number;
      readonly rejection?: Rejection;
    }
  | { readonly type: 'TwapEnded'; readonly twap: Twap; readonly endedAt: number; readonly ending: TwapEnding }
  | { readonly type: 'TradingStateSet'; readonly tradingState: TradingState; readonly cause: string }
  | {
      readonly type: 'IsolatedMarginAdjusted';
      readonly symbol: string;
      readonly amount: Usd;
      readonly positions: readonly Position[];
      readonly transfers: readonly Transfer[];
    }
  /** Floating gains of cross positions paid a debt that the wallet could not: their entries moved, their sizes did not. */
  | {
      readonly type: 'GainsRealized';
      readonly positions: readonly Position[];
      readonly transfers: readonly Transfer[];
    }
  | {
      readonly type: 'FundingPosted';
      /** Start of the newest hour it covers, ms. */
      readonly hour: number;
      readonly payments: readonly FundingPayment[];
      readonly transfers: readonly Transfer[];
    }
  | RiskEvent;

/** Posted to one position; `position` is as it is afterwards. */
export interface FundingPayment {
  readonly key: string;
  readonly positionId: string;
  readonly symbol: string;
  readonly route: Route;
  readonly size: Size;
  /** 10⁻⁶ USD, positive = the user paid. */
  readonly amount: Usd;
  /** Index it was posted from and to. */
  readonly fromIndex: bigint;
  readonly toIndex: bigint;
  /** undefined = a correction of an hour whose position is gone. */
  readonly position: Position | undefined;
  /** A correction of one hour: charged late, or accrued at another rate. Its size is that hour's, `toIndex` the change. */
  readonly correction?: CorrectionKind;
}

/** What stood at one moment of a liquidation, 10⁻⁶ USD. */
export interface RiskFigures {
  readonly equity: Usd;
  readonly maintenance: Usd;
}

/** A liquidation step on the INTERNAL route as an execution: users are told of it as of one at the venue. */
export interface LiquidationFill {
  /** Time of the decision, ms. */
  readonly at: number;
  readonly orderId: number;
  readonly tradeId: number;
  /** Scale of prices and sizes, so that a reader of the journal alone can print them. */
  readonly szDecimals: number;
  /** Gross, against the displayed (truncated) entry, as of every fill. */
  readonly closedPnl: Usd;
  readonly quote: QuoteUsed;
  readonly mode: RoutingMode;
  readonly policyVersion: number;
}

/** `scope` = `cross`, or the key of an isolated position. */
export type RiskEvent =
  | {
      readonly type: 'RiskWarned';
      readonly scope: string;
      readonly level: 50 | 80;
      readonly figures: RiskFigures;
      readonly episode: RiskEpisode;
    }
  | { readonly type: 'RiskCleared'; readonly scope: string }
  | {
      readonly type: 'LiquidationStarted';
      readonly scope: string;
      readonly liquidationId: string;
      readonly figures: RiskFigures;
      readonly episode: RiskEpisode;
    }
  | {
      readonly type: 'LiquidationStepped';
      readonly scope: string;
      readonly liquidationId: string;
      readonly step: number;
      readonly positionId: string;
      readonly symbol: string;
      readonly route: Route;
      /** Signed, before. */
      readonly size: Size;
      readonly closedSize: Size;
      /** Mark that triggered, and the price it closed at. */
      readonly markPrice: Price;
      readonly closePrice: Price;
      /** Close price against the mark, signed for the user: negative = worse. 10⁻⁶ USD. */
      readonly slippage: Usd;
      readonly pnl: Usd;
      /** Isolated: what was left of the margin, and where it went. */
      readonly remainder: Usd;
      readonly marginZeroed: Usd;
      readonly badDebt: Usd;
      readonly before: RiskFigures;
      readonly after: RiskFigures;
      /** The position afterwards; undefined = gone. INTERNAL steps carry their money, venue steps came by `OrderFilled`. */
      readonly position: Position | undefined;
      readonly transfers: readonly Transfer[];
      readonly episode: RiskEpisode | undefined;
      /** INTERNAL only; absent in older records. */
      readonly fill?: LiquidationFill;
    }
  /** A step failed or waits (venue unknown, slice): what is to happen when. */
  | {
      readonly type: 'LiquidationWaiting';
      readonly scope: string;
      readonly cause: string;
      readonly episode: RiskEpisode;
    }
  | {
      readonly type: 'LiquidationEnded';
      readonly scope: string;
      readonly liquidationId: string;
      readonly outcome: 'closed' | 'recovered' | 'takeover';
      readonly figures: RiskFigures;
      readonly episode: RiskEpisode | undefined;
    };

export interface VenueOrderRequest {
  readonly venueCloid: string;
  readonly orderId: number;
  readonly accountId: string;
  readonly symbol: string;
  readonly assetId: number;
  readonly szDecimals: number;
  readonly side: Side;
  readonly size: Size;
  readonly limitPrice: Price;
  readonly timeInForce: TimeInForce;
  /** Signer slot and its nonce (ms), and the time (ms) after which the venue must refuse. */
  readonly slot: number;
  readonly nonce: number;
  readonly expiresAfter: number;
  readonly requestedAt: number;
  readonly purpose: 'user' | 'hedge' | 'liquidation';
}

export interface VenueCancelRequest {
  readonly venueCloid: string;
  readonly orderId: number;
  readonly accountId: string;
  readonly assetId: number;
  readonly slot: number;
  readonly nonce: number;
  readonly expiresAfter: number;
  readonly requestedAt: number;
}
