/** Leverage and isolated margin. */
import {
  errAnswer,
  errorTexts,
  okDefault,
  type ExchangeActionOf,
  type ExchangeAnswer,
} from '@perps/contracts/hyperliquid';
import { parseDecimal } from '@perps/domain/money';
import { absolute, ceilDivide, crossSummary, leverageOf, type Account, type Position } from '../accounts.ts';
import type { Market } from '../market.ts';
import { restingMargin } from '../matching.ts';
import type { Venue } from '../venue.ts';
import type { ActionContext } from './index.ts';

/** Sets leverage and margin mode of a coin; the mode cannot change while a position is open. */
export function updateLeverage(context: ActionContext, action: ExchangeActionOf<'updateLeverage'>): ExchangeAnswer {
  const { venue, account } = context;
  const market = venue.markets[action.asset];
  if (market === undefined || market.asset.isDelisted) return errAnswer(errorTexts.invalidLeverage);
  const { asset } = market;
  if (action.leverage < 1 || action.leverage > asset.maxLeverage) return errAnswer(errorTexts.invalidLeverage);
  const before = leverageOf(account, asset);
  const position = account.positions.get(asset.id);
  if (position !== undefined && before.isCross !== action.isCross) return errAnswer(errorTexts.leverageTypeSwitch);
  account.leverages.set(asset.id, { isCross: action.isCross, value: action.leverage });
  const isShort = position !== undefined && action.leverage < before.value && !canCarry(venue, account, market);
  if (isShort) {
    account.leverages.set(asset.id, before);
    return errAnswer(before.isCross ? errorTexts.crossLeverageDecrease : errorTexts.isolatedLeverageDecrease);
  }
  venue.outbox.of(account.address);
  return okDefault();
}

/** Whether the money still covers the initial margin at the leverage just set. */
function canCarry(venue: Venue, account: Account, market: Market): boolean {
  const position = account.positions.get(market.asset.id);
  if (position?.isolatedRawUsd === undefined) {
    const cross = crossSummary(account, venue.markets);
    return cross.accountValue - restingMargin(venue, account) >= cross.initialMargin;
  }
  return isolatedEquity(position, market) >= initialMargin(account, position, market);
}

const isolatedEquity = (position: Position, market: Market): bigint =>
  (position.isolatedRawUsd ?? 0n) + position.size * market.mark;

const initialMargin = (account: Account, position: Position, market: Market): bigint =>
  ceilDivide(absolute(position.size) * market.mark, BigInt(leverageOf(account, market.asset).value));

/** Adds what an isolated position lacks to its target leverage (a decimal text); nothing where it has enough. */
export function topUpIsolatedMargin(
  context: ActionContext,
  action: ExchangeActionOf<'topUpIsolatedOnlyMargin'>,
): ExchangeAnswer {
  const { venue, account } = context;
  const market = venue.markets[action.asset];
  const position = account.positions.get(action.asset);
  if (market === undefined || position?.isolatedRawUsd === undefined) return errAnswer(errorTexts.notIsolated);
  const target = parseDecimal(action.leverage, LEVERAGE_DECIMALS);
  if (target === undefined || target === 0n) return errAnswer(errorTexts.invalidLeverage);
  const notional = absolute(position.size) * market.mark;
  const wanted = ceilDivide(notional * LEVERAGE_SCALE, target);
  const missing = wanted - isolatedEquity(position, market);
  if (missing <= 0n) return okDefault();
  if (missing > freeMargin(venue, account)) return errAnswer(errorTexts.marginIncrease);
  position.isolatedRawUsd += missing;
  account.rawUsd -= missing;
  venue.outbox.of(account.address);
  return okDefault();
}

const LEVERAGE_DECIMALS = 8;
const LEVERAGE_SCALE = 10n ** BigInt(LEVERAGE_DECIMALS);

function freeMargin(venue: Venue, account: Account): bigint {
  const cross = crossSummary(account, venue.markets);
  return cross.accountValue - cross.initialMargin - restingMargin(venue, account);
}

/** Moves `ntli` (10⁻⁶ USD, signed) between the account and an isolated position. */
export function updateIsolatedMargin(
  context: ActionContext,
  action: ExchangeActionOf<'updateIsolatedMargin'>,
): ExchangeAnswer {
  const { venue, account } = context;
  const market = venue.markets[action.asset];
  const position = account.positions.get(action.asset);
  if (market === undefined || position?.isolatedRawUsd === undefined) return errAnswer(errorTexts.notIsolated);
  const amount = BigInt(action.ntli);
  if (amount > 0n) {
    if (amount > freeMargin(venue, account)) return errAnswer(errorTexts.marginIncrease);
  } else {
    const required = initialMargin(account, position, market);
    const tenth = (absolute(position.size) * market.mark) / 10n;
    const mustRemain = required > tenth ? required : tenth;
    if (isolatedEquity(position, market) + amount < mustRemain) return errAnswer(errorTexts.marginReduction);
  }
  position.isolatedRawUsd += amount;
  account.rawUsd -= amount;
  venue.outbox.of(account.address);
  return okDefault();
}
