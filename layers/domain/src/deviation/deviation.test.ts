import { describe, expect, it } from '@jest/globals';
import { price, size, usd } from '../money/index.ts';
import { dollars } from '../testing/index.ts';
import {
  type BookedExecution,
  type Books,
  type Cash,
  cashOf,
  compareBooks,
  compareDay,
  coverTransfer,
  dayLevel,
  dayOf,
  type Execution,
  measure,
  NO_CASH,
  totalOf,
} from './index.ts';

const PART = 10n ** 12n;
const traded = (amount: string): Cash => ({ ...NO_CASH, traded: dollars(amount) });
const fees = (amount: string): Cash => ({ ...NO_CASH, fees: dollars(amount) });
const funding = (amount: string): Cash => ({ ...NO_CASH, funding: dollars(amount) });

describe('a deviation is measured', () => {
  it.each([
    // The borders: one cent of a cent on either side of $10, 1 % and 5 %.
    ['$9.999999 of $100 is below $10', '109.999999', '100', 'logged'],
    ['$10 of $100 is 10 %', '110', '100', 'p0'],
    ['$10 of $1,000 is exactly 1 %', '1010', '1000', 'logged'],
    ['$10.000001 of $1,000 is over 1 %', '1010.000001', '1000', 'alert'],
    ['$50 of $1,000 is exactly 5 %', '1050', '1000', 'alert'],
    ['$50.000001 of $1,000 is over 5 %', '1050.000001', '1000', 'p0'],
    ['and so for too little', '949.999999', '1000', 'p0'],
    ['a loss of $1,000 booked as $1,020', '-1020', '-1000', 'alert'],
    ['a loss booked as a gain', '1000', '-1000', 'p0'],
    ['$1,000 of $1,000,000 is 0.1 %', '1001000', '1000000', 'logged'],
    ['nothing at the venue, $10 with us', '10', '0', 'p0'],
    ['nothing at the venue, $9.99 with us', '9.99', '0', 'logged'],
    ['nothing with us, $10 at the venue', '0', '10', 'p0'],
  ])('%s', (_name, ours, theirs, level) => {
    expect(measure(traded(ours), traded(theirs)).level).toBe(level);
  });

  it('ours less the venue’s: positive where the venue has less than our books say', () => {
    const { platformPnl, hlActualPnl, deviation, deviationRate } = measure(funding('-40'), funding('-100'));
    expect([platformPnl, hlActualPnl, deviation]).toEqual([dollars('-40'), dollars('-100'), dollars('60')]);
    expect(deviationRate).toBe((60n * PART) / 100n);
  });

  it('without a rate where the venue’s figure is zero, and with rate zero where both are the same', () => {
    expect(measure(traded('20'), NO_CASH).deviationRate).toBeUndefined();
    expect(measure(NO_CASH, NO_CASH)).toMatchObject({ deviation: 0n, deviationRate: 0n, level: 'logged' });
  });

  it('part by part: a fee a quarter too high is not lost in the notional it was paid on', () => {
    const ours = { ...traded('100000'), fees: dollars('-60') };
    const theirs = { ...traded('100000'), fees: dollars('-48') };
    // 12 / 48
    expect(measure(ours, theirs)).toMatchObject({ level: 'p0', deviation: dollars('-12'), deviationRate: PART / 4n });
  });

  it('part by part: what cancels out is seen', () => {
    const ours = { ...fees('-100'), funding: dollars('100') };
    const theirs = { ...fees('-120'), funding: dollars('120') };
    expect(measure(ours, theirs)).toMatchObject({ deviation: 0n, level: 'p0', deviationRate: PART / 6n });
  });

  it('as a whole where each part is small: $6 and $6 are $12', () => {
    const ours = { ...fees('-6'), funding: dollars('-6') };
    expect(measure(ours, NO_CASH).level).toBe('p0');
    expect(measure(fees('-6'), NO_CASH).level).toBe('logged');
  });
});

it.each([
  ['999.99', undefined],
  ['1000', undefined],
  ['1000.000001', 'review'],
  ['5000', 'review'],
  ['5000.000001', 'p0'],
] as const)('a day of $%s calls for %s', (total, level) => {
  expect(dayLevel(dollars(total))).toBe(level);
});

const window = { from: 1_763_719_200_000, to: 1_763_719_500_000 };
/** 0.1 BTC at 100,000 with 4.5 bp: $10,000 and $4.50. */
const venueFill = (tid: number, over: Partial<Execution> = {}): Execution => ({
  tid,
  symbol: 'BTC',
  side: 'buy',
  price: price(1_000_000n),
  size: size(10_000n),
  fee: dollars('4.5'),
  time: window.from,
  ...over,
});
const booked = (tid: number, over: Partial<BookedExecution> = {}): BookedExecution => ({
  ...venueFill(tid),
  positionId: 'p1',
  ...over,
});
const books = <Fill extends Execution>(
  executions: readonly Fill[],
  amounts: Readonly<Record<string, string>> = {},
): Books<Fill> => ({
  executions,
  funding: new Map(Object.entries(amounts).map(([symbol, amount]) => [symbol, dollars(amount)])),
});
const compare = (ours: Books<BookedExecution>, venue: Books<Execution>) => compareBooks({ window, ours, venue });

