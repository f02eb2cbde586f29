/** Questions to `/info`: weighed, bounded in time, answered with the parsed body or a coded error. */
import { type InfoRequest, requestWeight, rowSurcharge } from '@perps/contracts/hyperliquid';
import type { Metrics } from '@perps/runtime/ports';
import { type VenueHttp, VenueTransportError } from './http.ts';
import type { WeightBudget, WeightPriority } from './weight-budget.ts';

export class VenueInfoError extends Error {
  /** RateLimited = not asked, or 429; VenueUnavailable = no usable answer; VenueRefused = the venue does not take it. */
  readonly code: 'RateLimited' | 'VenueUnavailable' | 'VenueRefused';
  readonly status: number | undefined;
  override readonly name = 'VenueInfoError';
  constructor(
    code: VenueInfoError['code'],
    message: string,
    options: ErrorOptions & { readonly status?: number } = {},
  ) {
    super(message, options);
    this.code = code;
    this.status = options.status;
  }
}

export interface InfoClient {
  /** The parsed body of a 200; rejects with `VenueInfoError`. Questions have no effect: the caller may repeat them. */
  ask(request: InfoRequest, options?: AskOptions): Promise<unknown>;
}

export interface AskOptions {
  readonly priority?: WeightPriority;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 5_000;
export function createInfoClient(options: {
  readonly http: VenueHttp;
  readonly budget: WeightBudget;
  readonly metrics: Metrics;
}): InfoClient {
  const { http, budget, metrics } = options;
  return {
    async ask(request, { priority = 'query', timeoutMs = TIMEOUT_MS } = {}) {
      if (!budget.tryTake(requestWeight(request), priority)) {
        metrics.count('venueWeightDenied', 1, { priority });
        throw new VenueInfoError('RateLimited', `no weight left for ${request.type}`);
      }
      const answer = await http.post('/info', JSON.stringify(request), { timeoutMs }).catch((cause: unknown) => {
        const reason = cause instanceof VenueTransportError ? cause.message : String(cause);
        throw new VenueInfoError('VenueUnavailable', `${request.type}: ${reason}`, { cause });
      });
      if (answer.status === 429) {
        budget.limited();
        metrics.count('venueRateLimited');
        throw new VenueInfoError('RateLimited', 'the venue answered 429', { status: 429 });
      }
      if (answer.status !== 200) throw statusError(request.type, answer.status);
      const body = parseBody(request.type, answer.text);
      if (Array.isArray(body)) budget.charge(rowSurcharge(request.type, body.length));
      return body;
    },
  };
}

function statusError(type: string, status: number): VenueInfoError {
  const code = status >= 500 ? 'VenueUnavailable' : 'VenueRefused';
  return new VenueInfoError(code, `${type}: the venue answered ${status}`, { status });
}

function parseBody(type: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new VenueInfoError('VenueUnavailable', `${type}: the answer is not JSON`, { cause });
  }
}
