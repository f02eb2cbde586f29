/** One execution: position, realised PnL, margin, fee; the same for both routes. */
import { type MarketView } from '../market/index.ts';
import {
  applyTransfers,
  chargeUser,
  feeReceivers,
  gainTransfer,
  isolatedPot,
  lossReceivers,
  marginLock,
  marginRelease,
  rebateTransfer,
  type Transfer,
} from '../ledger/index.ts';
import {
  absoluteNotional,
  addSize,
  averagePrice,
  divide,
  magnitude,
  maxUsd,
  minSize,
  minUsd,
  negateSize,
  negateUsd,
  notional,
  type Price,
  type Size,
  size,
  subtractUsd,
  type Usd,
  usd,
  ZERO_SIZE,
  ZERO_USD,
} from '../money/index.ts';
import { fundingIndexOf } from '../funding/index.ts';
import type { Route } from '../routing/index.ts';
import { type Draft, emit, takeTradeId, viewOf } from './draft.ts';
import type { AccountEvent, QuoteUsed } from './events.ts';
import { closeLiquidated } from './liquidation-money.ts';
import { marginAt, orderMarginAfter } from './margin.ts';
import type { AccountState, Liquidity, Order, OrderLeg, Position } from './model.ts';
import { postAccrued } from './post-funding.ts';
import { leverageSettingOf, positionKey, positionOn, remainingOf, signOf } from './state.ts';
import { realizeGains } from './realize-gains.ts';

export interface Execution {
  readonly order: Order;
  readonly legIndex: number;
  readonly price: Price;
  readonly size: Size;
  readonly liquidity: Liquidity;
  /** Total, builder part included; negative = rebate. */
  readonly fee: Usd;
  readonly builderFee: Usd;
  /** The leg as the execution leaves it. */
  readonly legAfter: OrderLeg;
  readonly quote?: QuoteUsed;
  readonly venue?: NonNullable<Extract<AccountEvent, { type: 'OrderFilled' }>['venue']>;
}

/** Books an execution as one `OrderFilled`; the caller ends the order where nothing is left of it. */
export function bookExecution(draft: Draft, execution: Execution): void {
  const { order, price } = execution;
  const route = execution.legAfter.route;
  postAccrued(draft, positionOn(draft.state, order.symbol, route));
  const view = viewOf(draft, order.symbol);
  const before = positionOn(draft.state, order.symbol, route);
  const signed = size(execution.size * signOf(order.side));
  const closing = closingPart(before, signed);
  // A liquidated isolated position pays all of it from its own collateral.
  const isLiquidated = order.liquidationId !== undefined && before?.marginMode === 'isolated' && closing > 0n;
  const cost = isLiquidated ? ZERO_USD : walletCost(before, closing, execution);
  if (cost > draft.state.wallet) realizeGains(draft, usd(cost - draft.state.wallet), positionKey(order.symbol, route));
  const opening = size(execution.size - closing);
  const tradeId = takeTradeId(draft);
  const till = openTill(draft.state, route, order.orderId);

  const reduced =
    before === undefined
      ? undefined
      : isLiquidated
        ? liquidate(till, { draft, position: before, closed: closing, execution })
        : reduce(till, { position: before, closed: closing, price });
  if (!isLiquidated) chargeFee(till, execution.fee);
  const position =
    opening === 0n
      ? reduced
      : increase(till, { draft, view, base: reduced, opening, execution, positionId: `p${tradeId}` });

  const legs = order.legs.map((leg, index) => (index === execution.legIndex ? execution.legAfter : leg));
  emit(draft, {
    type: 'OrderFilled',
    orderId: order.orderId,
    at: draft.at,
    route,
    tradeId,
    price,
    size: execution.size,
    side: order.side,
    symbol: order.symbol,
    szDecimals: view.instrument.szDecimals,
    liquidity: execution.liquidity,
    fee: execution.fee,
    builderFee: execution.builderFee,
    closedPnl: before === undefined ? ZERO_USD : displayedPnl(before, closing, price),
    startSize: before?.size ?? ZERO_SIZE,
    positionId: position?.positionId ?? before?.positionId ?? '',
    position,
    legs,
    orderMargin: orderMarginAfter(order, legs),
    transfers: till.transfers,
    ...(execution.quote === undefined ? {} : { quote: execution.quote }),
    ...(execution.venue === undefined ? {} : { venue: execution.venue }),
    openedNotional: route === 'INTERNAL' ? absoluteNotional(price, opening) : ZERO_USD,
    ...(order.liquidationId === undefined ? {} : { liquidationMark: view.markPrice }),
    ...(order.twapId === undefined ? {} : { twapId: order.twapId }),
  });
}

