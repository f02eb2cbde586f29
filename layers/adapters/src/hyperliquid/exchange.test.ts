import { describe, expect, it } from '@jest/globals';
import { noMetrics, silentLogger } from '@perps/runtime/ports';
import { createSeededRandom, createVirtualClock } from '@perps/runtime/testing';
import { createExchangeClient, type SendOutcome } from './exchange.ts';
import { type VenueHttp, type VenueHttpAnswer, VenueTransportError } from './http.ts';
import { orderAction } from './signing.ts';
import { ok, orderRequest, scriptedHttp, testSigner } from './testing/index.ts';
import { createWeightBudget } from './weight-budget.ts';

const FILLED = ok({ status: 'ok', response: { type: 'order', data: { statuses: [{ resting: { oid: 1 } }] } } });
const LIMITED: VenueHttpAnswer = { status: 429, text: 'null' };

function setUp(http: VenueHttp, changes: { readonly perMinute?: number; readonly signer?: typeof testSigner } = {}) {
  const clock = createVirtualClock();
  const budget = createWeightBudget({ clock, perMinute: changes.perMinute ?? 1_200 });
  const exchange = createExchangeClient({
    http,
    budget,
    signer: changes.signer ?? testSigner,
    network: 'Testnet',
    clock,
    random: createSeededRandom(1),
    logger: silentLogger,
    metrics: noMetrics,
  });
  const request = orderRequest(clock.now());
  const send = (): Promise<SendOutcome> => exchange.send(request.venueCloid, orderAction(request), 'order');
  return { clock, budget, exchange, request, send };
}

