import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { size } from '@perps/domain/money';
import type { VenueObservation } from '@perps/domain/reconcile';
import { noMetrics } from '@perps/runtime/ports';
import { createVirtualClock } from '@perps/runtime/testing';
import { parseAccountState, parseFills, parseOpenOrders, parseOrderUpdates, statusOf } from './account-parse.ts';
import { createAccountQueries } from './account-queries.ts';
import type { VenueHttpAnswer } from './http.ts';
import { createInfoClient, type InfoClient, VenueInfoError } from './info.ts';
import { lookup } from './lookup.ts';
import { ACCOUNT, orderRequest, scriptedHttp, szDecimalsOf } from './testing/index.ts';
import { createWeightBudget } from './weight-budget.ts';

const request = orderRequest(1_000_000);
const cloid = request.venueCloid;
const fill = (tid: number, changes: Readonly<Record<string, unknown>> = {}) => ({
  coin: 'BTC',
  px: '100000.0',
  sz: '0.004',
  side: 'B',
  time: 1_000_100,
  startPosition: '0.0',
  dir: 'Open Long',
  closedPnl: '0.0',
  hash: '0xab',
  oid: 9,
  crossed: true,
  fee: '0.18',
  tid,
  feeToken: 'USDC',
  twapId: null,
  cloid,
  ...changes,
});
const order = (changes: Readonly<Record<string, unknown>> = {}) => ({
  coin: 'BTC',
  side: 'B',
  limitPx: '100000.0',
  sz: '0.01',
  oid: 9,
  timestamp: 1_000_050,
  origSz: '0.01',
  cloid,
  ...changes,
});
const known = (status: string, sz: string) => ({
  status: 'order',
  order: { order: order({ sz }), status, statusTimestamp: 1_000_200 },
});

