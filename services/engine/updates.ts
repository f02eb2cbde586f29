import { type AccountEvent, filledOrder, type Order } from '@perps/domain/account';
import { fillRecordOf, liquidationRecords, liveStatus, triggerRecord } from '@perps/domain/shard';
import type { AccountUpdate, FillRecord, OrderRecord } from '@perps/contracts/engine';

/** One committed entry, as the follower needs it. */
export interface CommittedEntry {
  readonly streamId: string;
  readonly at: number;
  readonly events: readonly AccountEvent[];
}

export interface UpdateFollower {
  /** Orders that live when following begins (from the recovered state). */
  seed(orders: Iterable<OrderRecord>): void;
  /** What this entry means for its account's watchers; undefined where nothing they see changed. */
  follow(batch: { readonly shard: number; readonly seq: number }, entry: CommittedEntry): AccountUpdate | undefined;
}

/**
 * Folds committed events into order records. The shard's own state runs ahead of the journal, so what is pushed must
 * come from here: nothing is visible before it is durable (I2).
 */
export function createUpdateFollower(): UpdateFollower {
  const live = new Map<number, OrderRecord>();

  return {
    seed(orders) {
      for (const record of orders) live.set(record.order.orderId, record);
    },
    follow({ shard, seq }, { streamId: accountId, at, events }) {
      const touched = new Map<number, OrderRecord>();
      const fired: OrderRecord[] = [];
      const fills: FillRecord[] = [];
      for (const event of events) {
        const record = nextRecord(event, { accountId, at });
        if (event.type === 'TriggerFired' && record !== undefined) fired.push(record);
        else if (record !== undefined) touched.set(record.order.orderId, record);
        if (event.type === 'LiquidationStepped') {
          const records = liquidationRecords(event, accountId);
          if (records !== undefined) touched.set(records.order.order.orderId, records.order);
          if (records !== undefined) fills.push(records.fill);
        }
        if (event.type === 'OrderFilled') fills.push(fillRecordOf(event, { accountId, cloid: record?.order.cloid }));
      }
      if (events.length === 0) return undefined;
      return { shard, seq, accountId, at, events, orders: [...fired, ...touched.values()], fills };
    },
  };

  function nextRecord(
    event: AccountEvent,
    entry: { readonly accountId: string; readonly at: number },
  ): OrderRecord | undefined {
    if (event.type === 'TriggerPlaced' || event.type === 'TriggerChanged') {
      const record = triggerRecord(entry.accountId, event.trigger);
      live.set(record.order.orderId, record);
      return record;
    }
    if (event.type === 'TriggerFired') {
      const waited = live.get(event.orderId);
      return waited === undefined ? undefined : triggered(waited, entry.at);
    }
    if (event.type === 'TriggerEnded') {
      live.delete(event.trigger.orderId);
      const cause = event.cause === undefined ? {} : { cause: event.cause };
      return { ...triggerRecord(entry.accountId, event.trigger), status: event.status, ...cause, statusAt: entry.at };
    }
    if (event.type === 'OrderPlaced') {
      const record: OrderRecord = {
        accountId: entry.accountId,
        order: event.order,
        status: liveStatus(event.order),
        statusAt: entry.at,
      };
      live.set(event.order.orderId, record);
      return record;
    }
    if (event.type !== 'OrderFilled' && event.type !== 'OrderChanged' && event.type !== 'OrderEnded') return undefined;
    const before = live.get(event.orderId);
    if (before === undefined) return undefined;
    const after = changedRecord(before, event, entry.at);
    if (event.type === 'OrderEnded') live.delete(event.orderId);
    else live.set(event.orderId, after);
    return after;
  }
}

/** Its order follows, in the same entry. */
const triggered = (record: OrderRecord, at: number): OrderRecord => ({ ...record, status: 'triggered', statusAt: at });

type OrderChange = Extract<AccountEvent, { type: 'OrderFilled' | 'OrderChanged' | 'OrderEnded' }>;

function changedRecord(before: OrderRecord, event: OrderChange, at: number): OrderRecord {
  const { order } = before;
  switch (event.type) {
    case 'OrderFilled': {
      const filled = filledOrder(order, event);
      return { ...before, order: filled, status: liveStatus(filled), statusAt: at };
    }
    case 'OrderChanged': {
      const changed: Order = { ...order, legs: event.legs, orderMargin: event.orderMargin };
      return { ...before, order: changed, status: liveStatus(changed), statusAt: at };
    }
    case 'OrderEnded':
      return {
        ...before,
        status: event.status,
        statusAt: at,
        ...(event.cause === undefined ? {} : { cause: event.cause }),
      };
  }
}
