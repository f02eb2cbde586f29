/** Events of the account stream. Types only; a stored `type` is never renamed. */
import type { Transfer } from '../ledger/model.ts';
import type { Price, Size, Usd } from '../money/index.ts';
import type { Route } from '../routing/model.ts';
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
  Side,
  TimeInForce,
} from './model.ts';
import type { Rejection } from './results.ts';

export interface QuoteUsed {
  readonly bid: Price | undefined;
  readonly ask: Price | undefined;
  readonly markPrice: Price;
  readonly oraclePrice: Price;
  readonly quoteAgeMs: number;
  readonly markAgeMs: number;
}

export type AccountEvent =
  /** First event of every signed action, also of refused ones: its nonce is consumed. */
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
  | { readonly type: 'ReferrerSet'; readonly code: string };

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
