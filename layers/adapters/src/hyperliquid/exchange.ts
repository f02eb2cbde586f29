/** Sends signed actions: within the weight budget, within their expiry, a repeat always with the identical bytes. */
import type { Network } from '@perps/contracts/hyperliquid';
import type { Clock, Logger, Metrics, Random } from '@perps/runtime/ports';
import { backoffMs } from '@perps/runtime/backoff';
import { type CircuitBreaker, CircuitOpenError, createCircuitBreaker } from '@perps/runtime/circuit-breaker';
import { type VenueHttp, type VenueHttpAnswer, VenueTransportError } from './http.ts';
import { type Signable, signBody, type VenueSigner } from './signing.ts';
import type { WeightBudget, WeightPriority } from './weight-budget.ts';

export type SendOutcome =
  | { readonly kind: 'answered'; readonly answer: VenueHttpAnswer; readonly repeats: number }
  /** Not one byte ever left. */
  | { readonly kind: 'notSent'; readonly cause: string }
  | { readonly kind: 'unknown'; readonly cause: string };

export interface ExchangeOptions {
  readonly http: VenueHttp;
  readonly budget: WeightBudget;
  readonly signer: VenueSigner;
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface ExchangeClient {
  /** Signs what `send` with the same key will send; nothing leaves. A failure is forgotten: `send` then signs itself. */
  prepare(key: string, signable: Signable): void;
  /** `key` names the intent; the same key again within the expiry sends the same bytes. */
  send(key: string, signable: Signable, priority: WeightPriority): Promise<SendOutcome>;
}

interface Prepared {
  readonly body: Promise<string>;
  readonly expiresAfter: number;
  /** Times the bytes may have left. */
  sent: number;
}

interface Attempt {
  readonly priority: WeightPriority;
  /** When the caller asked (monotonic): the first try's own time until the bytes are out is measured from here. */
  readonly acceptedAt: number;
}

/** Unanswered orders in a row, and the pause after them. */
const BREAKER = { failuresMax: 5, coolDownMs: 1_000 };
/** A single order or cancel. */
const ACTION_WEIGHT = 1;
const TIMEOUT_MS = 5_000;
const BACKOFF = { baseMs: 100, capMs: 2_000 };
/** With full jitter more fit into the usual 5 s than help. */
const REPEATS_MAX = 8;
/** Bytes are kept past their expiry, so that a late repeat is recognised as one (ms). */
const KEPT_MS = 60_000;
const KEPT_MAX = 10_000;

class Exchange implements ExchangeClient {
  readonly #options: ExchangeOptions;
  readonly #prepared = new Map<string, Prepared>();

  readonly #breaker: CircuitBreaker;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#breaker = createCircuitBreaker({ ...BREAKER, clock: options.clock, name: 'the venue' });
  }

