/**
 * P1: the arithmetic of one whole order (opened in two fills, marked, closed in part) against decimal.js,
 * and against exact fractions on a million random cases.
 */
import {
  absoluteNotional,
  addSize,
  addUsd,
  averagePrice,
  feeOf,
  formatPrice,
  formatUsd,
  parsePrice,
  parseSize,
  type Price,
  type Size,
  subtractUsd,
  type Usd,
} from '@perps/domain/money';
import type { Benchmark, Figure } from './support/benchmark.ts';
import { loadPeer } from './support/peers.ts';
import { exactOrder } from './support/exact-money.ts';
import { compare, type Contender, timingOf } from './support/timing.ts';

const SZ_DECIMALS = 5;
const TAKER_TENTHS_OF_BPS = 45;
const LEVERAGE = 7n;
const ORACLE_CASES = 1_000_000;
const SEED = 0x5eed;

/** Texts as they come from the wire: two fills, a mark, and the part that is closed at the mark. */
export interface OrderCase {
  readonly firstPrice: string;
  readonly firstSize: string;
  readonly secondPrice: string;
  readonly secondSize: string;
  readonly markPrice: string;
  readonly closedSize: string;
}

/** Texts as they go to the wire. */
export interface OrderOutcome {
  readonly entryPrice: string;
  readonly fee: string;
  readonly unrealizedPnl: string;
  readonly closedPnl: string;
  readonly initialMargin: string;
}

function ours(order: OrderCase): OrderOutcome {
  const [first, firstSize] = fill(order.firstPrice, order.firstSize);
  const [second, secondSize] = fill(order.secondPrice, order.secondSize);
  const [mark, closedSize] = fill(order.markPrice, order.closedSize);
  const opened = addUsd(absoluteNotional(first, firstSize), absoluteNotional(second, secondSize));
  const position = addSize(firstSize, secondSize);
  const entry = averagePrice(opened, position);
  const marked = absoluteNotional(mark, position);
  const closed = absoluteNotional(mark, closedSize);
  const fee = addUsd(feeOf(opened, TAKER_TENTHS_OF_BPS), feeOf(closed, TAKER_TENTHS_OF_BPS));
  return {
    entryPrice: formatPrice(entry, SZ_DECIMALS),
    fee: formatUsd(fee),
    unrealizedPnl: formatUsd(subtractUsd(marked, opened)),
    closedPnl: formatUsd(subtractUsd(closed, absoluteNotional(entry, closedSize))),
    initialMargin: formatUsd(((marked + LEVERAGE - 1n) / LEVERAGE) as Usd),
  };
}

function fill(priceText: string, sizeText: string): readonly [Price, Size] {
  const price = parsePrice(priceText, SZ_DECIMALS);
  const size = parseSize(sizeText, SZ_DECIMALS);
  if (price === undefined || size === undefined) throw new Error('The case is not on the grid.');
  return [price, size];
}

interface Decimal {
  readonly times: (other: Decimal | number) => Decimal;
  readonly plus: (other: Decimal) => Decimal;
  readonly minus: (other: Decimal) => Decimal;
  readonly div: (other: Decimal | number) => Decimal;
  readonly toDecimalPlaces: (decimals: number, rounding: number) => Decimal;
  readonly toFixed: () => string;
}
type DecimalClass = (new (text: string) => Decimal) & { readonly ROUND_UP: number; readonly ROUND_DOWN: number };

