/** Answers about an account's orders, fills and rights. */
import type {
  ExtraAgent,
  InfoRequestOf,
  OrderStatusAnswer,
  TwapSliceFill,
  UserFees,
  UserFill,
  UserFundingRow,
  UserRateLimit,
  UserRole,
} from '@perps/contracts/hyperliquid';
import type { Account } from '../accounts.ts';
import { requestsCap } from '../exchange/index.ts';
import { historicalOrderWire } from '../order-wire.ts';
import { formatMoney } from '../ticks.ts';
import { depositedAccount, type Venue } from '../venue.ts';

const ROWS_MAX = 2_000;

/** An order younger than the visibility lag is unknown, as at the venue. */
export function orderStatus(venue: Venue, request: InfoRequestOf<'orderStatus'>): OrderStatusAnswer {
  const { oid, user } = request;
  const order = typeof oid === 'number' ? venue.orders.get(oid) : venue.orders.byCloid(user, oid);
  const isVisible = order?.user === user && venue.clock.now() - order.placedAt >= venue.rules.visibilityLagMs;
  if (order === undefined || !isVisible) return { status: 'unknownOid' };
  return { status: 'order', order: historicalOrderWire(venue.orders, order) };
}

const FUNDING_ROWS_MAX = 500;

/** Oldest first, bounds inclusive; without a start the oldest come first all the same. */
export function userFunding(account: Account, request: InfoRequestOf<'userFunding'>): readonly UserFundingRow[] {
  const start = request.startTime ?? 0;
  const end = request.endTime ?? Number.MAX_SAFE_INTEGER;
  return account.fundings.filter(({ time }) => time >= start && time <= end).slice(0, FUNDING_ROWS_MAX);
}

/** Newest first; with bounds oldest first. */
export function userTwapSliceFills(
  account: Account,
  request: InfoRequestOf<'userTwapSliceFillsByTime'> | undefined,
): readonly TwapSliceFill[] {
  if (request === undefined) return account.twapFills.slice(-ROWS_MAX).reverse();
  const end = request.endTime ?? Number.MAX_SAFE_INTEGER;
  return account.twapFills.filter(({ fill }) => fill.time >= request.startTime && fill.time <= end).slice(0, ROWS_MAX);
}

/** Newest first. */
export function userFills(account: Account, isAggregated: boolean): readonly UserFill[] {
  const newest = account.fills.slice(-ROWS_MAX).reverse();
  return isAggregated ? aggregated(newest) : newest;
}

/** Oldest first, bounds inclusive. */
export function userFillsByTime(account: Account, request: InfoRequestOf<'userFillsByTime'>): readonly UserFill[] {
  const end = request.endTime ?? Number.MAX_SAFE_INTEGER;
  const inside = account.fills.filter((fill) => fill.time >= request.startTime && fill.time <= end);
  const rows = request.reversed === true ? inside.reverse().slice(0, ROWS_MAX) : inside.slice(0, ROWS_MAX);
  return request.aggregateByTime === true ? aggregated(rows) : rows;
}

/** Fills of one order in one transaction at one price count as one. */
function aggregated(fills: readonly UserFill[]): readonly UserFill[] {
  const merged: UserFill[] = [];
  for (const fill of fills) {
    const last = merged.at(-1);
    const isSame = last !== undefined && last.oid === fill.oid && last.hash === fill.hash && last.px === fill.px;
    if (!isSame) merged.push(fill);
    else {
      merged[merged.length - 1] = {
        ...last,
        sz: sum(last.sz, fill.sz),
        closedPnl: sum(last.closedPnl, fill.closedPnl),
        fee: sum(last.fee, fill.fee),
      };
    }
  }
  return merged;
}

/** The venue's own sums carry float noise too. */
const sum = (left: string, right: string): string => {
  const total = String(Number((Number(left) + Number(right)).toFixed(8)));
  return total.includes('.') ? total : `${total}.0`;
};

