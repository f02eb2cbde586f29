import { signerResource } from '@perps/contracts/engine';
import type { Clock, LeaseRequest, LeaseStore, Logger } from '@perps/runtime/ports';

export interface SignerSlot {
  readonly slot: number;
  /** True while the slot is surely ours, by the monotonic clock. */
  isHeld(): boolean;
  release(): Promise<void>;
}

export interface SignerSlotOptions {
  readonly leases: LeaseStore;
  readonly slots: number;
  readonly owner: string;
  readonly address: string;
  readonly ttlMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Another process has the slot. */
  readonly onLost: (cause: Error) => void;
}

/** Between two rounds over slots that are all taken (ms). */
const RETRY_MS = 500;

/** Takes the first free agent key of the venue account: one process per key, because nonces are per key. */
export async function takeSignerSlot(options: SignerSlotOptions): Promise<SignerSlot> {
  const { leases, clock, logger } = options;
  for (;;) {
    for (let slot = 0; slot < options.slots; slot += 1) {
      const request: LeaseRequest = {
        resource: signerResource('hl-trading', slot),
        owner: options.owner,
        address: options.address,
        ttlMs: options.ttlMs,
      };
      const outcome = await leases.acquire(request);
      if (outcome.status === 'acquired') return keepSlot(options, request, { slot, epoch: outcome.epoch });
    }
    logger.warn('every signer slot is taken, waiting', { slots: options.slots });
    await clock.sleep(RETRY_MS);
  }
}

function keepSlot(
  options: SignerSlotOptions,
  request: LeaseRequest,
  held: { readonly slot: number; readonly epoch: number },
): SignerSlot {
  const { leases, clock, logger } = options;
  const stopping = new AbortController();
  let heldUntil = clock.monotonic() + request.ttlMs;
  void renewing();
  return {
    slot: held.slot,
    isHeld: () => clock.monotonic() < heldUntil,
    async release() {
      stopping.abort();
      await leases.release({ resource: request.resource, owner: request.owner, epoch: held.epoch });
    },
  };

  async function renewing(): Promise<void> {
    for (;;) {
      await clock.sleep(request.ttlMs / 3, stopping.signal);
      if (stopping.signal.aborted) return;
      const askedAt = clock.monotonic();
      try {
        const outcome = await leases.renew({ ...request, epoch: held.epoch });
        if (outcome.status === 'lost') return options.onLost(new Error(`${request.resource} has another owner`));
        heldUntil = askedAt + request.ttlMs;
      } catch (cause) {
        // The store may be away for hours: nothing new is signed meanwhile, and the slot may still be ours afterwards.
        logger.warn('signer slot: renewal failed', { cause: String(cause) });
      }
    }
  }
}
