/**
 * P10: from the arrival of a mark to durable liquidations. The engine's own loop over the shard host, the real journal
 * adapter and a real store on a file; bare puts of the same client beside it. Then a fall that reaches a tenth of all
 * positions at once, while users cancel orders.
 */
import { randomBytes } from 'node:crypto';
import { systemClock } from '@perps/adapters/node';
import type { ShardFacts, ShardState } from '@perps/domain/shard';
import { noMetrics, silentLogger } from '@perps/runtime/ports';
import type { HostShard } from '../services/engine/host-commands.ts';
import { createRiskLoop, type RiskLoop } from '../services/engine/risk-loop.ts';
import type { TradingHost } from '../services/engine/shard.ts';
import type { Benchmark, Figure } from './support/benchmark.ts';
import { createHost, type JournalTable, openJournalTable } from './support/journaled-shard.ts';
import { factsAtMove, recovered, riskyShard } from './support/risky-shard.ts';
import { createLatencies, microsecondsAt } from './support/timing.ts';

const POSITIONS = Number(process.env['LIQUIDATION_POSITIONS'] ?? 100_000);
/** Distances of the accounts' levels begin here (risky-shard), millionths of the mark; one per cent of the longs each. */
const NEAREST = 30_000;
const STEP = 6_000;
const TICKS = 5;
const FALL = 60_000;
const PUTS = 300;
const PUT_BYTES = 8_192;
const CANCEL_EVERY_MS = 10;

export const benchmark: Benchmark = {
  name: 'liquidation-path',
  title: `P10, mark to durable liquidation, ${POSITIONS.toLocaleString('en')} open positions on a store on this disk`,
  async run() {
    const table = await openJournalTable();
    const desk = await openDesk(table);
    try {
      const putP99 = await barePuts(table);
      const ticks = await tickLatencies(desk);
      const fall = await fallOf(desk);
      return figures(ticks, putP99, fall);
    } finally {
      await desk.host.stop();
      await table.close();
    }
  },
};

/** A shard with its loop; the mark is where `move` says. */
interface Desk {
  readonly host: TradingHost;
  readonly loop: RiskLoop;
  /** Liquidations that are durable so far. */
  ended(): number;
  onEnded(listener: () => void): void;
  /** Millionths below the first mark. */
  move(millionths: number): void;
  facts(): ShardFacts;
}

async function openDesk(table: JournalTable): Promise<Desk> {
  const host = createHost({ ...table, initial: () => recovered(riskyShard(POSITIONS, 'isolated')) });
  await host.start();
  let state: ShardState | undefined;
  await host.query((held) => {
    state = held;
  });
  let moved = 0;
  let count = 0;
  let commands = 0;
  const facts = (): ShardFacts => factsAtMove(-moved, systemClock.now());
  const shard: HostShard = {
    state: () => state,
    pricing: () => ({ markets: facts().markets, funding: state?.funding.indexes ?? {} }),
    command: (subject, command) => {
      commands += 1;
      const whole = { ...command, commandId: `${subject}:${commands}`, receivedAt: systemClock.now() };
      return host.submit({ command: whole, facts: facts() });
    },
  };
  const listeners: (() => void)[] = [];
  const loop = createRiskLoop({
    shard,
    clock: systemClock,
    logger: silentLogger,
    metrics: noMetrics,
    later: (task) => void setImmediate(task),
    onTakeover: () => undefined,
  });
  host.onCommitted(({ entries }) => {
    const ended = entries.flatMap(({ events }) => events.filter(({ type }) => type === 'LiquidationEnded'));
    count += ended.length;
    ended.forEach(() => listeners.forEach((listener) => listener()));
  });
  const desk: Desk = {
    host,
    loop,
    facts,
    ended: () => count,
    onEnded: (listener) => void listeners.push(listener),
    move: (millionths) => {
      moved = millionths;
    },
  };
  loop.onMark('BTC');
  await settled(desk);
  return desk;
}