/** The leg with so much more filled; done when nothing is left. */
export function legFilled(leg: OrderLeg, filled: Size): OrderLeg {
  const after = { ...leg, filledSize: addSize(leg.filledSize, filled) };
  return remainingOf(after) === 0n ? { ...after, status: 'done' } : after;
}

/** Money of one execution, in the order it moves. */
interface Till {
  readonly route: Route;
  readonly ref: string;
  readonly transfers: Transfer[];
  wallet: Usd;
}

const openTill = (state: AccountState, route: Route, orderId: number): Till => ({
  route,
  ref: String(orderId),
  transfers: [],
  wallet: state.wallet,
});

function closingPart(position: Position | undefined, signed: Size): Size {
  if (position === undefined || position.size > 0n === signed > 0n) return ZERO_SIZE;
  return minSize(magnitude(position.size), magnitude(signed));
}

/** What the wallet pays for an execution: a cross loss, and the fee. 10⁻⁶ USD, at least zero. */
function walletCost(position: Position | undefined, closed: Size, { price, fee }: Execution): Usd {
  const isCross = position?.marginMode === 'cross' && closed > 0n;
  const loss = isCross ? negateUsd(pnlOf(position, closed, price).pnl) : ZERO_USD;
  return usd((loss > 0n ? loss : 0n) + (fee > 0n ? fee : 0n));
}

/** Against the share of the entry, which is rounded against the user. */
function pnlOf(position: Position, closed: Size, price: Price): { readonly entryShare: Usd; readonly pnl: Usd } {
  const isLong = position.size > 0n;
  const entryShare = usd(divide(position.entryNotional * closed, magnitude(position.size), isLong ? 'up' : 'down'));
  const proceeds = notional(price, closed);
  return { entryShare, pnl: isLong ? subtractUsd(proceeds, entryShare) : subtractUsd(entryShare, proceeds) };
}

/** Closes part of a position; undefined when all of it. Its share of the entry is rounded against the user. */
function reduce(
  till: Till,
  close: { readonly position: Position; readonly closed: Size; readonly price: Price },
): Position | undefined {
  const { position, closed, price } = close;
  if (closed === 0n) return position;
  const isLong = position.size > 0n;
  const whole = magnitude(position.size);
  const { entryShare, pnl } = pnlOf(position, closed, price);
  const left = size(whole - closed);
  const margin = settle(till, { position, pnl, left, whole });
  if (left === 0n) return undefined;
  return {
    ...position,
    size: isLong ? left : negateSize(left),
    entryNotional: subtractUsd(position.entryNotional, entryShare),
    isolatedMargin: margin,
  };
}

/** An isolated position that is liquidated pays loss and fee out of its own margin, and what is left is not released. */
function liquidate(
  till: Till,
  closing: {
    readonly draft: Draft;
    readonly position: Position;
    readonly closed: Size;
    readonly execution: Execution;
  },
): Position | undefined {
  const { draft, position, closed, execution } = closing;
  const { transfers, position: left } = closeLiquidated({
    position,
    closed,
    price: execution.price,
    wallet: till.wallet,
    fee: execution.fee,
    remainder: draft.context.policy.liquidation?.remainder ?? 'FORFEIT',
  });
  till.transfers.push(...transfers);
  till.wallet = applyTransfers({ wallet: till.wallet, hold: ZERO_USD }, transfers).wallet;
  return left;
}

