/** Channels that tell what happened: a snapshot first where the venue gives one, then every update. */
import type { AccountUpdate, FillRecord } from '@perps/contracts/engine';
import type { LedgerUpdate, UserFill } from '@perps/contracts/hyperliquid';
import { formatUsd } from '@perps/domain/money';
import { historicalOrders } from '../info/history.ts';
import type { InfoDeps } from '../info/index.ts';
import { notificationOf, toUserFill } from '../wire/fills.ts';
import { type InstrumentOf, isLive, toHistoricalOrder, toOrderUpdate } from '../wire/orders.ts';
import { frameOf } from './subscriber.ts';
import type { UserSubscription } from './user-topics.ts';

/** Fills of the first frame of `userFills`. */
const SNAPSHOT_FILLS_MAX = 2_000;
const ZERO_HASH = `0x${'0'.repeat(64)}`;

export interface Snapshot {
  readonly frame: string | undefined;
  readonly lastTradeId: number;
}

const NOTHING: Snapshot = { frame: undefined, lastTradeId: 0 };

const present = <Value>(value: Value | undefined): value is Value => value !== undefined;
const wireFills = (fills: readonly FillRecord[], instrumentOf: InstrumentOf): UserFill[] =>
  fills.map((fill) => toUserFill(fill, instrumentOf)).filter(present);

/** The first frame after the acknowledgement; throws where the engine does not answer. */
export async function buildSnapshot(
  subscription: UserSubscription,
  accountId: string,
  deps: InfoDeps,
): Promise<Snapshot> {
  const { type, user } = subscription;
  switch (type) {
    case 'userFills': {
      const fills = (await deps.engines.query('fills', { accountId })).slice(0, SNAPSHOT_FILLS_MAX);
      const frame = frameOf(type, { user, fills: wireFills(fills, deps.markets.instrument), isSnapshot: true });
      return { frame, lastTradeId: fills.reduce((last, { tradeId }) => Math.max(last, tradeId), 0) };
    }
    case 'orderUpdates': {
      const records = (await deps.engines.query('orders', { accountId })).filter(isLive);
      const rows = records.map((record) => toOrderUpdate(record, deps.markets.instrument)).filter(present);
      return rows.length === 0 ? NOTHING : { frame: frameOf(type, rows), lastTradeId: 0 };
    }
    case 'userHistoricalOrders': {
      const records = await deps.engines.query('orders', { accountId });
      const orderHistory = historicalOrders(records, deps.markets.instrument);
      return { frame: frameOf(type, { user, orderHistory, isSnapshot: true }), lastTradeId: 0 };
    }
    case 'userFundings':
      return { frame: frameOf(type, { user, fundings: [], isSnapshot: true }), lastTradeId: 0 };
    case 'userNonFundingLedgerUpdates':
      return { frame: frameOf(type, { user, nonFundingLedgerUpdates: [], isSnapshot: true }), lastTradeId: 0 };
    case 'userTwapHistory':
      return { frame: frameOf(type, { user, history: [], isSnapshot: true }), lastTradeId: 0 };
    case 'userTwapSliceFills':
      return { frame: frameOf(type, { user, twapSliceFills: [], isSnapshot: true }), lastTradeId: 0 };
    default:
      return NOTHING;
  }
}

/** The frames one committed update means for a channel; often none. */
export function buildEvents(
  subscription: UserSubscription,
  update: AccountUpdate,
  instrumentOf: InstrumentOf,
): readonly string[] {
  const { type, user } = subscription;
  switch (type) {
    case 'userFills':
    case 'userEvents':
    case 'notification':
      return fillFrames(subscription, wireFills(update.fills, instrumentOf));
    case 'orderUpdates': {
      const rows = update.orders.map((record) => toOrderUpdate(record, instrumentOf)).filter(present);
      return rows.length === 0 ? [] : [frameOf(type, rows)];
    }
    case 'userHistoricalOrders': {
      const orderHistory = update.orders.map((record) => toHistoricalOrder(record, instrumentOf)).filter(present);
      return orderHistory.length === 0 ? [] : [frameOf(type, { user, orderHistory })];
    }
    case 'userNonFundingLedgerUpdates': {
      const nonFundingLedgerUpdates = ledgerUpdates(update);
      return nonFundingLedgerUpdates.length === 0 ? [] : [frameOf(type, { user, nonFundingLedgerUpdates })];
    }
    default:
      return [];
  }
}

function fillFrames({ type, user }: UserSubscription, fills: readonly UserFill[]): readonly string[] {
  if (fills.length === 0) return [];
  if (type === 'userFills') return [frameOf(type, { user, fills })];
  // The channel of userEvents has another name, and no user inside.
  if (type === 'userEvents') return [frameOf('user', { fills })];
  const resting = fills.filter(({ crossed }) => !crossed);
  return resting.map((fill) => frameOf('notification', { notification: notificationOf(fill) }));
}

function ledgerUpdates(update: AccountUpdate): LedgerUpdate[] {
  return update.events.flatMap((event): LedgerUpdate[] =>
    event.type === 'DepositCredited'
      ? [{ time: update.at, hash: ZERO_HASH, delta: { type: 'deposit', usdc: formatUsd(event.amount) } }]
      : [],
  );
}
