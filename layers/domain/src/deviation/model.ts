/** Our books of the trading account at the venue against the venue's own. Types only. */
import type { Side } from '../account/model.ts';
import type { Price, Size, Usd } from '../money/index.ts';

/** What the trading account received, by cause; 10⁻⁶ USD, negative = paid. */
export interface Cash {
  /** Σ −side × price × size of executions: raw money, so that it needs no entry price and netting changes nothing. */
  readonly traded: Usd;
  /** Σ −fee, builder part included. */
  readonly fees: Usd;
  readonly funding: Usd;
}

/** One execution at the venue, as one of the two sides has it. */
export interface Execution {
  /** The venue's id of it. */
  readonly tid: number;
  readonly symbol: string;
  readonly side: Side;
  readonly price: Price;
  readonly size: Size;
  /** Builder part included; negative = rebate. */
  readonly fee: Usd;
  /** The venue's, ms. */
  readonly time: number;
}

/** As we booked it, with the position it moved. */
export interface BookedExecution extends Execution {
  readonly positionId: string;
}

/** `logged` needs nobody; `review` is of a day's total alone. */
export type DeviationLevel = 'logged' | 'alert' | 'review' | 'p0';

export type DeviationCause =
  /** The venue has the execution, our books have not: it may still come. */
  | 'missingHere'
  /** Our books have it, the venue has not. */
  | 'missingThere'
  /** Both have it, with another price, size, side or fee. */
  | 'differs'
  /** A coin's executions and funding together. */
  | 'coin'
  | 'day';

/** [from, to), ms. */
export interface DeviationWindow {
  readonly from: number;
  readonly to: number;
}

/** Our figure of something less the venue's. */
export interface Measure {
  /** What our books say the trading account received, 10⁻⁶ USD. */
  readonly platformPnl: Usd;
  readonly hlActualPnl: Usd;
  /** Ours less the venue's: positive = the venue has less than our books say. */
  readonly deviation: Usd;
  /** |deviation| / |the venue's figure| in parts per 10¹²; undefined = the venue has nothing where we have something. */
  readonly deviationRate: bigint | undefined;
  readonly level: 'logged' | 'alert' | 'p0';
}

/** One line of `deviation_logs`: the same books give the same lines, whenever they are compared. */
export interface DeviationFinding extends Omit<Measure, 'level'>, DeviationWindow {
  /** Says what is compared: `fill:{tid}`, `missing:{tid}`, `coin:{symbol}:{from}`, `day:{date}:{level}`. */
  readonly id: string;
  readonly cause: DeviationCause;
  /** The position whose execution it is; of what concerns the whole account the symbol. */
  readonly positionId: string;
  /** `*` = all of them. */
  readonly symbol: string;
  readonly level: DeviationLevel;
  /** What the reserve pays the venue account for it (negative = receives), 10⁻⁶ USD; zero where it is not decided yet. */
  readonly cover: Usd;
}
