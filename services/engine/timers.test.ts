import { describe, expect, it } from '@jest/globals';
import { size, usd } from '@perps/domain/money';
import { apply, initialShard, type ShardEvent } from '@perps/domain/shard';
import { NOW, OWNER } from '@perps/domain/testing';
import { silentLogger } from '@perps/runtime/ports';
import { createVirtualClock } from '@perps/runtime/testing';
import type { HostCommand } from './host-commands.ts';
import { createTimers } from './timers.ts';

describe('timers', () => {
  it("ask for a dead-man's switch once it is due, once while the answer is under way", async () => {
    const clock = createVirtualClock(NOW);
    const state = initialShard(0);
    const events: ShardEvent[] = [
      { type: 'AccountOpened', owner: OWNER },
      { type: 'CancelAllScheduled', cancelAllAt: NOW + 5_000 },
    ];
    apply(state, { commandId: 'c1', streamId: 'u1', at: NOW, events });
    const asked: HostCommand[] = [];
    const answer = Promise.withResolvers<{ kind: 'done' }>();
    const timers = createTimers({
      shard: {
        state: () => state,
        pricing: () => ({ markets: {}, funding: {} }),
        command: (_subject, command) => {
          asked.push(command);
          return answer.promise;
        },
      },
      clock,
      logger: silentLogger,
    });
    timers.onTurn();
    expect(asked).toEqual([]);
    await clock.advance(5_000);
    timers.onTurn();
    timers.onTurn();
    expect(asked).toEqual([{ type: 'CancelAll', accountId: 'u1', cause: 'scheduled' }]);
  });
});

describe('a TWAP', () => {
  it('is asked for its next slice once it is due', async () => {
    const clock = createVirtualClock(NOW);
    const state = initialShard(0);
    const twap = {
      twapId: 128,
      symbol: 'BTC',
      side: 'buy',
      size: size(10_000n),
      reduceOnly: false,
      minutes: 5,
      isRandomized: false,
      startedAt: NOW,
      slicesDone: 1,
      executedSize: size(0n),
      executedNotional: usd(0n),
    } as const;
    const events: ShardEvent[] = [
      { type: 'AccountOpened', owner: OWNER },
      { type: 'TwapPlaced', twap },
    ];
    apply(state, { commandId: 'c1', streamId: 'u1', at: NOW, events });
    const asked: HostCommand[] = [];
    const timers = createTimers({
      shard: {
        state: () => state,
        pricing: () => ({ markets: {}, funding: {} }),
        command: async (_subject, command) => {
          asked.push(command);
          return { kind: 'done' };
        },
      },
      clock,
      logger: silentLogger,
    });
    await clock.advance(29_999);
    timers.onTurn();
    expect(asked).toEqual([]);
    await clock.advance(1);
    timers.onTurn();
    expect(asked).toEqual([{ type: 'RunTwapSlice', accountId: 'u1', twapId: 128 }]);
  });
});
