import type { AccountEvent, VenueCancelRequest, VenueFate, VenueFill, VenueOrderRequest } from '@perps/domain/account';
import { reconcilePending, type VenueObservation } from '@perps/domain/reconcile';
import type { Clock, Logger, Metrics } from '@perps/runtime/ports';

/** What the venue said to one request. `unknown`: it may have happened. */
export type VenueAnswer =
  | { readonly kind: 'resting'; readonly venueOrderId: number }
  | { readonly kind: 'filled'; readonly venueOrderId: number; readonly totalSize: VenueFill['size'] }
  | { readonly kind: 'refused'; readonly cause: string }
  | { readonly kind: 'unknown'; readonly cause: string };

export type VenueCancelAnswer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly cause: string }
  | { readonly kind: 'unknown'; readonly cause: string };

/** One venue account as the engine uses it. */
export interface VenuePort {
  place(request: VenueOrderRequest): Promise<VenueAnswer>;
  cancel(request: VenueCancelRequest): Promise<VenueCancelAnswer>;
  /** One look by cloid (status, then fills); `unknown` where no certain answer came. */
  observe(request: VenueOrderRequest): Promise<VenueObservation>;
  /** The account's fills since `time` (ms, inclusive) that carry a cloid, oldest first. */
  fillsSince(
    time: number,
  ): Promise<readonly { readonly venueCloid: string; readonly symbol: string; readonly fill: VenueFill }[]>;
}

/** A venue order that is not over, as the shard knows it. */
export interface LiveVenueOrder {
  readonly request: VenueOrderRequest;
  /** `undecided`: nothing certain yet. `open`: rests. `ended`: over at the venue, fills still to be booked. */
  readonly status: 'undecided' | 'open' | 'ended';
  readonly isCancelRequested: boolean;
}

