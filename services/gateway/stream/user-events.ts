/** Channels that tell what happened: a snapshot first where the venue gives one, then every update. */
import type { AccountUpdate, FillRecord, OrderRecord } from '@perps/contracts/engine';
import type { LedgerUpdate, TwapHistoryRow, UserFill, WsUserFunding } from '@perps/contracts/hyperliquid';
import { accountOrEmpty } from '../info/account.ts';
import { aggregated, isOrdinary, newestSliceFills } from '../info/fills.ts';
import { historicalOrders } from '../info/history.ts';
import type { InfoDeps } from '../info/index.ts';
import { ledgerUpdates, newestFundings } from '../info/money.ts';
import { notificationOf, toUserFill } from '../wire/fills.ts';
import { fundingsOf, ledgerUpdatesOf, liquidationsOf, type WireMarkets } from '../wire/ledger.ts';
import { toSliceFills, twapHistory, twapHistoryOf } from '../wire/twap.ts';
import { type InstrumentOf, isLive, toHistoricalOrder, toOrderUpdate } from '../wire/orders.ts';
import { frameOf } from './subscriber.ts';
import type { UserSubscription } from './user-topics.ts';

/** Fills of the first frame of `userFills`. */
const SNAPSHOT_FILLS_MAX = 2_000;
/** An engine tells an update well within this time of its commit, or its followers start again. */
const PUSHED_WITHIN_MS = 60_000;

export interface Snapshot {
  readonly frame: string | undefined;
  readonly lastTradeId: number;
  /** Movements of money it told, by `toldKey`. */
  readonly told: ReadonlySet<string>;
}

const NOTHING_TOLD: ReadonlySet<string> = new Set();
const NOTHING: Snapshot = { frame: undefined, lastTradeId: 0, told: NOTHING_TOLD };

/** The snapshot comes from tables, the updates from the engine: what both tell is known by its time and what moved. */
const toldKey = (row: WsUserFunding | LedgerUpdate): string =>
  'coin' in row ? `${row.time}:${row.coin}` : `${row.time}:${JSON.stringify(row.delta)}`;

const twapKey = ({ twapId, status }: TwapHistoryRow): string => `${twapId}:${status.status}`;

const present = <Value>(value: Value | undefined): value is Value => value !== undefined;
const wireFills = (fills: readonly FillRecord[], instrumentOf: InstrumentOf, user: string): UserFill[] =>
  fills.map((fill) => toUserFill(fill, instrumentOf, user)).filter(present);

/** One fill for each order, moment and price, where the subscriber wants that. */
const combined = (
  fills: readonly FillRecord[],
  { aggregateByTime }: Extract<UserSubscription, { type: 'userFills' }>,
): readonly FillRecord[] => (aggregateByTime === true ? aggregated(fills) : fills);

/** Only what is so recent that the engine may push it yet. */
const recentKeys = (rows: readonly (WsUserFunding | LedgerUpdate)[], { clock }: InfoDeps): ReadonlySet<string> =>
  new Set(rows.filter(({ time }) => time > clock.now() - PUSHED_WITHIN_MS).map(toldKey));

/** The first frame after the acknowledgement; throws where the engine does not answer. */
export async function buildSnapshot(
  subscription: UserSubscription,
  accountId: string,
  deps: InfoDeps,
): Promise<Snapshot> {
  const { type, user } = subscription;
  switch (type) {
    case 'userFills': {
      const fills = (await deps.engines.query('fills', { accountId })).filter(isOrdinary).slice(0, SNAPSHOT_FILLS_MAX);
      const shown = wireFills(combined(fills, subscription), deps.markets.instrument, user);
      const frame = frameOf(type, { user, fills: shown, isSnapshot: true });
      return {
        frame,
        lastTradeId: fills.reduce((last, { tradeId }) => Math.max(last, tradeId), 0),
        told: NOTHING_TOLD,
      };
    }
    case 'orderUpdates': {
      const records = (await deps.engines.query('orders', { accountId })).filter(isLive);
      const rows = records.map((record) => toOrderUpdate(record, deps.markets.instrument)).filter(present);
      return rows.length === 0 ? NOTHING : { ...NOTHING, frame: frameOf(type, rows) };
    }
    case 'userHistoricalOrders': {
      const records = await deps.engines.query('orders', { accountId });
      const orderHistory = historicalOrders(records, deps.markets.instrument);
      return { ...NOTHING, frame: frameOf(type, { user, orderHistory, isSnapshot: true }) };
    }
    case 'userFundings': {
      const fundings = (await newestFundings(accountId, deps)).toReversed();
      const frame = frameOf(type, { user, fundings, isSnapshot: true });
      return { ...NOTHING, frame, told: recentKeys(fundings, deps) };
    }
    case 'userNonFundingLedgerUpdates': {
      const newest = await ledgerUpdates({ user, isNewestFirst: true }, accountId, deps);
      const nonFundingLedgerUpdates = newest.toReversed();
      const frame = frameOf(type, { user, nonFundingLedgerUpdates, isSnapshot: true });
      return { ...NOTHING, frame, told: recentKeys(nonFundingLedgerUpdates, deps) };
    }
    case 'userTwapHistory': {
      const account = await accountOrEmpty(accountId, deps);
      const history = twapHistory(account, { user, instrumentOf: deps.markets.instrument });
      const told = new Set(history.map(twapKey));
      return { ...NOTHING, frame: frameOf(type, { user, history, isSnapshot: true }), told };
    }
    case 'userTwapSliceFills': {
      const twapSliceFills = await newestSliceFills(accountId, deps);
      const lastTradeId = twapSliceFills.reduce((last, { fill }) => Math.max(last, fill.tid), 0);
      return { ...NOTHING, frame: frameOf(type, { user, twapSliceFills, isSnapshot: true }), lastTradeId };
    }
    default:
      return NOTHING;
  }
}

