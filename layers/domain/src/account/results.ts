/** Rejections and answers of the account stream. Types only. */
import type { Price, Size } from '../money/index.ts';
import type { Operation, TradingState } from '../routing/model.ts';
import type { Address, MarginMode } from './words.ts';

/** Why an order, or a whole command, is refused. The doors map reasons to their own codes and texts. */
export type Rejection =
  | { readonly reason: 'UnknownAccount' }
  | { readonly reason: 'UnknownSigner'; readonly signer: Address }
  | { readonly reason: 'DuplicateNonce'; readonly nonce: number }
  | { readonly reason: 'NonceTooLow'; readonly nonce: number; readonly floor: number }
  | { readonly reason: 'NonceTooHigh'; readonly nonce: number; readonly ceiling: number }
  | { readonly reason: 'UnknownSymbol'; readonly symbol: string }
  | { readonly reason: 'InvalidPrice' }
  | { readonly reason: 'InvalidSize' }
  | { readonly reason: 'ZeroSize' }
  | { readonly reason: 'TickSize' }
  | { readonly reason: 'MinimumValue' }
  | { readonly reason: 'PriceTooFar' }
  | { readonly reason: 'InsufficientMargin' }
  | { readonly reason: 'ReduceOnlyWouldIncrease' }
  | { readonly reason: 'PostOnlyWouldMatch'; readonly bid: Price | undefined; readonly ask: Price | undefined }
  | { readonly reason: 'NothingToMatch' }
  | { readonly reason: 'NoLiquidity' }
  | { readonly reason: 'TooManyOpenOrders' }
  | { readonly reason: 'DuplicateCloid' }
  | { readonly reason: 'OrderNotFound' }
  | { readonly reason: 'CannotModify' }
  | { readonly reason: 'InvalidLeverage' }
  | { readonly reason: 'MarginModeLocked' }
  | { readonly reason: 'CrossNotAllowed' }
  | { readonly reason: 'LeverageNeedsMargin'; readonly marginMode: MarginMode }
  | { readonly reason: 'TooManyAgents' }
  | { readonly reason: 'AgentInUse' }
  | { readonly reason: 'AgentExpired' }
  | { readonly reason: 'MarketDataUnavailable' }
  | { readonly reason: 'VenueUnavailable'; readonly cause: string }
  | { readonly reason: 'VenueRefused'; readonly cause: string }
  | { readonly reason: 'TradingHalted' }
  | { readonly reason: 'OperationPaused'; readonly operation: Operation }
  | { readonly reason: 'VenueOpensStopped'; readonly cause: string }
  | { readonly reason: 'AccountRestricted'; readonly tradingState: TradingState }
  | { readonly reason: 'InvalidTriggerPrice' }
  | { readonly reason: 'NoPosition' }
  | { readonly reason: 'NotIsolated' }
  | { readonly reason: 'MarginBelowRequirement' }
  | { readonly reason: 'ScheduleTooSoon' }
  | { readonly reason: 'TooManyScheduledCancels' }
  | { readonly reason: 'OnlyReducing' }
  | { readonly reason: 'TwapDisabled' }
  | { readonly reason: 'InvalidTwapDuration'; readonly minutes: number }
  | { readonly reason: 'TwapNotFound' }
  | { readonly reason: 'Overloaded' };

/** The answer to one order of a command; `pending` = at the venue, fate not known yet. */
export type OrderOutcome =
  | { readonly status: 'resting'; readonly orderId: number; readonly cloid?: string }
  | {
      readonly status: 'filled';
      readonly orderId: number;
      readonly cloid?: string;
      readonly filledSize: Size;
      readonly averagePrice: Price;
      readonly symbol: string;
    }
  | { readonly status: 'pending'; readonly orderId: number; readonly cloid?: string }
  | { readonly status: 'waitingForTrigger'; readonly orderId: number; readonly cloid?: string }
  | { readonly status: 'waitingForFill'; readonly orderId: number; readonly cloid?: string }
  | { readonly status: 'refused'; readonly rejection: Rejection };

export type CancelOutcome =
  | { readonly status: 'canceled' }
  | { readonly status: 'pending'; readonly orderId: number }
  | { readonly status: 'refused'; readonly rejection: Rejection };

/** A refusal for what the TWAP asks, not for who asks. */
export type TwapOutcome =
  | { readonly status: 'running'; readonly twapId: number }
  | { readonly status: 'canceled' }
  | { readonly status: 'refused'; readonly rejection: Rejection };

export type CommandResult =
  | { readonly kind: 'done' }
  | { readonly kind: 'orders'; readonly orders: readonly OrderOutcome[] }
  | { readonly kind: 'cancels'; readonly cancels: readonly CancelOutcome[] }
  | { readonly kind: 'twap'; readonly twap: TwapOutcome }
  | { readonly kind: 'refused'; readonly rejection: Rejection };
