import { describe, expect, it } from '@jest/globals';
import { dollars } from '@perps/domain/testing';
import type { InfoClient } from './info.ts';
import { ACCOUNT } from './testing/index.ts';
import { createVenueBooks } from './venue-books.ts';

const HOUR = 1_763_719_200_000;
const meta = [
  {
    universe: [{ name: 'BTC', szDecimals: 5, maxLeverage: 40, marginTableId: 40 }],
    marginTables: [],
    collateralToken: 0,
  },
  [{ funding: '0.0000125', openInterest: '1.0', oraclePx: '100000.0', markPx: '100000.0', midPx: '100000.0' }],
];
const fill = (tid: number, time: number, changes: Readonly<Record<string, unknown>> = {}) => ({
  coin: 'BTC',
  px: '100000.0',
  sz: '0.1',
  side: 'A',
  time,
  startPosition: '0.0',
  dir: 'Open Short',
  closedPnl: '0.0',
  hash: '0xab',
  oid: 9,
  crossed: true,
  fee: '6.5',
  builderFee: '2.0',
  tid,
  feeToken: 'USDC',
  ...changes,
});

function venueOf(answers: Readonly<Record<string, unknown>>) {
  const asked: string[] = [];
  const info: InfoClient = {
    async ask({ type }) {
      asked.push(type);
      return answers[type];
    },
  };
  return { asked, books: createVenueBooks({ info, account: ACCOUNT }) };
}

describe('the venue’s books', () => {
  it('have the executions of [from, to), with the whole fee; markets are asked for once', async () => {
    const { books, asked } = venueOf({
      metaAndAssetCtxs: meta,
      userFillsByTime: [fill(1, HOUR), fill(2, HOUR + 99, { side: 'B' }), fill(3, HOUR + 100)],
    });
    const found = await books.executions({ from: HOUR, to: HOUR + 100 });
    expect(found.map(({ tid, side }) => [tid, side])).toEqual([
      [1, 'sell'],
      [2, 'buy'],
    ]);
    expect(found[0]).toMatchObject({
      symbol: 'BTC',
      price: 1_000_000n,
      size: 10_000n,
      fee: dollars('6.5'),
      time: HOUR,
    });
    await books.executions({ from: HOUR, to: HOUR + 100 });
    expect(asked).toEqual(['metaAndAssetCtxs', 'userFillsByTime', 'userFillsByTime']);
  });

  it('have what was booked of an hour’s funding, by symbol', async () => {
    const delta = { type: 'funding', coin: 'BTC', usdc: '-1.25', szi: '0.1', fundingRate: '0.000125' };
    const { books } = venueOf({
      metaAndAssetCtxs: meta,
      userFunding: [
        { time: HOUR + 30, hash: '0x', delta },
        { time: HOUR + 3_600_000, hash: '0x', delta },
      ],
    });
    expect(await books.funding(HOUR)).toEqual(new Map([['BTC', dollars('-1.25')]]));
  });

  it('are not read in part: an execution of a market nobody knows fails them', async () => {
    const { books } = venueOf({ metaAndAssetCtxs: meta, userFillsByTime: [fill(1, HOUR, { coin: 'NEW' })] });
    await expect(books.executions({ from: HOUR, to: HOUR + 1 })).rejects.toMatchObject({ code: 'VenueUnavailable' });
  });
});