/** The same order as a service on decimal.js would compute it. */
function decimalOrder(Decimal: DecimalClass): (order: OrderCase) => OrderOutcome {
  const text = (value: Decimal) => {
    const fixed = value.toFixed();
    return fixed.includes('.') ? fixed : `${fixed}.0`;
  };
  const fee = (notional: Decimal) =>
    notional.times(TAKER_TENTHS_OF_BPS).div(100_000).toDecimalPlaces(6, Decimal.ROUND_UP);
  return (order) => {
    const firstSize = new Decimal(order.firstSize);
    const secondSize = new Decimal(order.secondSize);
    const mark = new Decimal(order.markPrice);
    const closedSize = new Decimal(order.closedSize);
    const opened = new Decimal(order.firstPrice)
      .times(firstSize)
      .plus(new Decimal(order.secondPrice).times(secondSize));
    const position = firstSize.plus(secondSize);
    const entry = opened.div(position).toDecimalPlaces(6 - SZ_DECIMALS, Decimal.ROUND_DOWN);
    const marked = mark.times(position);
    const closed = mark.times(closedSize);
    return {
      entryPrice: text(entry),
      fee: text(fee(opened).plus(fee(closed))),
      unrealizedPnl: text(marked.minus(opened)),
      closedPnl: text(closed.minus(entry.times(closedSize))),
      initialMargin: text(marked.div(Number(LEVERAGE)).toDecimalPlaces(6, Decimal.ROUND_UP)),
    };
  };
}

/** A small seeded generator: the same cases in every run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomCase(random: (below: number) => number): OrderCase {
  const price = () => `${10_000 + random(110_000)}.${random(10)}`;
  const size = () => `${random(20)}.${String(1 + random(99_999)).padStart(5, '0')}`;
  const firstSize = size();
  return {
    firstPrice: price(),
    firstSize,
    secondPrice: price(),
    secondSize: size(),
    markPrice: price(),
    closedSize: firstSize,
  };
}

export const benchmark: Benchmark = {
  name: 'money',
  title: 'P1, the arithmetic of one whole order',
  async run() {
    const random = createRandom(SEED);
    const cases = Array.from({ length: 4096 }, () => randomCase(random));
    const at = (index: number) => cases[index % cases.length] ?? randomCase(random);
    const module = await loadPeer<{ default: DecimalClass }>('decimal.js');
    const contenders: Contender[] = [{ name: 'ours', operate: (index) => ours(at(index)), batch: 20 }];
    if (module !== undefined) {
      const theirs = decimalOrder(module.default);
      contenders.push({ name: 'decimal.js', operate: (index) => theirs(at(index)), batch: 20 });
    }
    const timings = await compare(contenders);
    const { perSecond, p50, p99, spread } = timingOf(timings, 'ours');
    const speed: Figure = {
      name: 'parse, fill twice, mark, close, format',
      value: perSecond,
      unit: 'orders/s',
      p50,
      p99,
      spread,
      peers: [{ name: 'decimal.js', value: timings.find(({ name }) => name === 'decimal.js')?.perSecond }],
      goal: { kind: 'ratioAtLeast', value: 8, peer: 'decimal.js' },
    };
    return [speed, oracleFigure()];
  },
};

function oracleFigure(): Figure {
  const random = createRandom(SEED + 1);
  let different = 0;
  for (let index = 0; index < ORACLE_CASES; index += 1) {
    const order = randomCase(random);
    const exact = exactOrder(order, {
      szDecimals: SZ_DECIMALS,
      feeTenthsOfBps: TAKER_TENTHS_OF_BPS,
      leverage: LEVERAGE,
    });
    if (!sameOutcome(ours(order), exact)) different += 1;
  }
  return {
    name: `${ORACLE_CASES.toLocaleString('en')} random orders in exact fractions`,
    value: different === 0 ? 1 : 0,
    unit: 'equal',
    goal: { kind: 'holds', text: 'all equal' },
    ...(different === 0 ? {} : { note: `${different} differ` }),
  };
}

function sameOutcome(left: OrderOutcome, right: OrderOutcome): boolean {
  return (
    left.entryPrice === right.entryPrice &&
    left.fee === right.fee &&
    left.unrealizedPnl === right.unrealizedPnl &&
    left.closedPnl === right.closedPnl &&
    left.initialMargin === right.initialMargin
  );
}
