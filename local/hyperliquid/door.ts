/** One request of `/info` or `/exchange`, whatever it came by: faults, weight, parsing, answer. */
import {
  internalError,
  parseExchangeRequest,
  parseInfoRequest,
  rateLimited,
  recoverSigner,
  requestWeight,
  rowSurcharge,
  type ExchangeRequest,
  type InfoRequest,
} from '@perps/contracts/hyperliquid';
import { executeExchange } from './exchange/index.ts';
import type { Endpoint, Faults, RequestScope } from './faults.ts';
import { answerInfo, VENUE_FAILURE } from './info/index.ts';
import type { RateLimiter } from './rate-limits.ts';
import type { Venue } from './venue.ts';

export type DoorAnswer =
  | { readonly kind: 'json'; readonly body: unknown; readonly infoType: string | undefined }
  | { readonly kind: 'failure'; readonly status: number; readonly text: string; readonly contentType: string }
  /** The connection dies without an answer. */
  | { readonly kind: 'dead' };

export interface Door {
  serve(request: { readonly endpoint: Endpoint; readonly body: unknown; readonly ip: string }): Promise<DoorAnswer>;
}

type Parsed =
  | { readonly endpoint: 'info'; readonly request: InfoRequest }
  | { readonly endpoint: 'exchange'; readonly request: ExchangeRequest };

const DELAY_MS_DEFAULT = 1_000;

export function createDoor(parts: {
  readonly venue: Venue;
  readonly faults: Faults;
  readonly limiter: RateLimiter;
  /** Called after every executed action: it used at least a nonce. */
  readonly onExecuted: () => void;
}): Door {
  const { venue, faults, limiter, onExecuted } = parts;

  const answer = (parsed: Parsed, ip: string): DoorAnswer => {
    if (!limiter.take(ip, requestWeight(parsed.request))) return { kind: 'failure', ...rateLimited() };
    if (parsed.endpoint === 'exchange') {
      const body = executeExchange(venue, parsed.request);
      onExecuted();
      return { kind: 'json', body, infoType: undefined };
    }
    const body = answerInfo(venue, parsed.request);
    if (body === VENUE_FAILURE) return { kind: 'failure', ...internalError() };
    if (Array.isArray(body)) limiter.charge(ip, rowSurcharge(parsed.request.type, body.length));
    return { kind: 'json', body, infoType: parsed.request.type };
  };

  return {
    serve: async ({ endpoint, body, ip }) => {
      const parsed = parse(endpoint, body);
      if (parsed.kind === 'failure') return parsed;
      // Recovering a signer costs more than the whole order: only an armed fault asks for it twice.
      const scope = faults.isCalm() ? { endpoint, accounts: [] } : scopeOf(venue, parsed.parsed);
      const early = strikeBefore(faults, scope);
      if (early !== undefined) return early;
      const result = answer(parsed.parsed, ip);
      const delay = faults.strike('delay', scope);
      if (delay !== undefined) await venue.clock.sleep(delay.ms ?? DELAY_MS_DEFAULT);
      const isLost = endpoint === 'exchange' && faults.strike('loseAnswer', scope) !== undefined;
      return isLost ? { kind: 'dead' } : result;
    },
  };
}

/** Faults that strike before anything is executed. */
function strikeBefore(faults: Faults, scope: RequestScope): DoorAnswer | undefined {
  if (scope.endpoint === 'exchange' && faults.strike('loseRequest', scope) !== undefined) return { kind: 'dead' };
  if (faults.strike('http429', scope) !== undefined) return { kind: 'failure', ...rateLimited() };
  if (faults.strike('http500', scope) !== undefined) return { kind: 'failure', ...internalError() };
  return undefined;
}

function parse(
  endpoint: Endpoint,
  body: unknown,
): { readonly kind: 'parsed'; readonly parsed: Parsed } | Extract<DoorAnswer, { kind: 'failure' }> {
  if (endpoint === 'info') {
    const result = parseInfoRequest(body);
    return result.ok
      ? { kind: 'parsed', parsed: { endpoint, request: result.request } }
      : { kind: 'failure', ...result };
  }
  const result = parseExchangeRequest(body);
  return result.ok ? { kind: 'parsed', parsed: { endpoint, request: result.request } } : { kind: 'failure', ...result };
}

/** The addresses a request is about: the asked user, or signer and master of an action. */
function scopeOf(venue: Venue, parsed: Parsed): RequestScope {
  if (parsed.endpoint === 'info') {
    const accounts = 'user' in parsed.request ? [parsed.request.user] : [];
    return { endpoint: 'info', accounts };
  }
  const signer = recoverSigner(parsed.request, venue.rules.network);
  if (signer === undefined) return { endpoint: 'exchange', accounts: [] };
  const master = venue.agents.get(signer);
  return { endpoint: 'exchange', accounts: master === undefined ? [signer] : [signer, master] };
}
