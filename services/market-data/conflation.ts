/** Several changes of one symbol that wait become one, except that no extreme is lost: triggers fire on extremes. */
import type { BboFrame, BookFrame, CandleFrame, ContextFrame, FeedFrame, TradesFrame } from '@perps/contracts/feed';

/** Frames that may be merged. */
export type MarketFrame = ContextFrame | BboFrame | BookFrame | TradesFrame | CandleFrame;

export interface Conflation {
  add(frame: MarketFrame): void;
  /** What waits, oldest first within a symbol; afterwards nothing waits. */
  take(): readonly MarketFrame[];
  isEmpty(): boolean;
}

interface Arrived<Frame> {
  readonly frame: Frame;
  readonly order: number;
}

/** The newest of what waits, and the frames with the highest high and the lowest low among it. */
interface Waiting<Frame> {
  newest: Arrived<Frame>;
  highest: Arrived<Frame>;
  lowest: Arrived<Frame>;
}

interface Reach {
  readonly high: bigint | undefined;
  readonly low: bigint | undefined;
}

/** Resting buys execute on a low ask, resting sells on a high bid. */
const bboReach = ({ bbo }: BboFrame): Reach => ({ high: bbo.bid?.price, low: bbo.ask?.price });
const contextReach = ({ markPrice }: ContextFrame): Reach => ({ high: markPrice, low: markPrice });

/** Nothing is timed here: the caller decides when to take. */
export function createConflation(): Conflation {
  const bbos = createExtremes(bboReach);
  const contexts = createExtremes(contextReach);
  const books = new Map<string, BookFrame>();
  const trades = new Map<string, TradesFrame>();
  const candles = new Map<string, CandleFrame>();
  const add = (frame: MarketFrame): void => {
    switch (frame.type) {
      case 'bbo':
        return bbos.add(frame);
      case 'context':
        return contexts.add(frame);
      case 'book':
        return void books.set(frame.symbol, frame);
      case 'trades':
        return void trades.set(frame.symbol, joinTrades(trades.get(frame.symbol), frame));
      case 'candle':
        return void candles.set(`${frame.symbol}:${frame.interval}`, frame);
    }
  };
  const isEmpty = (): boolean => bbos.size() + contexts.size() + books.size + trades.size + candles.size === 0;
  const take = (): readonly MarketFrame[] => {
    // Books before bbo: the newer of the two wins at the reader, and a bbo is never older than its book here.
    const frames = [...books.values(), ...bbos.take(), ...contexts.take(), ...trades.values(), ...candles.values()];
    books.clear();
    trades.clear();
    candles.clear();
    return frames;
  };
  return { add, take, isEmpty };
}

const joinTrades = (before: TradesFrame | undefined, frame: TradesFrame): TradesFrame =>
  before === undefined ? frame : { ...frame, trades: [...before.trades, ...frame.trades] };

function createExtremes<Frame extends FeedFrame & { readonly symbol: string }>(reach: (frame: Frame) => Reach) {
  const waiting = new Map<string, Waiting<Frame>>();
  const sent = new Map<string, Frame>();
  let order = 0;
  return {
    size: () => waiting.size,
    add(frame: Frame): void {
      order += 1;
      const arrived = { frame, order };
      const known = waiting.get(frame.symbol);
      if (known === undefined) {
        waiting.set(frame.symbol, { newest: arrived, highest: arrived, lowest: arrived });
        return;
      }
      known.newest = arrived;
      if (isHigher(reach(frame), reach(known.highest.frame))) known.highest = arrived;
      if (isLower(reach(frame), reach(known.lowest.frame))) known.lowest = arrived;
    },
    take(): readonly Frame[] {
      const frames = [...waiting.entries()].flatMap(([symbol, entry]) => {
        const before = sent.get(symbol);
        sent.set(symbol, entry.newest.frame);
        return pick(entry, before === undefined ? {} : reach(before), reach);
      });
      waiting.clear();
      return frames;
    },
  };
}

/** The newest, and before it the extremes that neither it nor the frame sent last reached. */
function pick<Frame>(
  { newest, highest, lowest }: Waiting<Frame>,
  before: Partial<Reach>,
  reach: (frame: Frame) => Reach,
): readonly Frame[] {
  const known = [reach(newest.frame), { high: before.high, low: before.low }];
  const picked = new Set<Arrived<Frame>>();
  if (known.every((other) => isHigher(reach(highest.frame), other))) picked.add(highest);
  if (known.every((other) => isLower(reach(lowest.frame), other))) picked.add(lowest);
  picked.add(newest);
  return [...picked].toSorted((left, right) => left.order - right.order).map(({ frame }) => frame);
}

const isHigher = (left: Reach, right: Reach): boolean =>
  left.high !== undefined && (right.high === undefined || left.high > right.high);

const isLower = (left: Reach, right: Reach): boolean =>
  left.low !== undefined && (right.low === undefined || left.low < right.low);
