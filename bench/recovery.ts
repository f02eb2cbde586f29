/**
 * P12: a shard that holds 100,000 open positions (or `PERPS_BENCH_POSITIONS`) in a snapshot on S3 and a journal tail in
 * the store, taken over by a new host. Everything is written by the system's own code: orders through a host, the
 * snapshot by the follower's.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { createS3Client, createS3Snapshots } from '@perps/adapters/aws';
import { systemClock } from '@perps/adapters/node';
import { isJournalEntry } from '@perps/contracts/journal';
import type { CommandResult } from '@perps/domain/account';
import { apply, initialShard, serialize, type ShardCommand, type ShardState } from '@perps/domain/shard';
import type { JournalStore, LeaseStore, SnapshotStore } from '@perps/runtime/ports';
import { type RecoveryReport, writeSnapshot, type WrittenSnapshot } from '@perps/runtime/shard';
import { createMemoryLeases } from '@perps/runtime/testing';
import { render } from '../layers/domain/src/testing/index.ts';
import { startQueues } from '../local/cloud/fauxqs.ts';
import type { TradingHost } from '../services/engine/shard.ts';
import { createTradingMachine, tradingCodec } from '../services/engine/trading-machine.ts';
import type { Benchmark, Figure } from './support/benchmark.ts';
import { createHost, openJournalTable } from './support/journaled-shard.ts';
import { median, spreadOf } from './support/timing.ts';
import { internalOrder, openingCommands, positionsWanted, withFacts } from './support/trading.ts';

const POSITIONS = positionsWanted();
/** Orders journaled after the snapshot. */
const TAIL_ORDERS = 20_000;
const PORTION = 5_000;
const RUNS = 2;

interface Stores {
  readonly journal: JournalStore;
  readonly snapshots: SnapshotStore;
  readonly leases: LeaseStore;
}

export const benchmark: Benchmark = {
  name: 'recovery',
  title: `P12, ${POSITIONS.toLocaleString('en')} open positions: snapshot from S3, ${TAIL_ORDERS.toLocaleString('en')} orders of tail`,
  async run() {
    const table = await openJournalTable();
    const bucket = await openBucket();
    const stores: Stores = { ...table, snapshots: bucket.snapshots, leases: createMemoryLeases(systemClock) };
    try {
      const { written, liveHash } = await fillShard(stores);
      const tail = await readTail(stores.journal, written?.ref.seq ?? 0);
      const runs: Recovery[] = [];
      for (let run = 0; run < RUNS; run += 1) runs.push(await recoverOnce(stores, run === 0 ? liveHash : undefined));
      return [...recoveryFigures(runs, written?.bytes ?? 0), replayFigure(tail), hashFigure(runs)];
    } finally {
      await bucket.close();
      await table.close();
    }
  },
};

/** The first owner's life. Nothing of its state stays behind: a process that recovers holds one state, not two. */
async function fillShard(
  stores: Stores,
): Promise<{ readonly written: WrittenSnapshot | undefined; readonly liveHash: string }> {
  const host = createHost(stores);
  await host.start();
  await submitAll(host, openingCommands(POSITIONS));
  await submitAll(host, orders(0, POSITIONS));
  const machine = createTradingMachine({ shard: 0 });
  const written = await writeSnapshot({ shard: 0, machine, codec: tradingCodec, ...stores });
  // The second turn would close what the first opened: the tail is the third, which adds to every position.
  await submitAll(host, orders(2 * POSITIONS, TAIL_ORDERS));
  const liveHash = await host.query(hashOf);
  await host.stop();
  return { written, liveHash };
}

function* orders(first: number, count: number): Generator<ShardCommand> {
  for (let index = first; index < first + count; index += 1) yield internalOrder(index, POSITIONS);
}

/** In portions, so that no more commands wait than a host takes. */
async function submitAll(host: TradingHost, commands: Iterable<ShardCommand>): Promise<void> {
  let portion: Promise<CommandResult>[] = [];
  const settle = async (): Promise<void> => {
    for (const result of await Promise.all(portion)) {
      const isDone = result.kind === 'done' || (result.kind === 'orders' && result.orders[0]?.status === 'filled');
      if (!isDone) throw new Error(`Not done: ${JSON.stringify(result)}`);
    }
    portion = [];
  };
  for (const command of commands) {
    portion.push(host.submit(withFacts(command, command.receivedAt)));
    if (portion.length === PORTION) await settle();
  }
  await settle();
}

