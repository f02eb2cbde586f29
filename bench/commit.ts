/**
 * P5 to P8: durable INTERNAL orders. The runtime's shard host commits through the real journal adapter into a real store
 * on a file (every put is one fsync), beside bare conditional puts into the same table and, where it is installed, a
 * conventional ledger in Postgres on the same disk.
 */
import { loadavg } from 'node:os';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { createDynamoClient } from '@perps/adapters/aws';
import type { JournalRecord } from '@perps/runtime/ports';
import type { Benchmark, Figure } from './support/benchmark.ts';
import { type JournaledShard, openJournaledShard } from './support/journaled-shard.ts';
import { measureLedger } from './support/postgres-ledger.ts';
import { createLatencies, median, microsecondsAt, spreadOf } from './support/timing.ts';
import { internalOrder, withFacts } from './support/trading.ts';

const ACCOUNTS = 2_000;
const CLIENTS = [1, 32, 256] as const;
const ROUNDS = 3;
const ROUND_MS = 1_500;
const OPEN_LOOP_PER_SECOND = 1_000;
const OPEN_LOOP_MS = 2_000;
const PUTS_A_ROUND = 1_000;
/** Shard of the records that are put and read back for their cost alone. */
const BARE_SHARD = 1;
const RECORDS_READ = 5_000;
const PUT_BYTES = 1_024;

/** One operation that ends when it is durable. */
type Operate = () => Promise<unknown>;

