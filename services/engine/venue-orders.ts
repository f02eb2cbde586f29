import type { AccountEvent, VenueCancelRequest, VenueFate, VenueFill, VenueOrderRequest } from '@perps/domain/account';
import type { ShardEvent } from '@perps/domain/shard';
import { reconcilePending, type VenueObservation } from '@perps/domain/reconcile';
import { fateOfAnswer, type HyperliquidVenue } from '@perps/adapters/hyperliquid';
import type { Clock, Logger, Metrics } from '@perps/runtime/ports';

/** One venue account as the engine uses it (the Hyperliquid adapter, or a test's own). */
export type VenuePort = Pick<HyperliquidVenue, 'place' | 'cancel' | 'lookup' | 'fillsSince'> &
  Partial<Pick<HyperliquidVenue, 'prepare'>>;

export interface VenueOrdersOptions {
  readonly shard: number;
  readonly venue: VenuePort;
  /** Requests whose orders are not over, oldest first: `undecided` ones only, or also those that rest. */
  readonly live: (which: 'undecided' | 'all') => readonly VenueOrderRequest[];
  /** The request behind a cloid while its order is not over. */
  readonly request: (venueCloid: string) => VenueOrderRequest | undefined;
  readonly resolve: (request: VenueOrderRequest, fate: VenueFate) => Promise<unknown>;
  readonly bookFill: (request: VenueOrderRequest, fill: VenueFill) => Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Younger records are left to the answer on its way. */
const YOUNG_MS = 2_000;
/** Fills are asked for from this much before the oldest live order (ms): clocks differ. */
const FILLS_OVERLAP_MS = 60_000;
/** Looks at the venue in one pass (about 6 weight each); the rest waits for the next. */
const LOOKS_MAX = 10;
/** The user stream brings a fill within milliseconds of the answer; only after this long it is asked for (20 weight a call). */
const STREAM_MS_MAX = 500;

export interface VenueOrders {
  /** Events that were decided and are being journaled: their orders are signed meanwhile, and sent by `committed` only. */
  decided(events: readonly ShardEvent[]): void;
  /** Effects of committed events: what was journaled is sent now, once. Never called for replayed events. */
  committed(events: readonly AccountEvent[]): void;
  /** One pass over everything that is not over. `all`: also the young ones (after a reconnect, at start). */
  reconcile(pass: { readonly all: boolean }): Promise<void>;
  /** Age of the oldest undecided order (ms), 0 if none. */
  oldestUndecidedMs(): number;
}

/** Sends venue orders of one shard and finds out what became of them; answer, stream and reconciler resolve alike. */
export const createVenueOrders = (options: VenueOrdersOptions): VenueOrders => new Orders(options);

class Orders implements VenueOrders {
  readonly #options: VenueOrdersOptions;
  /** Consistent absences by cloid, for as long as the order is undecided. */
  readonly #absences = new Map<string, number>();
  /** Passes run one after another. */
  #passes: Promise<void> = Promise.resolve();

  constructor(options: VenueOrdersOptions) {
    this.#options = options;
  }

  decided(events: readonly ShardEvent[]): void {
    const { venue } = this.#options;
    for (const event of events) {
      // After the put has left: signing shall cost the time of the journal, not its own.
      if (event.type === 'VenueOrderRequested') setImmediate(() => venue.prepare?.(event.request));
    }
  }

  committed(events: readonly AccountEvent[]): void {
    for (const event of events) {
      if (event.type === 'VenueOrderRequested') this.#run(this.#place(event.request), event.request.venueCloid);
      else if (event.type === 'VenueCancelRequested') this.#run(this.#cancel(event.request), event.request.venueCloid);
    }
  }

  reconcile({ all }: { readonly all: boolean }): Promise<void> {
    const pass = this.#passes.then(() => this.#reconcileOnce(all));
    this.#passes = pass.catch(() => undefined);
    return pass;
  }