describe('sending an action', () => {
  it('repeats the identical bytes after 429 and tells how often they were sent', async () => {
    const http = scriptedHttp(LIMITED, LIMITED, FILLED);
    const { clock, send } = setUp(http);
    const outcome = send();
    await clock.advance(2_000);
    expect(await outcome).toEqual({ kind: 'answered', answer: FILLED, repeats: 2 });
    expect(new Set(http.bodies).size).toBe(1);
    expect(http.bodies).toHaveLength(3);
  });

  it('gives up on 429 before the expiry, undecided, and sends nothing past it', async () => {
    const http = scriptedHttp(LIMITED);
    const { clock, send } = setUp(http);
    const outcome = send();
    await clock.advance(60_000);
    expect(await outcome).toEqual({ kind: 'unknown', cause: 'HTTP 429 until its expiry' });
    expect(http.bodies.length).toBeLessThanOrEqual(9);
  });

  it('a lost answer is unknown; the caller’s repeat is the same bytes, signed once', async () => {
    const http = scriptedHttp(new VenueTransportError('socket hang up'), FILLED);
    let signatures = 0;
    const signer = {
      ...testSigner,
      signDigest: async (digest: Uint8Array) => {
        signatures += 1;
        return testSigner.signDigest(digest);
      },
    };
    const { send } = setUp(http, { signer });
    expect(await send()).toEqual({ kind: 'unknown', cause: 'socket hang up' });
    expect(await send()).toEqual({ kind: 'answered', answer: FILLED, repeats: 1 });
    expect(new Set(http.bodies).size).toBe(1);
    expect(signatures).toBe(1);
  });

  it('where no connection came about nothing was sent, unless an earlier copy was', async () => {
    const refused = new VenueTransportError('connect', {
      cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
    });
    const { send } = setUp(scriptedHttp(refused, new VenueTransportError('socket hang up'), refused));
    expect(await send()).toEqual({ kind: 'notSent', cause: 'the venue cannot be reached' });
    expect((await send()).kind).toBe('unknown');
    expect(await send()).toEqual({ kind: 'unknown', cause: 'the venue cannot be reached' });
  });

  it('refuses to sign past the expiry; nothing was sent, so that is certain', async () => {
    const http = scriptedHttp(FILLED);
    const { clock, send } = setUp(http);
    await clock.advance(5_000);
    expect(await send()).toEqual({ kind: 'notSent', cause: 'expired before it was signed' });
    expect(http.bodies).toHaveLength(0);
  });

  it('past the expiry an order that was sent before stays undecided', async () => {
    const { clock, send } = setUp(scriptedHttp(new VenueTransportError('time-out')));
    await send();
    await clock.advance(5_000);
    expect((await send()).kind).toBe('unknown');
  });

  it('does not send what expired while it was signed', async () => {
    const http = scriptedHttp(FILLED);
    const slow = Promise.withResolvers<void>();
    const signer = {
      ...testSigner,
      signDigest: (digest: Uint8Array) => slow.promise.then(() => testSigner.signDigest(digest)),
    };
    const { clock, send } = setUp(http, { signer });
    const outcome = send();
    await clock.advance(6_000);
    slow.resolve();
    expect(await outcome).toEqual({ kind: 'notSent', cause: 'expired while it was signed' });
    expect(http.bodies).toHaveLength(0);
  });

  it('a signer that fails leaves nothing behind: the next try signs anew', async () => {
    const http = scriptedHttp(FILLED);
    let isBroken = true;
    const signer = {
      ...testSigner,
      signDigest: (digest: Uint8Array) =>
        isBroken ? Promise.reject(new Error('KMS out of reach')) : testSigner.signDigest(digest),
    };
    const { send } = setUp(http, { signer });
    expect(await send()).toEqual({ kind: 'notSent', cause: 'not signed: KMS out of reach' });
    isBroken = false;
    expect((await send()).kind).toBe('answered');
  });

  it('signs ahead without sending, and sends those bytes', async () => {
    const http = scriptedHttp(FILLED);
    const signed: Uint8Array[] = [];
    const signer = {
      ...testSigner,
      signDigest: async (digest: Uint8Array) => {
        signed.push(digest);
        return testSigner.signDigest(digest);
      },
    };
    const { clock, exchange, request, send } = setUp(http, { signer });
    exchange.prepare(request.venueCloid, orderAction(request));
    await clock.settle();
    expect([signed.length, http.bodies.length]).toEqual([1, 0]);
    expect((await send()).kind).toBe('answered');
    expect([signed.length, http.bodies.length]).toEqual([1, 1]);
    await clock.advance(5_000);
    exchange.prepare('too late', orderAction(request));
    expect(signed).toHaveLength(1);
  });

  it('a signature ahead that failed is made again when it is needed', async () => {
    const http = scriptedHttp(FILLED);
    let isBroken = true;
    const signer = {
      ...testSigner,
      signDigest: (digest: Uint8Array) =>
        isBroken ? Promise.reject(new Error('KMS out of reach')) : testSigner.signDigest(digest),
    };
    const { clock, exchange, request, send } = setUp(http, { signer });
    exchange.prepare(request.venueCloid, orderAction(request));
    await clock.settle();
    isBroken = false;
    expect((await send()).kind).toBe('answered');
  });

  it('waits for weight within the expiry; cancels go first with the rest of it', async () => {
    const http = scriptedHttp(FILLED);
    const { clock, budget, exchange, request, send } = setUp(http, { perMinute: 60 });
    expect(budget.tryTake(48, 'urgent')).toBe(true);
    const waiting = send();
    await clock.settle();
    expect(http.bodies).toHaveLength(0);
    expect((await exchange.send('cancel', orderAction(request), 'urgent')).kind).toBe('answered');
    await clock.advance(3_000);
    expect((await waiting).kind).toBe('answered');
  });

  it('an order for which no weight comes in time was not sent', async () => {
    const { budget, send } = setUp(scriptedHttp(FILLED), { perMinute: 60 });
    budget.charge(1_000);
    expect(await send()).toEqual({ kind: 'notSent', cause: 'no request weight before its expiry' });
  });

  it('after five unanswered orders refuses new ones for certain, but not what is urgent, until a probe is answered', async () => {
    const silence = new VenueTransportError('time-out');
    const broken: VenueHttpAnswer = { status: 502, text: '' };
    const http = scriptedHttp(silence, broken, silence, broken, silence, FILLED);
    const { clock, exchange, request } = setUp(http);
    const sendAs = (key: string, priority: 'order' | 'urgent') => exchange.send(key, orderAction(request), priority);
    for (const key of ['1', '2', '3', '4', '5']) expect((await sendAs(key, 'order')).kind).toBe('unknown');
    expect(await sendAs('6', 'order')).toEqual({ kind: 'notSent', cause: 'the venue does not answer' });
    expect((await sendAs('1', 'order')).kind).toBe('unknown');
    expect(http.bodies).toHaveLength(5);
    expect((await sendAs('7', 'urgent')).kind).toBe('answered');
    await clock.advance(1_000);
    expect((await sendAs('8', 'order')).kind).toBe('answered');
    expect((await sendAs('6', 'order')).kind).toBe('answered');
  });
});