/** Moves realised PnL and releases isolated collateral; returns what stays locked. */
function settle(
  till: Till,
  closing: { readonly position: Position; readonly pnl: Usd; readonly left: Size; readonly whole: Size },
): Usd {
  const { position, pnl } = closing;
  const isIsolated = position.marginMode === 'isolated';
  let margin = position.isolatedMargin;
  if (pnl > 0n) {
    till.transfers.push(gainTransfer(till.route, till.ref, pnl));
    till.wallet = usd(till.wallet + pnl);
  } else if (pnl < 0n) {
    const left = chargeLoss(till, negateUsd(pnl), isIsolated ? position : undefined);
    if (isIsolated) margin = left;
  }
  if (!isIsolated) return margin;
  const kept = minUsd(margin, usd(divide(position.isolatedMargin * closing.left, closing.whole, 'up')));
  const released = subtractUsd(margin, kept);
  if (released > 0n) {
    till.transfers.push(marginRelease(position.positionId, released));
    till.wallet = usd(till.wallet + released);
  }
  return kept;
}

/** An isolated loss stays in its own pot; a cross one is the wallet's. Returns what the pot holds after it. */
function chargeLoss(till: Till, loss: Usd, isolated: Position | undefined): Usd {
  const charged = chargeUser({
    type: 'realized-pnl',
    ref: till.ref,
    pot: isolated === undefined ? 'wallet' : isolatedPot(isolated.positionId),
    balance: isolated === undefined ? till.wallet : isolated.isolatedMargin,
    amount: loss,
    received: lossReceivers(till.route, loss),
  });
  till.transfers.push(...charged.transfers);
  if (isolated === undefined) till.wallet = charged.balance;
  return charged.balance;
}

function chargeFee(till: Till, fee: Usd): void {
  if (fee === 0n) return;
  if (fee < 0n) {
    till.transfers.push(rebateTransfer(till.ref, negateUsd(fee)));
    till.wallet = usd(till.wallet - fee);
    return;
  }
  const received = feeReceivers(till.route, fee);
  const charged = chargeUser({
    type: 'fee',
    ref: till.ref,
    pot: 'wallet',
    balance: till.wallet,
    amount: fee,
    received,
  });
  till.transfers.push(...charged.transfers);
  till.wallet = charged.balance;
}

/** Opens or averages a position. An isolated one locks its initial margin at the fill price, as far as the wallet goes. */
function increase(
  till: Till,
  opened: {
    readonly draft: Draft;
    readonly view: MarketView;
    readonly base: Position | undefined;
    readonly opening: Size;
    readonly execution: Execution;
    readonly positionId: string;
  },
): Position {
  const { draft, view, opening, execution } = opened;
  const { order, price } = execution;
  const value = absoluteNotional(price, opening);
  const base = opened.base ?? {
    positionId: opened.positionId,
    symbol: order.symbol,
    route: till.route,
    size: ZERO_SIZE,
    entryNotional: ZERO_USD,
    ...leverageSettingOf(draft.state, view.instrument),
    isolatedMargin: ZERO_USD,
    openedAt: draft.at,
    fundingIndex: fundingIndexOf(draft.context.funding, { symbol: order.symbol, route: till.route }),
    fundingPaid: ZERO_USD,
  };
  const locked =
    base.marginMode === 'isolated' ? lock(till, base, marginAt(view.instrument, value, base.leverage)) : ZERO_USD;
  return {
    ...base,
    size: size(base.size + opening * signOf(order.side)),
    entryNotional: usd(base.entryNotional + value),
    isolatedMargin: usd(base.isolatedMargin + locked),
  };
}

function lock(till: Till, position: Position, wanted: Usd): Usd {
  const amount = maxUsd(ZERO_USD, minUsd(wanted, till.wallet));
  if (amount === 0n) return ZERO_USD;
  till.transfers.push(marginLock(position.positionId, amount));
  till.wallet = subtractUsd(till.wallet, amount);
  return amount;
}

/** As Hyperliquid reports it: against the displayed (truncated) entry, gross of fees. */
export function displayedPnl(position: Position, closed: Size, price: Price): Usd {
  if (closed === 0n) return ZERO_USD;
  const entry = averagePrice(position.entryNotional, position.size);
  const pnl = (price - entry) * closed;
  return usd(position.size > 0n ? pnl : -pnl);
}
