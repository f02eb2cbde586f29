/** The printed table and the results file. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Benchmark, type Figure, type Goal, type Peer, ratioTo, reaches } from './benchmark.ts';

const RESULTS = fileURLToPath(new URL('../results.json', import.meta.url));

/** What a figure is worth nothing without. */
export function machineHeader(): string {
  const gigabytes = (totalmem() / 2 ** 30).toFixed(1);
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${model}, ${availableParallelism()} cores, ${gigabytes} GB, Node ${process.version}, ${process.platform}`;
}

const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });

function goalText(goal: Goal | undefined): string {
  if (goal === undefined) return '';
  if (goal.kind === 'atLeast') return `≥ ${number.format(goal.value)}`;
  if (goal.kind === 'atMost') return `≤ ${number.format(goal.value)}`;
  return goal.kind === 'holds' ? goal.text : `≥ ${goal.value}× ${goal.peer}`;
}

function peerText(figure: Figure, peer: Peer): string {
  const ratio = ratioTo(figure, peer);
  return ratio === undefined ? `${peer.name}: not available` : `${number.format(ratio)}× ${peer.name}`;
}

function percentileText(figure: Figure): string {
  if (figure.p50 === undefined || figure.p99 === undefined) return '';
  return `${number.format(figure.p50)} / ${number.format(figure.p99)} ${figure.percentileUnit ?? 'µs'}`;
}

function verdictText(figure: Figure): string {
  const reached = reaches(figure);
  if (figure.goal === undefined) return 'informative';
  if (reached === undefined) return 'not available';
  return reached ? 'reached' : 'MISSED';
}

const HEADINGS = ['figure', 'value', 'unit', 'p50 / p99', 'spread', 'goal', 'verdict', 'peers, note'];

function row(figure: Figure): string[] {
  return [
    figure.name,
    number.format(figure.value),
    figure.unit,
    percentileText(figure),
    figure.spread === undefined ? '' : `±${(figure.spread * 100).toFixed(0)} %`,
    goalText(figure.goal),
    verdictText(figure),
    [...(figure.peers ?? []).map((peer) => peerText(figure, peer)), figure.note ?? ''].filter(Boolean).join('; '),
  ];
}

/** The figures of one benchmark as a text table. */
export function tableOf(benchmark: Pick<Benchmark, 'name' | 'title'>, figures: readonly Figure[]): string {
  const rows = [HEADINGS, ...figures.map(row)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const [headings = [], ...body] = rows;
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [`\n${benchmark.name}: ${benchmark.title}`, line(headings), rule, ...body.map(line)].join('\n');
}

interface StoredResult {
  readonly title: string;
  readonly machine: string;
  readonly measuredAt: string;
  readonly figures: readonly Figure[];
}

/** Replaces one benchmark's entry in `bench/results.json`; the others stay with the machine they were measured on. */
export function storeResult(benchmark: Pick<Benchmark, 'name' | 'title'>, figures: readonly Figure[]): void {
  const stored: Record<string, StoredResult> = existsSync(RESULTS)
    ? (JSON.parse(readFileSync(RESULTS, 'utf8')) as Record<string, StoredResult>)
    : {};
  stored[benchmark.name] = {
    title: benchmark.title,
    machine: machineHeader(),
    measuredAt: new Date().toISOString(),
    figures,
  };
  writeFileSync(RESULTS, `${JSON.stringify(stored, undefined, 2)}\n`);
}