/** Answers by type; an error is thrown. */
function venueOf(answers: Readonly<Record<string, unknown>>): { readonly info: InfoClient; readonly asked: string[] } {
  const asked: string[] = [];
  const info: InfoClient = {
    async ask({ type }) {
      asked.push(type);
      const answer = answers[type];
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  return { info, asked };
}

const look = (answers: Readonly<Record<string, unknown>>): Promise<VenueObservation> => {
  const { info } = venueOf({ exchangeStatus: { time: 1_002_000 }, userFillsByTime: [], openOrders: [], ...answers });
  return lookup(createAccountQueries({ info, account: ACCOUNT, szDecimalsOf }), request);
};

const found = (status: string, executed: bigint, cause?: string) => ({
  kind: 'found',
  venueOrderId: 9,
  status,
  executedSize: size(executed),
  ...(cause === undefined ? {} : { cause }),
});
const UNKNOWN = { kind: 'unknown' };
const UNKNOWN_OID = { status: 'unknownOid' };
const PAST_EXPIRY = { exchangeStatus: { time: request.expiresAfter + 2_000 } };
const dead = new VenueInfoError('VenueUnavailable', 'time-out');

describe('one look for an undecided order', () => {
  const cases: readonly [string, Readonly<Record<string, unknown>>, unknown][] = [
    ['it rests', { orderStatus: known('open', '0.01') }, found('open', 0n, 'open')],
    ['it rests with a part done', { orderStatus: known('open', '0.006') }, found('open', 400n, 'open')],
    ['it filled', { orderStatus: known('filled', '0.0') }, found('filled', 1_000n, 'filled')],
    [
      'it was canceled with a part done',
      { orderStatus: known('canceled', '0.006') },
      found('canceled', 400n, 'canceled'),
    ],
    [
      'its fills outweigh what the canceled order says of itself',
      { orderStatus: known('marginCanceled', '0.01'), userFillsByTime: [fill(1), fill(2)] },
      found('canceled', 800n, 'marginCanceled'),
    ],
    [
      'a rejection executed nothing, whatever it shows as left',
      { orderStatus: known('iocCancelRejected', '0.0') },
      found('rejected', 0n, 'iocCancelRejected'),
    ],
    ['nobody knows it', { orderStatus: UNKNOWN_OID }, { kind: 'absent', venueTime: 1_002_000 }],
    [
      'others’ fills are not its own',
      { orderStatus: UNKNOWN_OID, userFillsByTime: [fill(1, { cloid: '0x02' }), fill(2, { cloid: undefined })] },
      { kind: 'absent', venueTime: 1_002_000 },
    ],
    [
      'only its fills are left',
      { orderStatus: UNKNOWN_OID, userFillsByTime: [fill(1), fill(2, { sz: '0.006' })] },
      found('filled', 1_000n),
    ],
    [
      'a part filled and it still rests',
      { orderStatus: UNKNOWN_OID, userFillsByTime: [fill(1)], openOrders: [order({ sz: '0.006' })] },
      found('open', 400n),
    ],
    ['a part filled, the order not visible yet', { orderStatus: UNKNOWN_OID, userFillsByTime: [fill(1)] }, UNKNOWN],
    [
      'a part filled, past expiry and lag',
      { ...PAST_EXPIRY, orderStatus: UNKNOWN_OID, userFillsByTime: [fill(1)] },
      found('canceled', 400n),
    ],
    [
      'a fill told twice counts once',
      { ...PAST_EXPIRY, orderStatus: UNKNOWN_OID, userFillsByTime: [fill(1), fill(1)] },
      found('canceled', 400n),
    ],
    ['the venue is silent', { exchangeStatus: dead, orderStatus: UNKNOWN_OID }, UNKNOWN],
    ['status fails', { orderStatus: dead }, UNKNOWN],
    ['fills fail: absence is not certain', { orderStatus: UNKNOWN_OID, userFillsByTime: dead }, UNKNOWN],
    ['an answer of another shape', { orderStatus: { status: 'order', order: {} } }, UNKNOWN],
    ['a status we have never heard of', { orderStatus: known('vanished', '0.0') }, UNKNOWN],
    ['fills that cannot be read', { orderStatus: UNKNOWN_OID, userFillsByTime: [fill(1, { sz: 'x' })] }, UNKNOWN],
  ];
  it.each(cases)('%s', async (_name, answers, expected) => expect(await look(answers)).toEqual(expected));

  it('asks for the clock before the status: absence is dated no later than it was seen', async () => {
    const { info, asked } = venueOf({ exchangeStatus: { time: 5 }, orderStatus: UNKNOWN_OID, userFillsByTime: [] });
    await lookup(createAccountQueries({ info, account: ACCOUNT, szDecimalsOf }), request);
    expect(asked).toEqual(['exchangeStatus', 'orderStatus', 'userFillsByTime']);
  });
});

describe('fills since a time', () => {
  /** A venue with `count` fills, one a millisecond, 2,000 an answer, bounds inclusive. */
  const venueWith = (count: number, timeOf: (tid: number) => number): InfoClient => {
    const all = Array.from({ length: count }, (_, tid) => fill(tid, { time: timeOf(tid) }));
    return {
      ask: async (question) =>
        all.filter(({ time }) => time >= ('startTime' in question ? (question.startTime ?? 0) : 0)).slice(0, 2_000),
    };
  };
  const since = (info: InfoClient) => createAccountQueries({ info, account: ACCOUNT, szDecimalsOf }).fillsSince(0);

  it('pages on by time and takes none twice', async () => {
    const fills = await since(venueWith(4_500, (tid) => tid));
    expect(fills.map((row) => row.fill.tid)).toEqual(Array.from({ length: 4_500 }, (_, tid) => tid));
  });

  it('says so rather than skip where more happened in a millisecond than the venue shows', async () => {
    await expect(since(venueWith(2_500, () => 7))).rejects.toThrow('more fills');
  });
});

describe('account payloads', () => {
  it('a fill: units, maker or taker, cut fee', () => {
    expect(
      parseFills(
        [fill(3, { crossed: false, fee: '-0.0123456789', side: 'A', startPosition: '-0.0213' })],
        szDecimalsOf,
      ),
    ).toEqual([
      {
        venueCloid: cloid,
        symbol: 'BTC',
        side: 'sell',
        startSize: -2_130n,
        fill: {
          tid: 3,
          venueOrderId: 9,
          price: 1_000_000n,
          size: 400n,
          fee: -12_345n,
          liquidity: 'maker',
          time: 1_000_100,
          hash: '0xab',
        },
      },
    ]);
  });

  it('of other markets are left out, of unknown perps not guessed', () => {
    expect(
      parseFills(
        [fill(1, { coin: '@107' }), fill(2, { coin: 'xyz:TSLA' }), fill(3, { coin: 'PURR/USDC' })],
        szDecimalsOf,
      ),
    ).toEqual([]);
    expect(parseFills([fill(1, { coin: 'NEWCOIN' })], szDecimalsOf)).toBeUndefined();
  });

  it.each([
    ['open', 'open'],
    ['triggered', 'open'],
    ['filled', 'filled'],
    ['selfTradeCanceled', 'canceled'],
    ['scheduledCancel', 'canceled'],
    ['rejected', 'rejected'],
    ['perpMarginRejected', 'rejected'],
  ] as const)('status %s is %s', (cause, status) => expect(statusOf(cause)).toBe(status));

  it('order updates and open orders', () => {
    const update = { order: order({ sz: '0.006' }), status: 'canceled', statusTimestamp: 5 };
    expect(parseOrderUpdates([update], szDecimalsOf)).toEqual([
      {
        venueCloid: cloid,
        venueOrderId: 9,
        symbol: 'BTC',
        status: 'canceled',
        cause: 'canceled',
        executedSize: 400n,
        at: 5,
      },
    ]);
    expect(parseOrderUpdates([{ ...update, order: order({ sz: '0.02' }) }], szDecimalsOf)).toBeUndefined();
    expect(parseOpenOrders([order({ sz: '0.006' })], szDecimalsOf)?.[0]).toMatchObject({
      originalSize: 1_000n,
      remainingSize: 600n,
    });
    expect(parseOpenOrders([{}], szDecimalsOf)).toBeUndefined();
  });

  it('account state', () => {
    const position = (coin: string, szi: string) => ({ type: 'oneWay', position: { coin, szi } });
    const body = {
      marginSummary: { accountValue: '8685050.2373699993' },
      crossMaintenanceMarginUsed: '12.5',
      withdrawable: '0.0',
      assetPositions: [position('BTC', '-0.5')],
      time: 5,
    };
    expect(parseAccountState(body, szDecimalsOf)).toEqual({
      positions: { BTC: -50_000n },
      equity: 8_685_050_237_369n,
      maintenanceMargin: 12_500_000n,
      withdrawable: 0n,
      time: 5,
    });
    expect(parseAccountState({ ...body, assetPositions: [position('XYZ', '1.0')] }, szDecimalsOf)).toBeUndefined();
  });

  it('sums carry the noise of doubles: the nearest lot is meant', () => {
    const startSizeOf = (startPosition: string) =>
      parseFills([fill(1, { startPosition })], szDecimalsOf)?.[0]?.startSize;
    expect(startSizeOf('0.0212999999999')).toBe(2_130n);
    expect(startSizeOf('-0.0213000000001')).toBe(-2_130n);
  });

  it('every recorded perp fill is read', () => {
    const folder = resolve(import.meta.dirname, '../../../../../shared/data/hyperliquid/fills');
    const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('0x')) : [];
    const answers = [
      [fill(1)],
      ...files.map((name): unknown => JSON.parse(gunzipSync(readFileSync(resolve(folder, name))).toString())),
    ];
    for (const rows of answers) {
      const perps = (rows as readonly RecordedFill[]).filter(({ coin }) => !/[:@/+#]/.test(coin));
      const decimals = new Map<string, number>();
      for (const { coin, sz } of perps) decimals.set(coin, Math.max(decimals.get(coin) ?? 0, decimalsOf(sz)));
      expect(parseFills(perps, (symbol) => decimals.get(symbol))).toHaveLength(perps.length);
    }
  });
});

interface RecordedFill {
  readonly coin: string;
  readonly sz: string;
}

/** The sizes traded show how many decimals a coin has. */
const decimalsOf = (text: string): number => text.split('.')[1]?.replace(/0+$/, '').length ?? 0;

describe('asking', () => {
  const clock = createVirtualClock();
  const clientOf = (...answers: readonly (VenueHttpAnswer | Error)[]) =>
    createInfoClient({
      http: scriptedHttp(...answers),
      budget: createWeightBudget({ clock, perMinute: 100 }),
      metrics: noMetrics,
    });

  it.each([
    ['429', { status: 429, text: 'null' }, 'RateLimited'],
    ['500', { status: 500, text: 'null' }, 'VenueUnavailable'],
    ['422', { status: 422, text: 'Failed to deserialize' }, 'VenueRefused'],
    ['a page', { status: 200, text: '<html>' }, 'VenueUnavailable'],
    ['silence', new Error('time-out'), 'VenueUnavailable'],
  ])('%s is an error with a code', async (_name, answer, code) => {
    await expect(clientOf(answer).ask({ type: 'meta' })).rejects.toMatchObject({ code });
  });

  it('is refused on our side where the weight is spent', async () => {
    const client = clientOf({ status: 200, text: '[]' });
    await client.ask({ type: 'meta' }, { priority: 'relay' });
    await client.ask({ type: 'meta' }, { priority: 'relay' });
    await expect(client.ask({ type: 'meta' }, { priority: 'relay' })).rejects.toMatchObject({ code: 'RateLimited' });
    expect(await client.ask({ type: 'meta' }, { priority: 'urgent' })).toEqual([]);
  });
});
