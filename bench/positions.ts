/**
 * A shard with many open positions in memory: what one costs, how fast orders go on among them, what an order waits
 * while the heap is collected whole, and how long a snapshot of it takes to write and to read.
 * 100,000 positions unless `PERPS_BENCH_POSITIONS` says otherwise.
 */
import { apply, checks, decideCommand, initialShard, type ShardCommand, type ShardState } from '@perps/domain/shard';
import { createTradingMachine } from '../services/engine/trading-machine.ts';
import type { Benchmark, Figure } from './support/benchmark.ts';
import { createLatencies, median, microsecondsAt, spreadOf } from './support/timing.ts';
import { factsAt, internalOrder, openingCommands, ownerOf, positionsWanted } from './support/trading.ts';

const POSITIONS = positionsWanted();
const ROUNDS = 5;
const ROUND_ORDERS = 20_000;
const OPEN_LOOP_PER_SECOND = 1_000;
const OPEN_LOOP_MS = 4_000;

export const benchmark: Benchmark = {
  name: 'positions',
  title: `A shard with ${POSITIONS.toLocaleString('en')} open positions in memory`,
  async run() {
    // The load's own texts are no part of the state.
    for (let account = 0; account < POSITIONS; account += 1) ownerOf(account);
    const empty = memory();
    const state = initialShard(0);
    for (const command of openingCommands(POSITIONS)) execute(state, command);
    const accounts = memory();
    for (let index = 0; index < POSITIONS; index += 1) execute(state, internalOrder(index, POSITIONS));
    const positions = memory();
    return [
      bytesFigure('account without a position, heap', (accounts.heap - empty.heap) / POSITIONS),
      {
        ...bytesFigure('account with an open position, heap', (positions.heap - empty.heap) / POSITIONS),
        goal: { kind: 'atMost', value: 1_024 },
        note: `and ${Math.round((positions.buffers - empty.buffers) / POSITIONS)} B packed history and answers`,
      },
      throughput(state),
      ...(await openLoop(state)),
      ...snapshotFigures(state),
    ];
  },
};

function execute(state: ShardState, command: ShardCommand): void {
  const at = command.receivedAt;
  const decision = decideCommand(state, command, factsAt(at));
  if (decision.outcome !== 'accepted') throw new Error(`Refused: ${JSON.stringify(decision.result)}`);
  const { streamId, events, result } = decision;
  apply(state, { commandId: command.commandId, streamId, at, events, result });
}

function memory(): { readonly heap: number; readonly buffers: number } {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, buffers: arrayBuffers };
}

const bytesFigure = (name: string, bytes: number): Figure => ({
  name,
  value: Math.round(bytes),
  unit: 'B',
  moreIsBetter: false,
});

let next = 2 * POSITIONS;

/** Orders that add to positions, accounts in turn: each meets memory that nobody has touched for long. */
function throughput(state: ShardState): Figure {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.threadCpuUsage();
    for (let order = 0; order < ROUND_ORDERS; order += 1) execute(state, internalOrder(next++, POSITIONS));
    const { user, system } = process.threadCpuUsage(before);
    rates.push((ROUND_ORDERS * 1e6) / (user + system));
  }
  return { name: 'decide + apply among them', value: median(rates), unit: 'orders per CPU s', spread: spreadOf(rates) };
}

/** Orders at their due times, and in the midst of them one collection of the whole heap that stops the thread. */
async function openLoop(state: ShardState): Promise<readonly Figure[]> {
  const latencies = createLatencies();
  const total = (OPEN_LOOP_PER_SECOND * OPEN_LOOP_MS) / 1000;
  let pauseMs = 0;
  const start = performance.now() + 10;
  for (let order = 0; order < total;) {
    const now = performance.now();
    const due = start + (order * 1000) / OPEN_LOOP_PER_SECOND;
    if (now < due) {
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    if (order === total / 2 && pauseMs === 0) {
      globalThis.gc?.();
      pauseMs = performance.now() - now;
    }
    execute(state, internalOrder(next++, POSITIONS));
    latencies.recordValue(Math.max(1, Math.round((performance.now() - due) * 1_000_000)));
    order += 1;
  }
  const [p50, p99] = [microsecondsAt(latencies, 50), microsecondsAt(latencies, 99)];
  const name = `order at ${OPEN_LOOP_PER_SECOND.toLocaleString('en')}/s around a stop of the whole heap, p99.9`;
  return [
    { name, value: microsecondsAt(latencies, 99.9) / 1000, unit: 'ms', p50, p99, moreIsBetter: false },
    { name: 'the stop itself', value: pauseMs, unit: 'ms', moreIsBetter: false },
  ];
}

/** As the host writes and reads them; reading builds all indexes anew. */
function snapshotFigures(state: ShardState): readonly Figure[] {
  const machine = createTradingMachine({ shard: 0 });
  const writtenAt = performance.now();
  const bytes = machine.serialize(state);
  const readAt = performance.now();
  const again = machine.deserialize(bytes);
  const doneAt = performance.now();
  const isRight = again.accounts.size === state.accounts.size && checks(again).length === 0;
  const seconds = { unit: 's', moreIsBetter: false };
  return [
    {
      ...seconds,
      name: 'snapshot written',
      value: (readAt - writtenAt) / 1000,
      note: `${Math.round(bytes.length / 1e6)} MB, ${Math.round(bytes.length / POSITIONS)} B a position`,
    },
    { ...seconds, name: 'snapshot read', value: (doneAt - readAt) / 1000, goal: { kind: 'atMost', value: 10 } },
    { name: 'the same state', value: isRight ? 1 : 0, unit: 'holds', goal: { kind: 'holds', text: 'checks pass' } },
  ];
}