describe('cash', () => {
  it('is what an execution costs or brings, less its fee; a rebate is received', () => {
    expect(totalOf(cashOf(venueFill(1)))).toBe(dollars('-10004.5'));
    expect(totalOf(cashOf(venueFill(1, { side: 'sell' })))).toBe(dollars('9995.5'));
    expect(cashOf(venueFill(1, { fee: dollars('-0.3') })).fees).toBe(dollars('0.3'));
  });
});

describe('books', () => {
  it('that are the same have no lines, in whatever order they come', () => {
    const ours = books([booked(1), booked(2, { side: 'sell' })], { BTC: '-1', ETH: '0' });
    const venue = books([venueFill(2, { side: 'sell' }), venueFill(1)], { BTC: '-1' });
    expect(compare(ours, venue)).toEqual([]);
  });

  it('with opposite users netted at the venue are compared by money, not by position', () => {
    const ours = books([booked(1, { positionId: 'p1' }), booked(2, { side: 'sell', positionId: 'p2' })]);
    expect(compare(ours, books([venueFill(1), venueFill(2, { side: 'sell' })]))).toEqual([]);
  });

  it('a fill we have not booked is a P0 of the coin that nobody covers yet', () => {
    const found = compare(books([]), books([venueFill(7)]));
    expect(found.map(({ id, cause, level, cover, positionId }) => [id, cause, level, cover, positionId])).toEqual([
      ['missing:7', 'missingHere', 'p0', 0n, 'BTC'],
      [`coin:BTC:${window.from}`, 'coin', 'p0', 0n, 'BTC'],
    ]);
    expect(found[0]).toMatchObject({ platformPnl: 0n, hlActualPnl: dollars('-10004.5'), ...window });
  });

  it('a fill the venue has not, and one that is booked twice', () => {
    const twice = compare(books([booked(7), booked(7, { positionId: 'p2' })]), books([venueFill(7)]));
    expect(twice.map(({ id, cause }) => [id, cause])).toEqual([
      ['missing:7:p2', 'missingThere'],
      [`coin:BTC:${window.from}`, 'coin'],
    ]);
    expect(compare(books([booked(7)]), books([]))[0]).toMatchObject({ cause: 'missingThere', positionId: 'p1' });
  });

  it('another fee is the line of its position and is covered once', () => {
    const [fill, coin, ...others] = compare(books([booked(7, { fee: dollars('4.4') })]), books([venueFill(7)]));
    expect(others).toEqual([]);
    expect(fill).toMatchObject({ id: 'fill:7', cause: 'differs', positionId: 'p1', level: 'logged' });
    expect([fill?.deviation, fill?.cover, coin?.deviation, coin?.cover]).toEqual([
      dollars('0.1'),
      dollars('0.1'),
      dollars('0.1'),
      0n,
    ]);
  });

  it('another price or size shows in what was traded', () => {
    const [worse] = compare(books([booked(7, { price: price(1_011_000n) })]), books([venueFill(7)]));
    // 1.1 % of $10,000 too much paid by our books: the venue has more.
    expect(worse).toMatchObject({ level: 'alert', deviation: dollars('-110'), cover: dollars('-110') });
    const [larger] = compare(books([booked(7, { size: size(20_000n) })]), books([venueFill(7)]));
    expect(larger).toMatchObject({ level: 'p0', deviation: dollars('-10000') });
  });

  it('funding is the coin’s: what was mirrored against what was booked', () => {
    const found = compare(books([], { BTC: '-100', ETH: '-3' }), books([], { BTC: '-105', ETH: '-3' }));
    expect(found).toEqual([
      expect.objectContaining({ id: `coin:BTC:${window.from}`, level: 'logged', cover: dollars('5') }),
    ]);
    expect(compare(books([], { BTC: '-300' }), books([], { BTC: '-320' }))[0]).toMatchObject({ level: 'p0' });
  });
});

describe('a day', () => {
  const day = { day: dayOf(window), name: '2025-11-21' };
  const coin = (deviation: string) => ({
    cause: 'coin' as const,
    deviation: dollars(deviation),
    platformPnl: dollars(deviation),
    hlActualPnl: usd(0n),
  });

  it('adds up its coins whatever their sign, and executions only within their coins', () => {
    const fill = { ...coin('9999'), cause: 'missingHere' as const };
    expect(compareDay(day, [coin('600'), coin('-400'), fill])).toBeUndefined();
    expect(compareDay(day, [coin('600'), coin('-400.000001')])).toMatchObject({
      id: 'day:2025-11-21:review',
      level: 'review',
      symbol: '*',
      deviation: dollars('1000.000001'),
      from: day.day,
      to: day.day + 86_400_000,
    });
    expect(compareDay(day, [coin('-5001')])).toMatchObject({ id: 'day:2025-11-21:p0', level: 'p0' });
  });
});

it('a cover moves the reserve’s money to the venue’s account, or back', () => {
  expect(coverTransfer('x', dollars('5'))).toEqual({
    type: 'deviation-cover',
    ref: 'x',
    postings: [
      { platform: 'risk-reserve', amount: dollars('-5') },
      { platform: 'venue:hl-trading', amount: dollars('5') },
    ],
  });
});
