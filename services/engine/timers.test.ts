import { describe, expect, it } from '@jest/globals';
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
