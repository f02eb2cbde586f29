import { describe, expect, it } from '@jest/globals';
import { fillRecords, isShardWide, type OrderRecord, orderRecords } from '@perps/domain/shard';
import { createUpdateFollower } from '../../services/engine/updates.ts';
import { createShardHistory } from '../support/shard-history.ts';

describe('what an engine pushes', () => {
  it.each([1, 2, 3])('ends in what the shard itself knows of orders and fills (history %d)', (seed) => {
    const { entries, state } = createShardHistory({ shard: 1, seed, commands: 300 });
    const follower = createUpdateFollower();
    const orders = new Map<number, OrderRecord>();
    const tradeIds = new Set<number>();
    for (const [seq, { streamId, at, events }] of entries.entries()) {
      const accountEvents = events.filter((event) => !isShardWide(event));
      const update = follower.follow({ shard: 1, seq }, { streamId, at, events: accountEvents });
      for (const record of update?.orders ?? []) orders.set(record.order.orderId, record);
      for (const { tradeId } of update?.fills ?? []) tradeIds.add(tradeId);
    }
    const accounts = [...state.accounts.keys()];
    const known = accounts.flatMap((accountId) => orderRecords(state, accountId));
    expect(known.length).toBeGreaterThan(20);
    expect(orders.size).toBe(known.length);
    for (const record of known) {
      const { status, order } = orders.get(record.order.orderId)!;
      expect({ status, legs: order.legs.length }).toEqual({ status: record.status, legs: record.order.legs.length });
    }
    const fills = accounts.flatMap((accountId) => fillRecords(state, accountId));
    expect(fills.length).toBeGreaterThan(20);
    expect(tradeIds).toEqual(new Set(fills.map(({ tradeId }) => tradeId)));
  });
});