interface LoopResult {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

export const benchmark: Benchmark = {
  name: 'commit',
  title: 'P5 to P8, durable INTERNAL orders on a store on this disk',
  async run() {
    const shard = await openJournaledShard({ accounts: ACCOUNTS });
    let orders = 0;
    const place: Operate = () => {
      const command = internalOrder(orders, ACCOUNTS);
      orders += 1;
      return shard.host.submit(withFacts(command, command.receivedAt));
    };
    const append = bareAppend(shard);
    const putBySdk = barePut(shard);
    try {
      await closedLoop(32, place, 1_000);
      const closed: Figure[] = [];
      for (const clients of CLIENTS) closed.push(await closedFigure(clients, place));
      const bytesBefore = { bytes: shard.journalBytes(), orders };
      const open = await openFigures({ place, append, putBySdk });
      const bytesPerOrder = (shard.journalBytes() - bytesBefore.bytes) / (orders - bytesBefore.orders);
      return [
        ...closed,
        ...open,
        {
          name: `journal bytes per order at ${OPEN_LOOP_PER_SECOND.toLocaleString('en')}/s`,
          value: bytesPerOrder,
          unit: 'bytes',
          moreIsBetter: false,
          goal: { kind: 'atMost', value: 130 },
        },
        ...(await putCpuFigures(putBySdk, append)),
        await readFigure(shard),
      ];
    } finally {
      await putBySdk.close();
      await shard.close();
    }
  },
};

/** Clients that each send their next order when the one before is durable. */
async function closedLoop(clients: number, operate: Operate, durationMs: number): Promise<LoopResult> {
  const latencies = createLatencies();
  const start = performance.now();
  const deadline = start + durationMs;
  const client = async (): Promise<void> => {
    while (performance.now() < deadline) {
      const sentAt = performance.now();
      await operate();
      latencies.recordValue(Math.round((performance.now() - sentAt) * 1_000_000));
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const perSecond = (latencies.totalCount * 1000) / (performance.now() - start);
  return { perSecond, p50: microsecondsAt(latencies, 50), p99: microsecondsAt(latencies, 99) };
}

/** Operations start at their due times; latency counts from there. */
async function openLoop(operate: Operate, perSecond: number, durationMs: number): Promise<LoopResult> {
  const latencies = createLatencies();
  const total = (perSecond * durationMs) / 1000;
  const start = performance.now() + 5;
  const running: Promise<void>[] = [];
  while (running.length < total) {
    const due = start + (running.length * 1000) / perSecond;
    if (performance.now() < due) {
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    running.push(operate().then(() => latencies.recordValue(Math.round((performance.now() - due) * 1_000_000))));
  }
  await Promise.all(running);
  const achieved = (total * 1000) / (performance.now() - start);
  return { perSecond: achieved, p50: microsecondsAt(latencies, 50), p99: microsecondsAt(latencies, 99) };
}

/** Takes turns with the ledger in Postgres, where there is one. */
async function closedFigure(clients: number, place: Operate): Promise<Figure> {
  const rounds: LoopResult[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await closedLoop(clients, place, ROUND_MS));
  const ledger = await measureLedger({ clients, durationMs: ROUND_MS * 2 });
  const rates = rounds.map(({ perSecond }) => perSecond);
  return {
    name: `${clients} client${clients === 1 ? '' : 's'}, closed loop`,
    value: median(rates),
    unit: 'orders/s',
    p50: median(rounds.map(({ p50 }) => p50)) / 1000,
    p99: median(rounds.map(({ p99 }) => p99)) / 1000,
    percentileUnit: 'ms',
    spread: spreadOf(rates),
    peers: [
      { name: 'Postgres, house row', value: ledger?.withHouseRow },
      { name: 'Postgres, no hot row', value: ledger?.withoutHouseRow },
    ],
    ...(clients === 32 ? { goal: { kind: 'ratioAtLeast', value: 8, peer: 'Postgres, house row' } } : {}),
    note: `load ${(loadavg()[0] ?? 0).toFixed(1)}`,
  };
}

/**
 * Orders at 1,000/s beside one bare put at a time, in turns. The bare put is the journal's own, so that the ratio is what
 * the commit adds; the SDK's, which costs more, is in the note.
 */
async function openFigures(operations: Record<'place' | 'append' | 'putBySdk', Operate>): Promise<Figure[]> {
  const { place, append, putBySdk } = operations;
  const orders: LoopResult[] = [];
  const puts: LoopResult[] = [];
  const sdkPuts: LoopResult[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    puts.push(await closedLoop(1, append, ROUND_MS));
    sdkPuts.push(await closedLoop(1, putBySdk, ROUND_MS));
    orders.push(await openLoop(place, OPEN_LOOP_PER_SECOND, OPEN_LOOP_MS));
  }
  const of = (results: readonly LoopResult[], key: 'p50' | 'p99'): number =>
    median(results.map((result) => result[key])) / 1000;
  const millisOf = (results: readonly LoopResult[]): string =>
    `${of(results, 'p50').toFixed(2)} / ${of(results, 'p99').toFixed(2)} ms`;
  const ratio = (key: 'p50' | 'p99', goal: number): Figure => ({
    name: `${OPEN_LOOP_PER_SECOND.toLocaleString('en')} orders/s, open loop, ${key} against a bare put`,
    value: of(orders, key) / of(puts, key),
    unit: '×',
    p50: of(orders, 'p50'),
    p99: of(orders, 'p99'),
    percentileUnit: 'ms',
    moreIsBetter: false,
    goal: { kind: 'atMost', value: goal },
    note: `bare put ${millisOf(puts)}, by the SDK ${millisOf(sdkPuts)}; ${Math.round(median(orders.map(({ perSecond }) => perSecond)))}/s done`,
  });
  return [ratio('p50', 1.7), ratio('p99', 1.5)];
}

/** A conditional put of 1 KB as every client of the SDK would send it. */
function barePut(shard: JournaledShard): Operate & { readonly close: () => Promise<void> } {
  const client = createDynamoClient({ ...shard.clientOptions, maxAttempts: 1 });
  const body = { B: new Uint8Array(PUT_BYTES).fill(7) };
  let key = 0;
  const put = (): Promise<unknown> => {
    key += 1;
    const Item = { pk: { S: 'bare' }, sk: { N: String(key) }, body };
    const ConditionExpression = 'attribute_not_exists(pk)';
    return client.send(new PutItemCommand({ TableName: shard.tableName, Item, ConditionExpression }));
  };
  return Object.assign(put, { close: async () => client.destroy() });
}

/** The same size of put as the shard host sends it: by the journal's own client. */
function bareAppend({ uncounted: journal }: JournaledShard): Operate {
  let seq = 0;
  return async () => {
    seq += 1;
    await journal.append(bareRecord(seq));
  };
}

const bareRecord = (seq: number): JournalRecord => ({
  shard: BARE_SHARD,
  seq,
  epoch: 1,
  token: `token-${seq}`,
  previousToken: `token-${seq - 1}`,
  body: new Uint8Array(PUT_BYTES).fill(7),
});

/** P7: what a put costs the thread that decides orders, by the SDK and by the journal's own client, in turns. */
async function putCpuFigures(bySdk: Operate, byJournal: Operate): Promise<Figure[]> {
  const sdk: number[] = [];
  const own: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    sdk.push(await cpuOf(bySdk));
    own.push(await cpuOf(byJournal));
  }
  const figure = (name: string, rounds: readonly number[]) => ({
    name: `processor time of one put by ${name}`,
    value: median(rounds),
    unit: 'µs',
    moreIsBetter: false,
    spread: spreadOf(rounds),
  });
  return [
    { ...figure('the SDK', sdk), note: 'for comparison: the journal does not use it' },
    { ...figure('the journal', own), note: 'a batch of orders shares one put' },
  ];
}

/** Mean processor time of one operation on this thread, µs. */
async function cpuOf(operate: Operate): Promise<number> {
  const before = process.threadCpuUsage();
  for (let index = 0; index < PUTS_A_ROUND; index += 1) await operate();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / PUTS_A_ROUND;
}

/** Records of 1 KB read back without being replayed: what recovery waits for at least. */
async function readFigure({ uncounted: journal }: JournaledShard): Promise<Figure> {
  for (let seq = (await journal.lastSeq(BARE_SHARD)) + 1; seq <= RECORDS_READ; seq += 1) {
    await journal.append(bareRecord(seq));
  }
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    let records = 0;
    for await (const _ of journal.read({ shard: BARE_SHARD, fromSeq: 1, limit: RECORDS_READ })) records += 1;
    if (records !== RECORDS_READ) throw new Error(`read ${records} of ${RECORDS_READ} records back`);
    rates.push((records * 1_000) / (performance.now() - start));
  }
  return {
    name: 'journal records of 1 KB read back',
    value: median(rates),
    unit: 'records/s',
    spread: spreadOf(rates),
  };
}
