import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Instrument } from '@perps/domain/market';
import { formatPrice, usd } from '@perps/domain/money';
import {
  parseBbo,
  parseBook,
  parseCandle,
  parseContext,
  parseMetaAndContexts,
  parsePositionalContexts,
  parseTrades,
  parseUniverse,
} from './parse.ts';
import { BTC, instrumentOf } from './testing/index.ts';

const recordings = resolve(import.meta.dirname, '../../../../../shared/data/hyperliquid');
/** The recorded file where the recordings are at hand, else our own small one of the same shape. */
const recordedOr = (file: string, fixture: unknown): unknown => {
  const path = resolve(recordings, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : fixture;
};
const hype: Instrument = { ...BTC, symbol: 'HYPE', szDecimals: 2 };
const ofHype = (symbol: string): Instrument | undefined => (symbol === 'HYPE' ? hype : instrumentOf(symbol));

const CTX = {
  funding: '0.0000125',
  openInterest: '688.11',
  prevDayPx: '15.322',
  dayNtlVlm: '1169046.29406',
  premium: '0.00031774',
  oraclePx: '100000.5',
  markPx: '100001.0',
  midPx: '100000.5',
  impactPxs: ['99999.0', '100001.0'],
  dayBaseVlm: '12.0',
};
const META = {
  universe: [
    { name: 'BTC', szDecimals: 5, maxLeverage: 40, marginTableId: 56 },
    { name: 'OLD', szDecimals: 1, maxLeverage: 3, marginTableId: 3, isDelisted: true },
    { name: 'NEW', szDecimals: 0, maxLeverage: 3, marginTableId: 3, onlyIsolated: true, marginMode: 'strictIsolated' },
  ],
  marginTables: [
    [
      56,
      {
        description: 'tiered 40x',
        marginTiers: [
          { lowerBound: '0.0', maxLeverage: 40 },
          { lowerBound: '150000000.0', maxLeverage: 20 },
        ],
      },
    ],
  ],
  collateralToken: 0,
};
const level = (px: string, sz = '1.0') => ({ px, sz, n: 1 });
const bbo = (bid: unknown, ask: unknown) => ({ coin: 'BTC', time: 5, bbo: [bid, ask] });
const book = (bids: unknown, asks: unknown) => ({ coin: 'BTC', time: 5, levels: [bids, asks] });

describe('the universe', () => {
  it('keeps the index of delisted markets, reads tiers, and gives one tier to short tables', () => {
    const parsed = parseUniverse(META);
    expect(
      parsed?.instruments.map(({ symbol, assetId, isDelisted, onlyIsolated }) => [
        symbol,
        assetId,
        isDelisted,
        onlyIsolated,
      ]),
    ).toEqual([
      ['BTC', 0, false, false],
      ['OLD', 1, true, false],
      ['NEW', 2, false, true],
    ]);
    expect(parsed?.instruments[0]?.marginTiers).toEqual([
      { lowerBound: usd(0n), maxLeverage: 40 },
      { lowerBound: usd(150_000_000_000_000n), maxLeverage: 20 },
    ]);
    expect(parsed?.instruments[2]?.marginTiers).toEqual([{ lowerBound: usd(0n), maxLeverage: 3 }]);
    expect(parsed?.meta).toBe(META);
  });

  it.each([
    ['no universe', {}],
    ['a negative szDecimals', { ...META, universe: [{ ...META.universe[0], szDecimals: -1 }] }],
    ['more decimals than a price has', { ...META, universe: [{ ...META.universe[0], szDecimals: 7 }] }],
    [
      'tiers that do not start at zero',
      { ...META, marginTables: [[56, { marginTiers: [{ lowerBound: '1.0', maxLeverage: 40 }] }]] },
    ],
    [
      'a tier bound that is no number',
      { ...META, marginTables: [[56, { marginTiers: [{ lowerBound: 'x', maxLeverage: 40 }] }]] },
    ],
  ])('refuses %s', (_name, body) => expect(parseUniverse(body)).toBeUndefined());
});

describe('contexts', () => {
  it('belong to the universe by position; delisted ones are left out', () => {
    const parsed = parseMetaAndContexts([META, [CTX, { ...CTX, midPx: null }, { ...CTX, markPx: '1.5' }]]);
    expect(parsed?.contexts.map(({ symbol, markPrice }) => [symbol, markPrice])).toEqual([
      ['BTC', 1_000_010n],
      ['NEW', 1_500_000n],
    ]);
    expect(parsed?.contexts[0]?.fundingRate).toBe(12_500_000n);
  });

  it.each([['0.0'], ['-1.0'], ['NaN'], ['Infinity'], ['1e5'], ['']])('says that %j is no price', (markPx) => {
    const parsed = parseContext({ coin: 'BTC', ctx: { ...CTX, markPx } }, instrumentOf);
    expect(parsed).toBeDefined();
    expect(parsed?.markPrice).toBeUndefined();
  });

  it('drops what is not a context', () => {
    expect(parseContext({ coin: 'BTC', ctx: { ...CTX, markPx: 5 } }, instrumentOf)).toBeUndefined();
    expect(parseContext({ coin: 'BTC', ctx: { ...CTX, funding: 'x' } }, instrumentOf)).toBeUndefined();
    expect(parseContext({ coin: 'UNKNOWN', ctx: CTX }, instrumentOf)).toBeUndefined();
    expect(parseContext(null, instrumentOf)).toBeUndefined();
  });
});

describe('bbo and book', () => {
  it('reads both sides and an empty one', () => {
    expect(parseBbo(bbo(level('100000.0'), level('100001.0', '0.5')), instrumentOf)).toEqual({
      symbol: 'BTC',
      bbo: { bid: { price: 1_000_000n, size: 100_000n }, ask: { price: 1_000_010n, size: 50_000n } },
      venueTime: 5,
    });
    expect(parseBbo(bbo(null, level('1.0')), instrumentOf)?.bbo.bid).toBeUndefined();
  });

  it.each([
    ['crossed', bbo(level('100001.0'), level('100000.0'))],
    ['locked', bbo(level('100000.0'), level('100000.0'))],
    ['with a zero price', bbo(level('0.0'), level('100000.0'))],
    ['with a zero size', bbo(level('1.0', '0.0'), level('2.0'))],
    ['of an unknown coin', { ...bbo(level('1.0'), level('2.0')), coin: 'XYZ' }],
    ['without a time', { coin: 'BTC', bbo: [null, null] }],
  ])('drops a bbo that is %s', (_name, data) => expect(parseBbo(data, instrumentOf)).toBeUndefined());

  it('reads a book best first and drops one that is not ordered or is crossed', () => {
    const parsed = parseBook(book([level('99.0'), level('98.0')], [level('100.0'), level('101.0')]), instrumentOf);
    expect(parsed?.bids.map(({ price }) => price)).toEqual([990n, 980n]);
    expect(parsed?.asks.map(({ price }) => price)).toEqual([1_000n, 1_010n]);
    expect(parseBook(book([level('98.0'), level('99.0')], []), instrumentOf)).toBeUndefined();
    expect(parseBook(book([level('99.0')], [level('99.0')]), instrumentOf)).toBeUndefined();
  });
});

interface Session {
  readonly frames: readonly {
    readonly from: string;
    readonly message: { readonly channel?: string; readonly data?: unknown };
  }[];
}

const session = (channel: string, data: unknown): Session => ({
  frames: [{ from: 'server', message: { channel, data } }],
});

const dataOf = (file: string, channel: string, fixture: unknown): unknown =>
  (recordedOr(file, session(channel, fixture)) as Session).frames.find(
    ({ from, message }) => from === 'server' && message.channel === channel,
  )?.message.data;

describe('recorded frames', () => {
  it('bbo', () => {
    const fixture = {
      coin: 'HYPE',
      time: 1_766_566_375_292,
      bbo: [level('23.757', '42.09'), level('23.758', '100.26')],
    };
    expect(parseBbo(dataOf('ws/session_bbo.json', 'bbo', fixture), ofHype)).toEqual({
      symbol: 'HYPE',
      bbo: { bid: { price: 237_570n, size: 4_209n }, ask: { price: 237_580n, size: 10_026n } },
      venueTime: 1_766_566_375_292,
    });
  });

  it('l2Book', () => {
    const fixture = {
      coin: 'HYPE',
      time: 1_764_842_873_555,
      levels: [
        [level('34.967', '2.85'), level('34.962', '3.84')],
        [level('34.969', '1473.06'), level('34.97', '1544.51')],
      ],
    };
    const parsed = parseBook(dataOf('ws/session_l2Book.json', 'l2Book', fixture), ofHype);
    expect(parsed?.bids[0]).toEqual({ price: 349_670n, size: 285n });
    expect(parsed?.asks[1]).toEqual({ price: 349_700n, size: 154_451n });
  });

  it('trades', () => {
    const fixture = [
      {
        coin: 'HYPE',
        side: 'B',
        px: '35.276',
        sz: '5.78',
        time: 1,
        hash: '0x0',
        tid: 716_095_722_814_130,
        users: ['0x1', '0x2'],
      },
    ];
    expect(parseTrades(dataOf('ws/session_trades.json', 'trades', fixture))?.[0]).toMatchObject({
      px: '35.276',
      tid: 716_095_722_814_130,
    });
    expect(parseTrades([{ coin: 'HYPE' }])).toBeUndefined();
  });

  it('candles', () => {
    const row = {
      t: 1_737_331_200_000,
      T: 1_737_417_599_999,
      s: '@107',
      i: '1d',
      o: '20.184',
      c: '20.547',
      h: '22.755',
      l: '19.3',
      v: '10651612.71',
      n: 278_401,
    };
    const { response } = recordedOr('info/candleSnapshot_1d.json', { response: [row] }) as {
      readonly response: readonly unknown[];
    };
    expect(parseCandle(response[0])).toEqual(row);
    expect(parseCandle({ ...row, o: 5 })).toBeUndefined();
  });

  it('a whole book of BTC with integer prices beyond five digits', () => {
    const fixture = { response: book([level('113377.0')], [level('113397.0')]) };
    const { response } = recordedOr('info/l2Book_btc_2026_09.json', fixture) as { readonly response: unknown };
    const parsed = parseBook(response, instrumentOf);
    expect(parsed?.bids.length).toBeGreaterThan(0);
    expect(formatPrice(parsed?.bids[0]?.price ?? parsed?.asks[0]!.price!, 5)).toMatch(/^\d+\.0$/);
  });

  it('the contexts of all markets: mark, mid and oracle differ, dead ones have nulls', () => {
    const fixture = {
      message: { data: { ctxs: [['', [CTX, { ...CTX, premium: null, midPx: null, impactPxs: null }]]] } },
    };
    const { message } = recordedOr('ws/allDexsAssetCtxs.json', fixture) as {
      readonly message: { readonly data: { readonly ctxs: readonly (readonly [string, readonly unknown[]])[] } };
    };
    const contexts = message.data.ctxs[0]?.[1] ?? [];
    const instruments = contexts.map((_, assetId) => ({ ...BTC, symbol: `C${assetId}`, assetId, szDecimals: 0 }));
    const parsed = parsePositionalContexts(instruments, contexts);
    expect(parsed).toHaveLength(contexts.length);
    expect(parsed.every(({ markPrice, oraclePrice }) => markPrice !== undefined && oraclePrice !== undefined)).toBe(
      true,
    );
  });
});
