import type { Clock, LeaseRequest, LeaseStore, Logger } from '@perps/runtime/ports';

export interface LeaseKeeperOptions {
  readonly leases: LeaseStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly request: LeaseRequest;
  readonly epoch: number;
  /** Monotonic ms just before the acquiring call left: the lease runs from then at the latest. */
  readonly acquiredAt: number;
  /** Another owner stands in the table. */
  readonly onLost: () => void;
}

export interface LeaseKeeper {
  /** True while the lease surely runs, by the monotonic clock. */
  isHeld(): boolean;
  stop(): void;
}

/** Renews at a third of the lease's life, so that two tries may fail before it ends. */
export function keepLease(options: LeaseKeeperOptions): LeaseKeeper {
  const { leases, clock, logger, request, epoch } = options;
  const stopper = new AbortController();
  let heldUntil = options.acquiredAt + request.ttlMs;

  const renew = async (): Promise<boolean> => {
    const askedAt = clock.monotonic();
    try {
      const { status } = await leases.renew({ ...request, epoch });
      if (status === 'lost') return false;
      heldUntil = askedAt + request.ttlMs;
    } catch (cause) {
      logger.warn('lease not renewed', { resource: request.resource, epoch, cause });
    }
    return true;
  };
  const run = async (): Promise<void> => {
    while (!stopper.signal.aborted) {
      await clock.sleep(request.ttlMs / 3, stopper.signal);
      if (stopper.signal.aborted || (await renew())) continue;
      heldUntil = Number.NEGATIVE_INFINITY;
      stopper.abort('lost');
      options.onLost();
    }
  };
  void run();
  return {
    isHeld: () => clock.monotonic() < heldUntil,
    stop: () => {
      stopper.abort('stopped');
    },
  };
}