export interface VenueOrdersOptions {
  readonly shard: number;
  readonly venue: VenuePort;
  /** Everything that is not over, from the shard's state; and one of it. */
  readonly liveOrders: () => readonly LiveVenueOrder[];
  readonly liveOrder: (venueCloid: string) => LiveVenueOrder | undefined;
  readonly resolve: (request: VenueOrderRequest, fate: VenueFate) => Promise<unknown>;
  readonly bookFill: (request: VenueOrderRequest, fill: VenueFill) => Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Younger records are left to the answer on its way (spec 07: older than 5 s in the regular pass). */
const YOUNG_MS = 5_000;
/** Fills are asked for from this much before the oldest live order (ms): clocks differ. */
const FILLS_OVERLAP_MS = 60_000;
/** Looks at the venue in one pass; the rest waits for the next. */
const LOOKS_MAX = 50;
/** The user stream brings a fill within milliseconds of the answer; only after this long it is asked for (20 weight a call). */
const STREAM_MS_MAX = 500;

export interface VenueOrders {
  /** Effects of committed events: what was journaled is sent now, once. Never called for replayed events. */
  committed(events: readonly AccountEvent[]): void;
  /** One pass over everything that is not over. `all`: also the young ones (after a reconnect, at start). */
  reconcile(pass: { readonly all: boolean }): Promise<void>;
  /** Age of the oldest undecided order (ms), 0 if none. */
  oldestUndecidedMs(): number;
}

/** Sends venue orders of one shard and finds out what became of them; answer, stream and reconciler resolve alike. */
export function createVenueOrders(options: VenueOrdersOptions): VenueOrders {
  const { venue, clock, logger, metrics } = options;
  /** Consistent absences by cloid, for as long as the order is undecided. */
  const absences = new Map<string, number>();
  let running: Promise<void> | undefined;

  return {
    committed(events) {
      for (const event of events) {
        if (event.type === 'VenueOrderRequested') run(place(event.request), event.request.venueCloid);
        else if (event.type === 'VenueCancelRequested') run(cancel(event.request), event.request.venueCloid);
      }
    },
    async reconcile(pass) {
      await running;
      running = reconcileOnce(pass.all);
      await running;
    },
    oldestUndecidedMs() {
      const undecided = options.liveOrders().filter(({ status }) => status === 'undecided');
      return Math.max(0, ...undecided.map(({ request }) => clock.now() - request.requestedAt));
    },
  };

  /** A failure here loses nothing: the record stays live and the next pass looks it up. */
  function run(work: Promise<unknown>, venueCloid: string): void {
    work.catch((cause: unknown) =>
      logger.warn('venue order: left to the reconciler', { venueCloid, cause: String(cause) }),
    );
  }

  async function place(request: VenueOrderRequest): Promise<void> {
    const sentAt = clock.monotonic();
    const answer = await venue.place(request);
    metrics.timing('venue.place', clock.monotonic() - sentAt, { kind: answer.kind });
    switch (answer.kind) {
      case 'resting':
        return void (await options.resolve(request, { kind: 'open', venueOrderId: answer.venueOrderId }));
      case 'filled': {
        const { venueOrderId, totalSize } = answer;
        await options.resolve(request, { kind: 'ended', venueOrderId, status: 'filled', executedSize: totalSize });
        await clock.sleep(STREAM_MS_MAX);
        return await bookMissingFills([request]);
      }
      case 'refused':
        return void (await options.resolve(request, { kind: 'refused', cause: answer.cause }));
      case 'unknown':
        metrics.count('venue.unknown');
        logger.warn('venue order: fate unknown', { venueCloid: request.venueCloid, cause: answer.cause });
        return void (await look(request));
    }
  }

  async function cancel(request: VenueCancelRequest): Promise<void> {
    const answer = await venue.cancel(request);
    const order = options.liveOrder(request.venueCloid);
    if (order === undefined) return;
    // A cancel may have raced with a fill, also when it failed: ask what the order came to.
    const before = await look(order.request);
    if (answer.kind === 'refused' && before?.kind === 'found' && before.status === 'open') {
      await options.resolve(order.request, { kind: 'cancelRefused', cause: answer.cause });
    }
  }

  async function reconcileOnce(all: boolean): Promise<void> {
    const live = options.liveOrders();
    const due = live.filter(({ request }) => all || clock.now() - request.requestedAt >= YOUNG_MS).slice(0, LOOKS_MAX);
    if (due.length === 0) return;
    await bookMissingFills(due.map(({ request }) => request));
    for (const { request } of due) await look(request);
    metrics.gauge('venue.pending', live.length);
  }

  async function look(request: VenueOrderRequest): Promise<VenueObservation | undefined> {
    if (!isLive(request)) return undefined;
    const observation = await venue.observe(request);
    const seen = absences.get(request.venueCloid) ?? 0;
    const step = reconcilePending({ expiresAfter: request.expiresAfter, absences: seen }, observation);
    if (step.step === 'lookAgain') {
      absences.set(request.venueCloid, step.absences);
      return observation;
    }
    absences.delete(request.venueCloid);
    if (observation.kind === 'found' && observation.executedSize > 0n) await bookMissingFills([request]);
    await options.resolve(request, step.fate);
    return observation;
  }

  function isLive(request: VenueOrderRequest): boolean {
    return options.liveOrder(request.venueCloid) !== undefined;
  }

  /** Books every fill of these orders that the venue knows; booking is idempotent by tid, so asking again costs nothing. */
  async function bookMissingFills(requests: readonly VenueOrderRequest[]): Promise<void> {
    const wanted = new Map(requests.filter(isLive).map((request) => [request.venueCloid, request]));
    if (wanted.size === 0) return;
    const since = Math.min(...[...wanted.values()].map(({ requestedAt }) => requestedAt)) - FILLS_OVERLAP_MS;
    for (const { venueCloid, fill } of await venue.fillsSince(since)) {
      const request = wanted.get(venueCloid);
      if (request !== undefined) await options.bookFill(request, fill);
    }
  }
}
