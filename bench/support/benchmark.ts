/** What a benchmark file exports, and what it reports. */

export interface Peer {
  readonly name: string;
  /** The peer's figure in the same unit and run; `undefined` where it is not installed. */
  readonly value: number | undefined;
}

/** A bar the figure must reach: absolute in its own unit, or as a ratio to the named peer (always "better is more"). */
export type Goal =
  | { readonly kind: 'atLeast'; readonly value: number }
  | { readonly kind: 'atMost'; readonly value: number }
  | { readonly kind: 'ratioAtLeast'; readonly value: number; readonly peer: string }
  | { readonly kind: 'holds'; readonly text: string };

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Percentiles of single operations, in `percentileUnit`. */
  readonly p50?: number;
  readonly p99?: number;
  readonly percentileUnit?: string;
  /** Relative spread of the rounds (half the range over the median). */
  readonly spread?: number;
  readonly peers?: readonly Peer[];
  readonly goal?: Goal;
  /** Whether more is better; latencies say false. */
  readonly moreIsBetter?: boolean;
  readonly note?: string;
}

export interface Benchmark {
  /** As in `npm run bench -- <name>`; equals the file's name. */
  readonly name: string;
  readonly title: string;
  readonly run: () => Promise<readonly Figure[]>;
}

/** How many times better than the peer; `undefined` where the peer is not available. */
export function ratioTo(figure: Figure, peer: Peer): number | undefined {
  if (peer.value === undefined) return undefined;
  return figure.moreIsBetter === false ? peer.value / figure.value : figure.value / peer.value;
}

/** Whether the goal is reached; `undefined` where there is none or its peer is not available. */
export function reaches(figure: Figure): boolean | undefined {
  const { goal } = figure;
  if (goal === undefined) return undefined;
  if (goal.kind === 'atLeast') return figure.value >= goal.value;
  if (goal.kind === 'atMost') return figure.value <= goal.value;
  if (goal.kind === 'holds') return figure.value === 1;
  const peer = figure.peers?.find(({ name }) => name === goal.peer);
  const ratio = peer === undefined ? undefined : ratioTo(figure, peer);
  return ratio === undefined ? undefined : ratio >= goal.value;
}
