/** The hours of a shard: closed before the first decision after them, corrected and posted in the background. */
import { accountsToPost, fundingCorrections, fundingPosting, HOUR_MS, isHourOpen } from '@perps/domain/shard';
import type { Clock, Logger } from '@perps/runtime/ports';
import { createAttempts } from './attempts.ts';
import type { HostShard } from './host-commands.ts';

/** Accounts asked at once; the next ones when these are durable, so that orders pass between. */
const CHUNK = 100;

export interface FundingLoop {
  /** Fixes the holders of an hour that has passed. Before every decision; costs a comparison. */
  closeHours(): void;
  onTurn(): void;
}

export function createFundingLoop(options: {
  readonly shardIndex: number;
  readonly shard: HostShard;
  readonly clock: Clock;
  readonly logger: Logger;
}): FundingLoop {
  const { shardIndex, shard, clock } = options;
  const attempts = createAttempts(options.logger, 'funding');
  let isClosing = false;

  function closeHours(): void {
    const state = shard.state();
    const now = clock.now();
    // Closing is a decision itself.
    if (state === undefined || isClosing || !isHourOpen(state, now)) return;
    isClosing = true;
    const hour = Math.floor(now / HOUR_MS) * HOUR_MS;
    const command = { type: 'CloseFundingHour', shard: shardIndex, hour } as const;
    attempts.start(`close:${hour}`, () => shard.command(`hour:${hour}`, command));
    isClosing = false;
  }

  async function post(): Promise<void> {
    const state = shard.state();
    const posting = state === undefined ? undefined : fundingPosting(state);
    if (state === undefined || posting === undefined) return;
    const { hour, routes } = posting;
    let chunk: Promise<unknown>[] = [];
    for (const accountId of accountsToPost(state, routes)) {
      chunk.push(shard.command(`post:${accountId}`, { type: 'PostFunding', accountId, routes }));
      if (chunk.length < CHUNK) continue;
      await Promise.all(chunk);
      chunk = [];
    }
    await Promise.all(chunk);
    await shard.command(`posted:${hour}`, { type: 'FinishFundingPosting', shard: shardIndex, hour });
  }

  return {
    closeHours,
    onTurn() {
      closeHours();
      const state = shard.state();
      if (state === undefined) return;
      for (const correction of fundingCorrections(state, CHUNK)) {
        const { accountId, symbol, route, hour } = correction;
        attempts.start(`correct:${accountId}:${symbol}:${route}:${hour}`, () =>
          shard.command(`correct:${accountId}`, correction),
        );
      }
      if (fundingPosting(state) !== undefined) attempts.start('post', post);
    },
  };
}
