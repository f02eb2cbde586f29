/** The execution client of one of our accounts at Hyperliquid. */
import type { Network } from '@perps/contracts/hyperliquid';
import type { VenueCancelRequest, VenueOrderRequest } from '@perps/domain/account';
import type { VenueObservation } from '@perps/domain/reconcile';
import type { Clock, Logger, Metrics, Random } from '@perps/runtime/ports';
import { noMetrics } from '@perps/runtime/ports';
import type { SzDecimalsOf } from './account-parse.ts';
import { type AccountQueries, createAccountQueries } from './account-queries.ts';
import { readCancelAnswer, readOrderAnswer, type VenueAnswer, type VenueCancelAnswer } from './answers.ts';
import { createExchangeClient, type SendOutcome } from './exchange.ts';
import { createVenueHttp } from './http.ts';
import { createInfoClient } from './info.ts';
import { lookup, type LookupRequest } from './lookup.ts';
import { cancelAction, orderAction, type VenueSigner } from './signing.ts';
import { createUserStream, type UserStream } from './user-stream.ts';
import { createWeightBudget, type WeightBudget } from './weight-budget.ts';

export interface HyperliquidVenueOptions {
  readonly url: string;
  readonly wsUrl: string;
  readonly network: Network;
  /** The account's address; `signer` is one of its agents. */
  readonly account: string;
  readonly signer: VenueSigner;
  /** Decimals of sizes by symbol, e.g. of the market board's instruments. */
  readonly szDecimalsOf: SzDecimalsOf;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  /** Shared where several clients of a process use one address; default: one of its own with the venue's whole weight. */
  readonly budget?: WeightBudget;
}

export interface HyperliquidVenue extends AccountQueries, Omit<UserStream, 'start' | 'stop'> {
  /** Connects the account's stream, and opens the connection that the next order leaves by. */
  start(): void;
  stop(): void;
  /**
   * Signs an order whose record is on its way to the journal, so that `place` finds its bytes ready. Nothing leaves before
   * `place`; where that never comes, the bytes are forgotten. Never throws.
   */
  prepare(request: VenueOrderRequest): void;
  /**
   * Sends an order that is journaled as pending. Never throws. Call it again only with the identical request and within
   * its expiry: the same signed bytes go out. After a restart look up instead.
   */
  place(request: VenueOrderRequest): Promise<VenueAnswer>;
  /** One look for an undecided order; what several looks amount to is `reconcilePending`'s to say. */
  lookup(request: LookupRequest): Promise<VenueObservation>;
  /** Cancels by cloid; whatever it answers, the order's own fate is told by fills and look-ups. Never throws. */
  cancel(request: VenueCancelRequest): Promise<VenueCancelAnswer>;
}

/** Nothing is sent before it is asked for; `start` opens the account's stream. */
export function createHyperliquidVenue(options: HyperliquidVenueOptions): HyperliquidVenue {
  const { clock, metrics = noMetrics } = options;
  const http = createVenueHttp(options.url);
  const budget = options.budget ?? createWeightBudget({ clock });
  const exchange = createExchangeClient({ ...options, http, budget, metrics });
  const queries = createAccountQueries({ ...options, info: createInfoClient({ http, budget, metrics }) });
  const stream = createUserStream({ ...options, metrics });

  function prepare(request: VenueOrderRequest): void {
    try {
      exchange.prepare(keyOf(request), orderAction(request));
    } catch {
      // A record the venue's format cannot carry: `place` says so.
    }
  }

  async function place(request: VenueOrderRequest): Promise<VenueAnswer> {
    const priority = request.purpose === 'user' ? 'order' : 'urgent';
    const outcome = await settle(() => exchange.send(keyOf(request), orderAction(request), priority));
    if (outcome.kind !== 'answered') return unanswered(outcome);
    return readOrderAnswer(outcome.answer, request, outcome);
  }

  async function cancel(request: VenueCancelRequest): Promise<VenueCancelAnswer> {
    const key = `cancel:${request.venueCloid}:${request.nonce}`;
    const outcome = await settle(() => exchange.send(key, cancelAction(request), 'urgent'));
    return outcome.kind === 'answered' ? readCancelAnswer(outcome.answer, outcome) : unanswered(outcome);
  }

  return {
    ...queries,
    prepare,
    place,
    cancel,
    lookup: (request) => lookup(queries, request),
    start() {
      http.warm();
      stream.start();
    },
    isConnected: () => stream.isConnected(),
    onFill: (listener) => stream.onFill(listener),
    onForeignFill: (listener) => stream.onForeignFill(listener),
    onOrderUpdate: (listener) => stream.onOrderUpdate(listener),
    onConnected: (listener) => stream.onConnected(listener),
    onDisconnected: (listener) => stream.onDisconnected(listener),
    stop() {
      stream.stop();
      http.close();
    },
  };
}

const keyOf = ({ venueCloid }: VenueOrderRequest): string => `order:${venueCloid}`;

/** A record the venue's format cannot carry is a bug of ours, but its fate is still certain: nothing was sent. */
async function settle(send: () => Promise<SendOutcome>): Promise<SendOutcome> {
  try {
    return await send();
  } catch (cause) {
    return { kind: 'notSent', cause: cause instanceof Error ? cause.message : String(cause) };
  }
}

/** What never left is as certain as a refusal. */
function unanswered(outcome: Exclude<SendOutcome, { kind: 'answered' }>): {
  readonly kind: 'refused' | 'unknown';
  readonly cause: string;
} {
  return { kind: outcome.kind === 'notSent' ? 'refused' : 'unknown', cause: outcome.cause };
}