  prepare(key: string, signable: Signable): void {
    if (this.#options.clock.now() >= signable.expiresAfter) return;
    const prepared = this.#prepare(key, signable);
    prepared.body.catch(() => {
      if (this.#prepared.get(key) === prepared) this.#prepared.delete(key);
    });
  }

  async send(key: string, signable: Signable, priority: WeightPriority): Promise<SendOutcome> {
    const { clock, logger } = this.#options;
    const acceptedAt = clock.monotonic();
    if (clock.now() >= signable.expiresAfter) return this.#tooLate(key, 'expired before it was signed');
    if (!(await this.#weight(signable, priority))) return this.#tooLate(key, 'no request weight before its expiry');
    const prepared = this.#prepare(key, signable);
    try {
      await prepared.body;
    } catch (cause) {
      if (this.#prepared.get(key) === prepared) this.#prepared.delete(key);
      logger.error('venue action not signed', { key, cause: String(cause) });
      return { kind: 'notSent', cause: `not signed: ${cause instanceof Error ? cause.message : 'signer failed'}` };
    }
    // Signing took time; past the expiry the venue would only refuse.
    if (clock.now() >= signable.expiresAfter) return this.#tooLate(key, 'expired while it was signed');
    return this.#post(prepared, { priority, acceptedAt });
  }

  #tooLate(key: string, cause: string): SendOutcome {
    const sent = this.#prepared.get(key)?.sent ?? 0;
    return { kind: sent > 0 ? 'unknown' : 'notSent', cause };
  }

  async #weight({ expiresAfter }: Signable, priority: WeightPriority): Promise<boolean> {
    const { budget, clock, metrics } = this.#options;
    while (!budget.tryTake(ACTION_WEIGHT, priority)) {
      const waitMs = Math.max(1, budget.waitMs(ACTION_WEIGHT, priority));
      metrics.count('venueWeightWaited', 1, { priority });
      if (clock.now() + waitMs >= expiresAfter) return false;
      await clock.sleep(waitMs);
    }
    return true;
  }

  #prepare(key: string, signable: Signable): Prepared {
    const known = this.#prepared.get(key);
    if (known !== undefined) return known;
    this.#forgetOld();
    const { signer, network } = this.#options;
    const prepared = {
      body: signBody(signable, { signer, network }),
      expiresAfter: signable.expiresAfter,
      sent: 0,
    };
    this.#prepared.set(key, prepared);
    return prepared;
  }

  /** Oldest first: insertion order is order of expiry, nearly. */
  #forgetOld(): void {
    const before = this.#options.clock.now() - KEPT_MS;
    for (const [key, { expiresAfter }] of this.#prepared) {
      if (expiresAfter > before && this.#prepared.size < KEPT_MAX) return;
      this.#prepared.delete(key);
    }
  }

  async #post(prepared: Prepared, first: Attempt): Promise<SendOutcome> {
    const { clock, random, budget, metrics } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#postOnce(
        prepared,
        attempt === 1 ? first : { ...first, acceptedAt: clock.monotonic() },
      );
      const isLimited = outcome.kind === 'answered' && outcome.answer.status === 429;
      if (!isLimited) return outcome;
      metrics.count('venueRateLimited');
      budget.limited();
      const waitMs = backoffMs(BACKOFF, attempt, random);
      const isOver = attempt > REPEATS_MAX || clock.now() + waitMs >= prepared.expiresAfter;
      if (isOver) return { kind: 'unknown', cause: 'HTTP 429 until its expiry' };
      await clock.sleep(waitMs);
      budget.charge(ACTION_WEIGHT);
    }
  }

  async #postOnce(prepared: Prepared, { priority, acceptedAt }: Attempt): Promise<SendOutcome> {
    const { metrics } = this.#options;
    const repeats = prepared.sent;
    const ask = (): Promise<VenueHttpAnswer> => this.#ask(prepared, acceptedAt);
    try {
      // What reduces risk is tried however sick the venue looks; an order is rather refused for certain than undecided.
      const answer = priority === 'urgent' ? await ask() : await this.#breaker.run(ask);
      return { kind: 'answered', answer, repeats };
    } catch (cause) {
      if (cause instanceof CircuitOpenError) {
        return { kind: repeats > 0 ? 'unknown' : 'notSent', cause: 'the venue does not answer' };
      }
      metrics.count('venueActionUnanswered');
      if (cause instanceof VenueTransportError && cause.isUnsent) {
        prepared.sent -= 1;
        return { kind: prepared.sent > 0 ? 'unknown' : 'notSent', cause: 'the venue cannot be reached' };
      }
      return { kind: 'unknown', cause: cause instanceof Error ? cause.message : String(cause) };
    }
  }

  async #ask(prepared: Prepared, acceptedAt: number): Promise<VenueHttpAnswer> {
    const { http, clock, metrics } = this.#options;
    const body = await prepared.body;
    prepared.sent += 1;
    const onSent = (): void => metrics.timing('venueActionToSocketMs', clock.monotonic() - acceptedAt);
    const startedAt = clock.monotonic();
    const answer = await http.post('/exchange', body, { timeoutMs: TIMEOUT_MS, onSent });
    metrics.timing('venueActionMs', clock.monotonic() - startedAt);
    if (answer.status >= 500) throw new VenueTransportError(`HTTP ${answer.status}`);
    return answer;
  }
}

/** One venue account's way to `/exchange`; signed bytes live in memory only and are never made twice. */
export const createExchangeClient = (options: ExchangeOptions): ExchangeClient => new Exchange(options);
