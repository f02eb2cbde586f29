import { describe, expect, it } from '@jest/globals';
import {
  errAnswer,
  errorTexts,
  type ExchangeRequest,
  type InfoRequest,
  isJsonContentType,
  isSupportedAggregation,
  okCancels,
  okDefault,
  okOrders,
  parseClientFrame,
  parseInfoRequest,
  parseJsonBody,
  parseSubscription,
  postErrorResponse,
  rateLimited,
  requestWeight,
  rowSurcharge,
  subscriptionKey,
  subscriptionResponse,
  wsErrorTexts,
} from './index.ts';

const USER = '0x0D1d9635D0640821d15e323ac8AdADfA9c111414';
const user = USER.toLowerCase();

describe('/info', () => {
  it.each<[object, object]>([
    [{ type: 'meta' }, { type: 'meta' }],
    [
      { type: 'allMids', dex: '', unknown: 1 },
      { type: 'allMids', dex: '' },
    ],
    [
      { type: 'clearinghouseState', user: USER },
      { type: 'clearinghouseState', user },
    ],
    [
      { type: 'openOrders', user: USER.slice(2) },
      { type: 'openOrders', user },
    ],
    [
      { type: 'orderStatus', user: USER, oid: 5 },
      { type: 'orderStatus', user, oid: 5 },
    ],
    [
      { type: 'orderStatus', user: USER, oid: `0x${'AB'.repeat(16)}` },
      { type: 'orderStatus', user, oid: `0x${'ab'.repeat(16)}` },
    ],
    [
      { type: 'candleSnapshot', req: { coin: 'BTC', interval: '1h', startTime: 0 } },
      { type: 'candleSnapshot', req: { coin: 'BTC', interval: '1h', startTime: 0 } },
    ],
    [
      { type: 'userFillsByTime', user: USER, startTime: 1, endTime: null },
      { type: 'userFillsByTime', user, startTime: 1, endTime: null },
    ],
  ])('reads %j', (body, request) => {
    expect(parseInfoRequest(body)).toEqual({ ok: true, request });
  });

  it.each<[unknown]>([
    [null],
    ['meta'],
    [{}],
    [{ type: 'metas' }],
    [{ type: 'clearinghouseState' }],
    [{ type: 'clearinghouseState', user: '0x12' }],
    [{ type: 'orderStatus', user: USER, oid: '5' }],
    [{ type: 'candleSnapshot', req: { coin: 'BTC', interval: '7m', startTime: 0 } }],
    [{ type: 'l2Book', coin: 7 }],
    [{ type: 'l2Book', coin: 'x'.repeat(33) }],
  ])('refuses %j', (body) => {
    expect(parseInfoRequest(body)).toMatchObject({ ok: false, status: 422 });
  });

  it('knows which coarser books exist', () => {
    expect(isSupportedAggregation({})).toBe(true);
    expect(isSupportedAggregation({ nSigFigs: 5, mantissa: 2 })).toBe(true);
    expect(isSupportedAggregation({ nSigFigs: 5, mantissa: 1 })).toBe(false);
    expect(isSupportedAggregation({ nSigFigs: 4, mantissa: 5 })).toBe(false);
    expect(isSupportedAggregation({ nSigFigs: 6 })).toBe(false);
  });
});

describe('WebSocket', () => {
  const echo = (body: unknown) => {
    const typed = parseSubscription(body);
    return typed && subscriptionResponse('subscribe', typed).data.subscription;
  };

  it.each<[object, object]>([
    [
      { type: 'l2Book', coin: 'HYPE' },
      { type: 'l2Book', coin: 'HYPE', nSigFigs: null, mantissa: null },
    ],
    [
      { type: 'l2Book', coin: 'BTC', nSigFigs: 5, mantissa: null, fast: true },
      { type: 'l2Book', coin: 'BTC', nSigFigs: 5, mantissa: null, fast: true },
    ],
    [{ type: 'allMids' }, { type: 'allMids' }],
    [
      { type: 'candle', coin: 'BTC', interval: '1m' },
      { type: 'candle', interval: '1m', coin: 'BTC' },
    ],
    [
      { type: 'userFills', user: USER, aggregateByTime: false },
      { type: 'userFills', user, aggregateByTime: false },
    ],
    [
      { type: 'clearinghouseState', user: USER },
      { type: 'clearinghouseState', user, dex: '' },
    ],
    [
      { type: 'openOrders', user: USER, dex: '' },
      { type: 'openOrders', user, dex: '' },
    ],
    [
      { type: 'spotState', user: USER },
      { type: 'spotState', user },
    ],
  ])('echoes %j typed', (body, expected) => {
    expect(JSON.stringify(echo(body))).toBe(JSON.stringify(expected));
  });

  it('takes defaults and absence for the same stream', () => {
    const key = (body: unknown) => subscriptionKey(parseSubscription(body)!);
    expect(key({ type: 'l2Book', coin: 'BTC' })).toBe(key({ type: 'l2Book', coin: 'BTC', nSigFigs: null }));
    expect(key({ type: 'openOrders', user: USER })).toBe(key({ type: 'openOrders', user, dex: '' }));
    expect(key({ type: 'candle', coin: 'BTC', interval: '1m' })).toBe(
      key({ interval: '1m', coin: 'BTC', type: 'candle' }),
    );
    expect(key({ type: 'trades', coin: 'BTC' })).not.toBe(key({ type: 'bbo', coin: 'BTC' }));
  });

  it('reads frames', () => {
    expect(parseClientFrame('{"method":"ping"}')).toEqual({ ok: true, frame: { method: 'ping' } });
    const posted = '{"method":"post","id":3,"request":{"type":"info","payload":{"type":"meta"}}}';
    expect(parseClientFrame(posted)).toMatchObject({
      ok: true,
      frame: { id: 3, request: { payload: { type: 'meta' } } },
    });
  });

  it.each([
    '',
    '{',
    'null',
    '{"method":"subscribe"}',
    '{"method":"subscribe","subscription":{"type":"nope"}}',
    '{"method":"post","id":"x"}',
  ])('answers %j on the error channel', (text) => {
    const error = `Error parsing JSON into valid websocket request: ${text}`;
    expect(parseClientFrame(text)).toEqual({ ok: false, error });
  });

  it('does not amplify a long malformed frame', () => {
    const answer = parseClientFrame('x'.repeat(100_000));
    expect(!answer.ok && answer.error.length).toBeLessThan(1_200);
  });

  it('spells its errors as the venue does', () => {
    const typed = parseSubscription({ type: 'l2Book', coin: 'BTC' })!;
    expect(wsErrorTexts.alreadySubscribed(typed)).toBe(
      'Already subscribed: {"type":"l2Book","coin":"BTC","nSigFigs":null,"mantissa":null}',
    );
    expect(postErrorResponse(4, rateLimited()).data.response.payload).toBe('429 Too Many Requests: null');
  });
});