/** Until nothing was liquidated for a while: everything that a mark touched is over. */
async function settled(desk: Desk): Promise<void> {
  for (let before = -1; before !== desk.ended();) {
    before = desk.ended();
    await systemClock.sleep(300);
  }
}

/** Each step reaches about one per cent; time from the mark to each durable end. */
async function tickLatencies(desk: Desk) {
  const latencies = createLatencies();
  let began = 0;
  desk.onEnded(() => latencies.recordValue(Math.round((performance.now() - began) * 1_000_000)));
  for (let tick = 0; tick < TICKS; tick += 1) {
    desk.move(NEAREST + tick * STEP);
    began = performance.now();
    desk.loop.onMark('BTC');
    await settled(desk);
  }
  return { p50: microsecondsAt(latencies, 50), p99: microsecondsAt(latencies, 99), count: desk.ended() };
}

interface Fall {
  readonly liquidated: number;
  readonly ms: number;
  readonly cancelP99: number;
}

/** A tenth at once; a user's cancel every few milliseconds meanwhile. */
async function fallOf(desk: Desk): Promise<Fall> {
  const cancels = createLatencies();
  const before = desk.ended();
  let lastAt = performance.now();
  desk.onEnded(() => {
    lastAt = performance.now();
  });
  const stopping = new AbortController();
  const cancelling = cancelUntil(desk, cancels, stopping.signal);
  desk.move(NEAREST + TICKS * STEP + FALL);
  const began = performance.now();
  desk.loop.onMark('BTC');
  await settled(desk);
  stopping.abort();
  await cancelling;
  return { liquidated: desk.ended() - before, ms: lastAt - began, cancelP99: microsecondsAt(cancels, 99) / 1_000 };
}

async function cancelUntil(
  desk: Desk,
  latencies: ReturnType<typeof createLatencies>,
  signal: AbortSignal,
): Promise<void> {
  const accountId = 'a0000001';
  const answers: Promise<unknown>[] = [];
  for (let n = 0; !signal.aborted; n += 1) {
    const began = performance.now();
    const command = { type: 'CancelAll', accountId, cause: 'user', commandId: `user:${n}`, receivedAt: 0 } as const;
    const answer = desk.host.submit({ command, facts: desk.facts() });
    answers.push(answer.then(() => latencies.recordValue(Math.round((performance.now() - began) * 1_000_000))));
    await systemClock.sleep(CANCEL_EVERY_MS, signal);
  }
  await Promise.all(answers);
}

/** p99 of one conditional put of a batch's size, µs. */
async function barePuts({ journal }: JournalTable): Promise<number> {
  const latencies = createLatencies();
  for (let seq = 1; seq <= PUTS; seq += 1) {
    const began = performance.now();
    const body = randomBytes(PUT_BYTES);
    await journal.append({ shard: 9, seq, epoch: 1, token: `t${seq}`, previousToken: `t${seq - 1}`, body });
    latencies.recordValue(Math.round((performance.now() - began) * 1_000_000));
  }
  return microsecondsAt(latencies, 99);
}

function figures(
  ticks: { readonly p50: number; readonly p99: number; readonly count: number },
  putP99: number,
  fall: Fall,
): readonly Figure[] {
  const ms = { unit: 'ms', moreIsBetter: false } as const;
  return [
    {
      ...ms,
      name: 'mark to durable liquidation, p99, 1 % of the positions',
      value: ticks.p99 / 1_000,
      note: `p50 ${(ticks.p50 / 1_000).toFixed(1)} ms, ${ticks.count} liquidations; a put of ${PUT_BYTES} B: p99 ${(putP99 / 1_000).toFixed(1)} ms`,
      goal: { kind: 'atMost', value: (2 * putP99) / 1_000 + 20 },
    },
    {
      ...ms,
      name: `a fall that reaches ${fall.liquidated.toLocaleString('en')} positions, until all are durable`,
      value: fall.ms,
      goal: { kind: 'atMost', value: 2_000 },
    },
    { ...ms, name: "a user's cancel meanwhile, p99", value: fall.cancelP99, goal: { kind: 'atMost', value: 250 } },
  ];
}