interface Recovery {
  readonly ms: number;
  /** Of this process, the S3 emulator in it included. */
  readonly cpuMs: number;
  readonly report: RecoveryReport;
  readonly positions: number;
  readonly isHashEqual: boolean;
}

/** A new host takes the shard over; the time is until it takes orders. */
async function recoverOnce(stores: Stores, expectedHash: string | undefined): Promise<Recovery> {
  globalThis.gc?.();
  const host = createHost(stores);
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const report = await host.start();
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  const positions = await host.query((state) =>
    [...state.accounts.values()].reduce((sum, account) => sum + Object.keys(account.positions).length, 0),
  );
  const isHashEqual = expectedHash === undefined || (await host.query(hashOf)) === expectedHash;
  await host.stop();
  return { ms, cpuMs: (user + system) / 1000, report, positions, isHashEqual };
}

/** Of everything that is stored, whatever order its fields were written in. */
function hashOf(state: ShardState): string {
  const hash = createHash('sha256');
  for (const [name, part] of Object.entries(serialize(state))) {
    hash.update(name);
    for (const item of Array.isArray(part) ? part : [part]) hash.update(render(item));
  }
  return hash.digest('hex');
}

async function readTail(journal: JournalStore, afterSeq: number): Promise<readonly Uint8Array[]> {
  const bodies: Uint8Array[] = [];
  for await (const { body } of journal.read({ shard: 0, fromSeq: afterSeq + 1 })) bodies.push(body);
  return bodies;
}

function recoveryFigures(runs: readonly Recovery[], snapshotBytes: number): Figure[] {
  const seconds = runs.map(({ ms }) => ms / 1000);
  const step = (name: keyof RecoveryReport['stepsMs']): number =>
    Math.round(median(runs.map(({ report }) => report.stepsMs[name])));
  const first = runs[0];
  return [
    {
      name: `taken over, ${(first?.positions ?? 0).toLocaleString('en')} positions`,
      value: median(seconds),
      unit: 's',
      spread: spreadOf(seconds),
      moreIsBetter: false,
      goal: { kind: 'atMost', value: 5 },
      note: `snapshot ${step('snapshot')} ms (${(snapshotBytes / 2 ** 20).toFixed(1)} MB), journal ${step('journal')} ms (${first?.report.entries ?? 0} entries), checks ${step('checks')} ms; processor time ${(median(runs.map(({ cpuMs }) => cpuMs)) / 1000).toFixed(1)} s; load ${(loadavg()[0] ?? 0).toFixed(1)}`,
    },
  ];
}

/** The tail decoded and applied from memory, per second of processor time: the store's reading is in the figure above. */
function replayFigure(bodies: readonly Uint8Array[]): Figure {
  const state = initialShard(0);
  let events = 0;
  const before = process.threadCpuUsage();
  for (const body of bodies) {
    for (const entry of tradingCodec.decode(body).filter(isJournalEntry)) {
      apply(state, entry);
      events += entry.events.length;
    }
  }
  const { user, system } = process.threadCpuUsage(before);
  return {
    name: 'replay: decode + apply',
    value: (events * 1e6) / (user + system),
    unit: 'events per CPU s',
    goal: { kind: 'atLeast', value: 400_000 },
    note: `${events.toLocaleString('en')} events`,
  };
}

function hashFigure(runs: readonly Recovery[]): Figure {
  const isEqual = runs.every(({ isHashEqual, report }) => isHashEqual && report.differences.length === 0);
  return {
    name: 'state hash',
    value: isEqual ? 1 : 0,
    unit: 'holds',
    goal: { kind: 'holds', text: 'equal, checks pass' },
  };
}

async function openBucket(): Promise<{ readonly snapshots: SnapshotStore; readonly close: () => Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), 'perps-bench-'));
  const server = await startQueues(dir, 'us-east-1');
  const client = createS3Client({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${server.port}`,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  await client.send(new CreateBucketCommand({ Bucket: 'snapshots' }));
  return {
    snapshots: createS3Snapshots({ client, bucket: 'snapshots' }),
    close: async () => {
      client.destroy();
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