describe('weights', () => {
  const orders = (length: number): ExchangeRequest => ({
    action: {
      type: 'order',
      orders: Array.from({ length }, () => ({
        a: 0,
        b: true,
        p: '1',
        s: '1',
        r: false,
        t: { limit: { tif: 'Gtc' as const } },
      })),
      grouping: 'na',
    },
    nonce: 1,
    signature: { r: '0x1', s: '0x1', v: 27 },
  });

  it.each<[string, ExchangeRequest | InfoRequest, number]>([
    ['one order', orders(1), 1],
    ['39 orders', orders(39), 1],
    ['40 orders', orders(40), 2],
    ['79 orders', orders(79), 2],
    ['200 orders', orders(200), 6],
    ['a book', { type: 'l2Book', coin: 'BTC' }, 2],
    ['a role', { type: 'userRole', user }, 60],
    ['meta', { type: 'meta' }, 20],
  ])('%s', (_, request, weight) => {
    expect(requestWeight(request)).toBe(weight);
  });

  it('charges rows', () => {
    expect(rowSurcharge('userFills', 2000)).toBe(100);
    expect(rowSurcharge('userFills', 19)).toBe(0);
    expect(rowSurcharge('candleSnapshot', 5000)).toBe(83);
    expect(rowSurcharge('meta', 500)).toBe(0);
  });
});

describe('answers and texts', () => {
  it('has the recorded bodies', () => {
    expect(okDefault()).toEqual({ status: 'ok', response: { type: 'default' } });
    expect(okOrders([{ error: errorTexts.reduceOnly(3) }])).toEqual({
      status: 'ok',
      response: {
        type: 'order',
        data: { statuses: [{ error: 'Reduce only order would increase position. asset=3' }] },
      },
    });
    expect(okCancels(['success'])).toEqual({
      status: 'ok',
      response: { type: 'cancel', data: { statuses: ['success'] } },
    });
    expect(errAnswer(errorTexts.leverageTypeSwitch)).toEqual({
      status: 'err',
      response: 'Cannot switch leverage type with open position.',
    });
  });

  it.each<[string, string]>([
    [errorTexts.insufficientMargin(0), 'Insufficient margin to place order. asset=0'],
    [
      errorTexts.postOnly(3, { bid: '65000', ask: '65001' }),
      'Post only order would have immediately matched, bbo was 65000@65001. asset=3',
    ],
    [errorTexts.farFromOracle(4), 'Price too far from oracle asset=4'],
    [errorTexts.duplicateNonce(5), 'Invalid nonce: duplicate nonce 5'],
    [errorTexts.nonceTooLow(5, 6), 'Invalid nonce: nonce too low 5 < 6'],
    [
      errorTexts.scheduleCancelVolume('12066.75'),
      'Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $12066.75.',
    ],
    [
      errorTexts.tooManyRequests({ used: 10001, cap: 10000, volume: '0.0' }),
      'Too many cumulative requests sent (10001 > 10000) for cumulative volume traded $0.0. Place taker orders to free up 1 request per USDC traded.',
    ],
  ])('%s', (text, expected) => {
    expect(text).toBe(expected);
  });

  it('has the HTTP layer', () => {
    expect(parseJsonBody('{"a":1}')).toEqual({ ok: true, body: { a: 1 } });
    expect(parseJsonBody('{')).toMatchObject({
      ok: false,
      status: 400,
      text: 'Failed to parse the request body as JSON',
    });
    expect(rateLimited()).toMatchObject({ status: 429, text: 'null', contentType: 'application/json' });
    expect(isJsonContentType('application/json; charset=utf-8')).toBe(true);
    expect(isJsonContentType('text/plain')).toBe(false);
    expect(isJsonContentType(undefined)).toBe(false);
  });
});
