import { dueTimers } from '@perps/domain/shard';
import type { Clock, Logger } from '@perps/runtime/ports';
import { createAttempts } from './attempts.ts';
import type { HostShard } from './host-commands.ts';

/** What is due because time has passed: dead-man's switches, orders whose lifetime is over, slices of TWAPs and of large orders. */
export function createTimers(options: { readonly shard: HostShard; readonly clock: Clock; readonly logger: Logger }): {
  onTurn(): void;
} {
  const { shard, clock } = options;
  const attempts = createAttempts(options.logger, 'timer');
  return {
    onTurn() {
      const state = shard.state();
      if (state === undefined) return;
      for (const due of dueTimers(state, clock.now())) {
        const { accountId } = due;
        if (due.kind === 'cancelAll') {
          attempts.start(`cancelAll:${accountId}`, () =>
            shard.command(`deadman:${accountId}`, { type: 'CancelAll', accountId, cause: 'scheduled' }),
          );
        } else if (due.kind === 'venueSlice') {
          const { orderId } = due;
          attempts.start(`slice:${orderId}`, () =>
            shard.command(`slice:${orderId}`, { type: 'SendVenueSlice', accountId, orderId }),
          );
        } else if (due.kind === 'twap') {
          const { twapId } = due;
          attempts.start(`twap:${twapId}`, () =>
            shard.command(`twap:${twapId}`, { type: 'RunTwapSlice', accountId, twapId }),
          );
        } else {
          const { orderId } = due;
          attempts.start(`expire:${orderId}`, () =>
            shard.command(`expire:${orderId}`, { type: 'ExpireOrder', accountId, orderId }),
          );
        }
      }
    },
  };
}
