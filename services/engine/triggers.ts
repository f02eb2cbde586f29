import type { Price } from '@perps/domain/money';
import { reachedTriggers, type ShardState } from '@perps/domain/shard';
import type { Logger } from '@perps/runtime/ports';
import { createAttempts } from './attempts.ts';
import type { HostShard } from './host-commands.ts';

/** Fired by one turn at most; the rest comes with the next one, so that a gap cannot block the shard. */
const FIRED_MAX = 500;

export interface TriggerLoop {
  /** The accepted mark of the symbol moved. */
  onMark(symbol: string): void;
}

const isWaiting = ({ accounts }: ShardState, accountId: string, orderId: number): boolean =>
  accounts.get(accountId)?.triggers[orderId] !== undefined;

/** Turns accepted marks into firings, by price, then time; the decider looks at the mark again. */
export function createTriggerLoop(options: {
  readonly shard: HostShard;
  readonly logger: Logger;
  /** Runs the task after what waits already (setImmediate). */
  readonly later: (task: () => void) => void;
}): TriggerLoop {
  const { shard, later } = options;
  const attempts = createAttempts(options.logger, 'trigger');
  const waiting = new Set<string>();

  function fire(symbol: string, mark: Price): void {
    const state = shard.state();
    if (state === undefined) return;
    const reached = reachedTriggers(state, symbol, { low: mark, high: mark, max: FIRED_MAX });
    for (const { accountId, orderId } of reached) {
      attempts.start(String(orderId), () =>
        shard.command(`trigger:${orderId}`, { type: 'FireTrigger', accountId, orderId }),
      );
    }
    // Deciding is done by now. What only waits (no liquidity, an old mark) waits for the next mark, too.
    const hasFired = reached.some(({ accountId, orderId }) => !isWaiting(state, accountId, orderId));
    if (reached.length === FIRED_MAX && hasFired) again(symbol);
  }

  function again(symbol: string): void {
    if (waiting.has(symbol)) return;
    waiting.add(symbol);
    later(() => {
      waiting.delete(symbol);
      onMark(symbol);
    });
  }

  function onMark(symbol: string): void {
    const mark = shard.pricing().markets[symbol]?.markPrice;
    if (mark !== undefined) fire(symbol, mark);
  }

  return { onMark };
}
