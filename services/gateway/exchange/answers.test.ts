import { describe, expect, it } from '@jest/globals';
import type { Rejection } from '@perps/domain/account';
import { price, size } from '@perps/domain/money';
import { BTC } from '../testing/fake-feed.ts';
import { cancelStatusItem, orderStatusItem, REFUSAL_REASONS, refusalText } from './answers.ts';

/** One of each: a reason that is added to the type must be added here, too. */
const EXAMPLES: { readonly [Reason in Rejection['reason']]: Extract<Rejection, { reason: Reason }> } = {
  UnknownAccount: { reason: 'UnknownAccount' },
  UnknownSigner: { reason: 'UnknownSigner', signer: '0x1' },
  DuplicateNonce: { reason: 'DuplicateNonce', nonce: 1 },
  NonceTooLow: { reason: 'NonceTooLow', nonce: 1, floor: 2 },
  NonceTooHigh: { reason: 'NonceTooHigh', nonce: 3, ceiling: 2 },
  UnknownSymbol: { reason: 'UnknownSymbol', symbol: 'X' },
  InvalidPrice: { reason: 'InvalidPrice' },
  InvalidSize: { reason: 'InvalidSize' },
  ZeroSize: { reason: 'ZeroSize' },
  TickSize: { reason: 'TickSize' },
  MinimumValue: { reason: 'MinimumValue' },
  PriceTooFar: { reason: 'PriceTooFar' },
  InsufficientMargin: { reason: 'InsufficientMargin' },
  ReduceOnlyWouldIncrease: { reason: 'ReduceOnlyWouldIncrease' },
  PostOnlyWouldMatch: { reason: 'PostOnlyWouldMatch', bid: price(999_999n), ask: price(1_000_001n) },
  NothingToMatch: { reason: 'NothingToMatch' },
  NoLiquidity: { reason: 'NoLiquidity' },
  TooManyOpenOrders: { reason: 'TooManyOpenOrders' },
  DuplicateCloid: { reason: 'DuplicateCloid' },
  OrderNotFound: { reason: 'OrderNotFound' },
  CannotModify: { reason: 'CannotModify' },
  InvalidLeverage: { reason: 'InvalidLeverage' },
  MarginModeLocked: { reason: 'MarginModeLocked' },
  CrossNotAllowed: { reason: 'CrossNotAllowed' },
  LeverageNeedsMargin: { reason: 'LeverageNeedsMargin', marginMode: 'cross' },
  TooManyAgents: { reason: 'TooManyAgents' },
  AgentInUse: { reason: 'AgentInUse' },
  AgentExpired: { reason: 'AgentExpired' },
  MarketDataUnavailable: { reason: 'MarketDataUnavailable' },
  VenueUnavailable: { reason: 'VenueUnavailable', cause: 'margin ratio of hl-trading' },
  VenueRefused: { reason: 'VenueRefused', cause: 'Price too far from oracle asset=3' },
  TradingHalted: { reason: 'TradingHalted' },
  OnlyReducing: { reason: 'OnlyReducing' },
  OperationPaused: { reason: 'OperationPaused', operation: 'open' },
  VenueOpensStopped: { reason: 'VenueOpensStopped', cause: 'deviation' },
  AccountRestricted: { reason: 'AccountRestricted', tradingState: 'HALTED' },
  InvalidTriggerPrice: { reason: 'InvalidTriggerPrice' },
  NoPosition: { reason: 'NoPosition' },
  NotIsolated: { reason: 'NotIsolated' },
  MarginBelowRequirement: { reason: 'MarginBelowRequirement' },
  ScheduleTooSoon: { reason: 'ScheduleTooSoon' },
  TooManyScheduledCancels: { reason: 'TooManyScheduledCancels' },
  TwapDisabled: { reason: 'TwapDisabled' },
  InvalidTwapDuration: { reason: 'InvalidTwapDuration', minutes: 4 },
  TwapNotFound: { reason: 'TwapNotFound' },
  Overloaded: { reason: 'Overloaded' },
};

const orderError = (rejection: Rejection): unknown => orderStatusItem({ status: 'refused', rejection }, BTC);

describe('refusal texts', () => {
  it('has one for every reason', () => {
    expect([...REFUSAL_REASONS].sort()).toEqual(Object.keys(EXAMPLES).sort());
  });

  it.each(Object.values(EXAMPLES))(
    'tells $reason, per order with the asset, as a whole without an undefined',
    (rejection) => {
      expect(orderError(rejection)).toEqual({ error: expect.stringMatching(/^[^{}]+ asset=0$/) });
      const whole = refusalText(rejection, { signer: '0xabc', isUserSigned: false });
      expect(whole).toMatch(/^[A-Z]/);
      expect(whole).not.toMatch(/undefined|asset=/);
    },
  );

  it.each([
    [EXAMPLES.PostOnlyWouldMatch, 'Post only order would have immediately matched, bbo was 99999.9@100000.1. asset=0'],
    [EXAMPLES.MinimumValue, 'Order must have minimum value of $10. asset=0'],
    [EXAMPLES.TickSize, 'Price must be divisible by tick size. asset=0'],
    [EXAMPLES.VenueRefused, 'Price too far from oracle asset=0'],
    [EXAMPLES.VenueUnavailable, 'Liquidity is temporarily unavailable. asset=0'],
    [
      { reason: 'VenueRefused', cause: 'Insufficient margin to place order. asset=3' } as const,
      'Liquidity is temporarily unavailable. asset=0',
    ],
  ])('keeps to the venue’s words: %#', (rejection, text) => {
    expect(orderError(rejection)).toEqual({ error: text });
  });

  it('names the account to whoever signs for it, and the signer otherwise', () => {
    const about = { signer: '0xabc', isUserSigned: true };
    expect(refusalText(EXAMPLES.UnknownAccount, about)).toBe('Must deposit before performing actions. User: 0xabc');
    expect(refusalText(EXAMPLES.UnknownSigner, { ...about, isUserSigned: false })).toBe(
      'User or API Wallet 0xabc does not exist.',
    );
  });

  it('a cancel without a fate is no success', () => {
    expect(cancelStatusItem({ status: 'pending', orderId: 1 }, BTC)).toEqual({
      error: 'Cancel is pending, see orderStatus. asset=0',
    });
  });

  it('tells a fill by the rules of its instrument', () => {
    const filled = orderStatusItem(
      { status: 'filled', orderId: 9, filledSize: size(150_000n), averagePrice: price(1_000_001n), symbol: 'BTC' },
      BTC,
    );
    expect(filled).toEqual({ filled: { totalSz: '1.5', avgPx: '100000.1', oid: 9 } });
  });
});