  oldestUndecidedMs(): number {
    const oldest = this.#options.live('undecided')[0];
    return oldest === undefined ? 0 : Math.max(0, this.#options.clock.now() - oldest.requestedAt);
  }

  /** A failure here loses nothing: the record stays live and the next pass looks it up. */
  #run(work: Promise<unknown>, venueCloid: string): void {
    work.catch((cause: unknown) =>
      this.#options.logger.warn('venue order: left to the reconciler', { venueCloid, cause: String(cause) }),
    );
  }

  async #place(request: VenueOrderRequest): Promise<void> {
    const { venue, clock, logger, metrics } = this.#options;
    const sentAt = clock.monotonic();
    const answer = await venue.place(request);
    metrics.timing('venue.place', clock.monotonic() - sentAt, { kind: answer.kind });
    const fate = fateOfAnswer(request, answer);
    if (fate === undefined) {
      metrics.count('venue.unknown');
      logger.warn('venue order: fate unknown', { venueCloid: request.venueCloid, cause: causeOf(answer) });
      return void (await this.#look(request));
    }
    await this.#options.resolve(request, fate);
    if (answer.kind !== 'filled') return;
    await clock.sleep(STREAM_MS_MAX);
    await this.#bookMissingFills([request]);
  }

  async #cancel(request: VenueCancelRequest): Promise<void> {
    const answer = await this.#options.venue.cancel(request);
    const order = this.#options.request(request.venueCloid);
    if (order === undefined) return;
    // A cancel may have raced with a fill, also when it failed: ask what the order came to.
    const observation = await this.#look(order);
    if (answer.kind === 'refused' && observation?.kind === 'found' && observation.status === 'open') {
      await this.#options.resolve(order, { kind: 'cancelRefused', cause: answer.cause });
    }
  }

  async #reconcileOnce(all: boolean): Promise<void> {
    const { live, clock, metrics } = this.#options;
    const orders = live(all ? 'all' : 'undecided');
    metrics.gauge('venue.pending', orders.length);
    const due = orders.filter(({ requestedAt }) => all || clock.now() - requestedAt >= YOUNG_MS);
    if (due.length === 0) return;
    if (all) await this.#bookMissingFills(due);
    for (const request of all ? due : due.slice(0, LOOKS_MAX)) await this.#look(request);
  }

  async #look(request: VenueOrderRequest): Promise<VenueObservation | undefined> {
    const { venueCloid, expiresAfter } = request;
    if (!this.#isLive(request)) return undefined;
    const observation = await this.#options.venue.lookup(request);
    const step = reconcilePending({ expiresAfter, absences: this.#absences.get(venueCloid) ?? 0 }, observation);
    if (step.step === 'lookAgain') {
      this.#absences.set(venueCloid, step.absences);
      return observation;
    }
    this.#absences.delete(venueCloid);
    if (observation.kind === 'found' && observation.executedSize > 0n) await this.#bookMissingFills([request]);
    await this.#options.resolve(request, step.fate);
    return observation;
  }

  #isLive(request: VenueOrderRequest): boolean {
    return this.#options.request(request.venueCloid) !== undefined;
  }

  /** Books every fill of these orders that the venue knows; booking is idempotent by tid, so asking again costs nothing. */
  async #bookMissingFills(requests: readonly VenueOrderRequest[]): Promise<void> {
    const { venue, bookFill } = this.#options;
    const wanted = new Map(
      requests.filter((request) => this.#isLive(request)).map((request) => [request.venueCloid, request]),
    );
    if (wanted.size === 0) return;
    const since = Math.min(...[...wanted.values()].map(({ requestedAt }) => requestedAt)) - FILLS_OVERLAP_MS;
    for (const { venueCloid, fill } of await venue.fillsSince(since)) {
      const request = venueCloid === undefined ? undefined : wanted.get(venueCloid);
      if (request !== undefined) await bookFill(request, fill);
    }
  }
}

const causeOf = (answer: Awaited<ReturnType<VenuePort['place']>>): string =>
  'cause' in answer ? answer.cause : answer.kind;
