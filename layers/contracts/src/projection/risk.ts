/** Funding and liquidations → `funding_settlements`, `liquidations`, and what they change in positions and balances. */
import type { FundingPayment, RiskEvent } from '@perps/domain/account';
import { type Draft, type Fact, move, without, write } from './draft.ts';
import { liquidationOrdered } from './orders.ts';
import { liquidationFillBooked, positionClosed, positionSet } from './positions.ts';
import { ratesBetween, settledRate } from './rates.ts';

const HOUR_MS = 3_600_000;

/** One row per position and posting. A correction of an hour is a row of its own. */
export function fundingPosted(draft: Draft, { hour, payments, transfers }: Fact<'FundingPosted'>): void {
  move(draft, transfers);
  for (const payment of payments) {
    const { key, positionId, position } = payment;
    const known = draft.account.positions[key];
    const open = known?.id === positionId ? known : undefined;
    const covered = coveredBy(draft, payment, { hour, since: open?.fundedHour });
    settlementRow(draft, payment, { hour, covered });
    // A position that is gone by now is only made good, not opened again.
    if (open !== undefined && position !== undefined) positionSet(draft, position, covered.newest ?? open.fundedHour);
  }
}

interface Covered {
  readonly hours: number | null;
  readonly rate: string | null;
  /** The newest hour it posted; undefined where it leaves that as it was. */
  readonly newest: number | undefined;
}

/** Where the rates of the hours are not known, hours are counted and no rate is told. */
function coveredBy(
  { rates }: Draft,
  { key, correction }: FundingPayment,
  { hour, since }: { readonly hour: number; readonly since: number | undefined },
): Covered {
  if (correction !== undefined) {
    return { hours: 1, rate: settledRate(rates, key, hour)?.toString() ?? null, newest: undefined };
  }
  if (since === undefined) return { hours: null, rate: null, newest: hour };
  const known = ratesBetween(rates, key, { since, hour });
  if (known === undefined) return { hours: Math.max(1, (hour - since) / HOUR_MS), rate: null, newest: hour };
  return { hours: known.hours, rate: String(known.mean), newest: known.newest };
}

/** `payment` has the user's sign, as at Hyperliquid: negative = paid. */
function settlementRow(
  draft: Draft,
  payment: FundingPayment,
  { hour, covered }: { readonly hour: number; readonly covered: Covered },
): void {
  const isCorrection = payment.correction !== undefined;
  write(draft, 'funding_settlements', {
    // Postings of one position never begin at one index twice; an hour is corrected once.
    id: `${payment.positionId}:${hour}:${isCorrection ? 'correction' : payment.fromIndex}`,
    position_id: payment.positionId,
    rate: covered.rate,
    payment: String(-payment.amount),
    settled_at: draft.at,
    user_id: draft.account.userId,
    symbol: payment.symbol,
    route: payment.route,
    size: String(payment.size),
    hour,
    hours: covered.hours,
    from_index: String(payment.fromIndex),
    to_index: String(payment.toIndex),
    is_correction: isCorrection,
  });
}

/** Warnings and liquidations: the wallet's row shows the step reached, each step of a liquidation is a row. */
export function riskMoved(draft: Draft, event: RiskEvent): void {
  if (event.type === 'LiquidationStepped') liquidationStepped(draft, event);
  const level = event.type === 'RiskCleared' ? undefined : event.episode?.level;
  const { risk } = draft.account;
  const others = without(risk, event.scope);
  draft.account = { ...draft.account, risk: level === undefined ? others : { ...others, [event.scope]: level } };
}

function liquidationStepped(draft: Draft, event: Fact<'LiquidationStepped'>): void {
  move(draft, event.transfers);
  liquidationOrdered(draft, event);
  liquidationFillBooked(draft, event);
  const { symbol, route, positionId, closePrice: price, position } = event;
  const isBookedByFills = route === 'HYPERLIQUID' && event.transfers.length === 0;
  if (position === undefined) positionClosed(draft, { symbol, route, positionId, price, status: 'LIQUIDATED' });
  else if (!isBookedByFills) positionSet(draft, position);
  write(draft, 'liquidations', {
    id: `${event.liquidationId}:${event.step}`,
    position_id: positionId,
    user_id: draft.account.userId,
    trigger_price: String(event.markPrice),
    close_price: String(price),
    margin_zeroed: String(event.marginZeroed),
    liquidation_id: event.liquidationId,
    step: event.step,
    scope: event.scope,
    symbol,
    route,
    size: String(event.size),
    closed_size: String(event.closedSize),
    slippage: String(event.slippage),
    pnl: String(event.pnl),
    remainder: String(event.remainder),
    bad_debt: String(event.badDebt),
    equity_before: String(event.before.equity),
    maintenance_before: String(event.before.maintenance),
    equity_after: String(event.after.equity),
    maintenance_after: String(event.after.maintenance),
    liquidated_at: draft.at,
  });
}
