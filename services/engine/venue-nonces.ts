import type { ShardEvent } from '@perps/domain/shard';
import type { Clock } from '@perps/runtime/ports';

/** Nonces of one signer slot: at least the clock, always above everything journaled before (ms). */
export interface VenueNonces {
  /** The first free nonce; the decider takes consecutive ones from here. */
  next(): number;
  /** Marks as used what an entry journals, live or replayed. */
  applied(events: readonly ShardEvent[]): void;
}

/** One allocator per process and signer slot: Hyperliquid keeps nonces per key, whatever shard they served. */
export function createVenueNonces(clock: Clock): VenueNonces {
  let last = 0;
  return {
    next: () => Math.max(clock.now(), last + 1),
    applied(events) {
      for (const event of events) {
        if (event.type !== 'VenueOrderRequested' && event.type !== 'VenueCancelRequested') continue;
        last = Math.max(last, event.request.nonce);
      }
    },
  };
}