/** The frames one committed update means for a channel, without the movements of money in `told`; often none. */
export function buildEvents(
  subscription: UserSubscription,
  update: AccountUpdate,
  { markets, told = NOTHING_TOLD }: { readonly markets: WireMarkets; readonly told?: ReadonlySet<string> },
): readonly string[] {
  const { type, user } = subscription;
  const instrumentOf = markets.instrument;
  const isNew = (row: WsUserFunding | LedgerUpdate): boolean => !told.has(toldKey(row));
  switch (type) {
    case 'userEvents':
      return [
        ...fillFrames(subscription, wireFills(update.fills.filter(isOrdinary), instrumentOf, user)),
        ...twapEventFrames(update, { user, instrumentOf }),
        // The channel of userEvents has another name, and no user inside.
        ...nonUserCancels(update),
        ...liquidationsOf(update, user).map((liquidation) => frameOf('user', { liquidation })),
        ...fundingsOf(update, markets).map((funding) => frameOf('user', { funding })),
      ];
    case 'userFills':
      return fillFrames(
        subscription,
        wireFills(combined(update.fills.filter(isOrdinary), subscription), instrumentOf, user),
      );
    case 'userTwapSliceFills': {
      const twapSliceFills = toSliceFills(update.fills, instrumentOf);
      return twapSliceFills.length === 0 ? [] : [frameOf(type, { user, twapSliceFills })];
    }
    case 'userTwapHistory': {
      const history = twapHistoryOf(update, { user, instrumentOf }).filter((row) => !told.has(twapKey(row)));
      return history.length === 0 ? [] : [frameOf(type, { user, history })];
    }
    case 'notification':
      return fillFrames(subscription, wireFills(update.fills, instrumentOf, user));
    case 'orderUpdates': {
      const decided = update.orders.filter((record) => !isUndecided(record));
      const rows = decided.map((record) => toOrderUpdate(record, instrumentOf)).filter(present);
      return rows.length === 0 ? [] : [frameOf(type, rows)];
    }
    case 'userHistoricalOrders': {
      const orderHistory = update.orders.map((record) => toHistoricalOrder(record, instrumentOf)).filter(present);
      return orderHistory.length === 0 ? [] : [frameOf(type, { user, orderHistory })];
    }
    case 'userFundings': {
      const fundings = fundingsOf(update, markets).filter(isNew);
      return fundings.length === 0 ? [] : [frameOf(type, { user, fundings })];
    }
    case 'userNonFundingLedgerUpdates': {
      const nonFundingLedgerUpdates = ledgerUpdatesOf(update, instrumentOf).filter(isNew);
      return nonFundingLedgerUpdates.length === 0 ? [] : [frameOf(type, { user, nonFundingLedgerUpdates })];
    }
    default:
      return [];
  }
}

/** It may never come to rest: its answer waits for that, too. */
const isUndecided = ({ status, order }: OrderRecord): boolean =>
  status === 'pending' && (order.timeInForce === 'IOC' || order.filledSize === 0n);

const NON_USER_CANCELS: ReadonlySet<OrderRecord['status']> = new Set([
  'marginCanceled',
  'reduceOnlyCanceled',
  'siblingFilledCanceled',
  'selfTradeCanceled',
  'liquidatedCanceled',
  'scheduledCancel',
  'expired',
] as const);

/** What `userEvents` tells of TWAPs. */
function twapEventFrames(
  update: AccountUpdate,
  view: { readonly user: string; readonly instrumentOf: InstrumentOf },
): readonly string[] {
  const history = twapHistoryOf(update, view);
  const twapSliceFills = toSliceFills(update.fills, view.instrumentOf);
  return [
    ...(twapSliceFills.length === 0 ? [] : [frameOf('user', { twapSliceFills })]),
    ...(history.length === 0 ? [] : [frameOf('user', { twapHistory: history })]),
  ];
}

function nonUserCancels({ orders }: AccountUpdate): readonly string[] {
  const nonUserCancel = orders
    .filter(({ status }) => NON_USER_CANCELS.has(status))
    .map(({ order }) => ({ coin: order.symbol, oid: order.orderId }));
  return nonUserCancel.length === 0 ? [] : [frameOf('user', { nonUserCancel })];
}

function fillFrames({ type, user }: UserSubscription, fills: readonly UserFill[]): readonly string[] {
  if (fills.length === 0) return [];
  if (type === 'userFills') return [frameOf(type, { user, fills })];
  if (type === 'userEvents') return [frameOf('user', { fills })];
  const resting = fills.filter(({ crossed }) => !crossed);
  return resting.map((fill) => frameOf('notification', { notification: notificationOf(fill) }));
}
