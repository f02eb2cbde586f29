/** Facts of an account → rows of the read tables. Pure: the same entries give the same rows, always. */
import type { AccountEvent } from '@perps/domain/account';
import { unreachable } from '@perps/domain/kernel';
import { type Draft, move } from './draft.ts';
import type { AccountProjection, RowWrite } from './model.ts';
import { orderEnded, orderPlaced, orderProgressed, triggerEnded, triggerFired, triggerSet } from './orders.ts';
import { fillBooked, positionFilled, positionSet } from './positions.ts';
import { type FundingRates, NO_RATES } from './rates.ts';
import { fundingPosted, riskMoved } from './risk.ts';
import { sampleHour, walletRow } from './wallet.ts';

/** The outcome of one command on one account, as journaled. */
export interface AccountFacts {
  readonly at: number;
  readonly events: readonly AccountEvent[];
  /** What the shard knew of funding rates then; absent = nothing. */
  readonly rates?: FundingRates;
}

/** The account after its facts, and the rows they write, in order; the last one is the account's `wallets` row. */
export interface Projected {
  readonly account: AccountProjection;
  readonly writes: readonly RowWrite[];
}

/** Folds one entry. Throws `InvariantViolation` on an event it does not know: a consumer stops, it never skips. */
export function project(account: AccountProjection, { at, events, rates = NO_RATES }: AccountFacts): Projected {
  const draft: Draft = { account, at, rates, writes: [] };
  sampleHour(draft);
  for (const event of events) apply(draft, event);
  draft.writes.push(walletRow(draft));
  return { account: draft.account, writes: draft.writes };
}

function apply(draft: Draft, event: AccountEvent): void {
  switch (event.type) {
    case 'DepositCredited':
      return move(draft, event.transfers);
    case 'OrderPlaced':
      return orderPlaced(draft, event);
    case 'OrderFilled':
      move(draft, event.transfers);
      fillBooked(draft, event);
      positionFilled(draft, event);
      return orderProgressed(draft, event);
    case 'OrderChanged':
      return orderProgressed(draft, event);
    case 'OrderEnded':
      return orderEnded(draft, event);
    case 'TriggerPlaced':
    case 'TriggerChanged':
      return triggerSet(draft, event);
    case 'TriggerFired':
      return triggerFired(draft, event);
    case 'TriggerEnded':
      return triggerEnded(draft, event);
    case 'LeverageUpdated':
    case 'IsolatedMarginAdjusted':
    case 'GainsRealized':
      move(draft, event.transfers);
      for (const position of event.positions) positionSet(draft, position);
      return undefined;
    case 'FundingPosted':
      return fundingPosted(draft, event);
    case 'TradingStateSet':
      draft.account = { ...draft.account, tradingState: event.tradingState };
      return undefined;
    case 'RiskWarned':
    case 'RiskCleared':
    case 'LiquidationStarted':
    case 'LiquidationStepped':
    case 'LiquidationWaiting':
    case 'LiquidationEnded':
      return riskMoved(draft, event);
    case 'ActionSigned':
    case 'AccountOpened':
    case 'CommandRefused':
    case 'VenueOrderRequested':
    case 'VenueCancelRequested':
    case 'VenueOrderResolved':
    case 'AgentApproved':
    case 'AgentRevoked':
    case 'BuilderFeeApproved':
    case 'ReferrerSet':
    case 'CancelAllScheduled':
    case 'CancelAllFired':
    case 'TwapPlaced':
    case 'TwapSliced':
    case 'TwapEnded':
      return undefined;
    default:
      return unreachable(event);
  }
}