export const userRateLimit = (account: Account): UserRateLimit => ({
  cumVlm: formatMoney(account.volume),
  nRequestsUsed: account.requestsUsed,
  nRequestsCap: requestsCap(account),
  nRequestsSurplus: 0,
});

export function userRole(venue: Venue, user: string): UserRole {
  const master = venue.agents.get(user);
  if (master !== undefined) return { role: 'agent', data: { user: master } };
  return { role: depositedAccount(venue, user) === undefined ? 'missing' : 'user' };
}

export const extraAgents = (account: Account): readonly ExtraAgent[] =>
  account.agents
    .filter((agent) => agent.name !== '')
    .map(({ name, address, validUntil }) => ({ name, address, validUntil }));

const VIP_TIERS = [
  { ntlCutoff: '5000000.0', cross: '0.0004', add: '0.00012', spotCross: '0.0006', spotAdd: '0.0003' },
  { ntlCutoff: '25000000.0', cross: '0.00035', add: '0.00008', spotCross: '0.0005', spotAdd: '0.0002' },
  { ntlCutoff: '100000000.0', cross: '0.0003', add: '0.00004', spotCross: '0.0004', spotAdd: '0.0001' },
  { ntlCutoff: '500000000.0', cross: '0.00028', add: '0.0', spotCross: '0.00035', spotAdd: '0.0' },
  { ntlCutoff: '2000000000.0', cross: '0.00026', add: '0.0', spotCross: '0.0003', spotAdd: '0.0' },
  { ntlCutoff: '7000000000.0', cross: '0.00024', add: '0.0', spotCross: '0.00025', spotAdd: '0.0' },
];
const MAKER_TIERS = [
  { makerFractionCutoff: '0.005', add: '-0.00001' },
  { makerFractionCutoff: '0.015', add: '-0.00002' },
  { makerFractionCutoff: '0.03', add: '-0.00003' },
];
const STAKING_TIERS = [
  { bpsOfMaxSupply: '0.0', discount: '0.0' },
  { bpsOfMaxSupply: '0.0001', discount: '0.05' },
  { bpsOfMaxSupply: '0.001', discount: '0.1' },
  { bpsOfMaxSupply: '0.01', discount: '0.15' },
  { bpsOfMaxSupply: '0.1', discount: '0.2' },
  { bpsOfMaxSupply: '1.0', discount: '0.3' },
  { bpsOfMaxSupply: '5.0', discount: '0.4' },
];

export function userFees(venue: Venue, account: Account): UserFees {
  const rate = (value: number): string => value.toFixed(6).replace(/0+$/, '');
  const date = new Date(venue.clock.now()).toISOString().slice(0, 10);
  return {
    dailyUserVlm: [{ date, userCross: formatMoney(account.volume), userAdd: '0.0', exchange: '0.0' }],
    feeSchedule: {
      cross: '0.00045',
      add: '0.00015',
      spotCross: '0.0007',
      spotAdd: '0.0004',
      tiers: { vip: VIP_TIERS, mm: MAKER_TIERS },
      referralDiscount: '0.04',
      stakingDiscountTiers: STAKING_TIERS,
    },
    userCrossRate: rate(venue.rules.takerFee),
    userAddRate: rate(venue.rules.makerFee),
    userSpotCrossRate: '0.0007',
    userSpotAddRate: '0.0004',
    activeReferralDiscount: '0.0',
    trial: null,
    feeTrialEscrow: '0.0',
    nextTrialAvailableTimestamp: null,
    stakingLink: null,
    activeStakingDiscount: { bpsOfMaxSupply: '0.0', discount: '0.0' },
  };
}

/** Fills of one change, as the stream sends them. */
export const userFillsForStream = (fills: readonly UserFill[], isAggregated: boolean): readonly UserFill[] =>
  isAggregated ? aggregated(fills) : fills;
