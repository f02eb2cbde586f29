/** Two engines, one shard: the one that slept past its lease stops, and what it writes late is refused. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDynamoJournal, createJournalClient } from '@perps/adapters/aws';
import { systemClock } from '@perps/adapters/node';
import { createRpcClient, type RpcClient } from '@perps/adapters/rpc';
import { accountIdOf, shardOf } from '@perps/contracts/engine';
import { type JournalRecord, type JournalStore, silentLogger } from '@perps/runtime/ports';
import { freePort } from '../../local/cloud/dynoxide.ts';
import { type Child, superviseChild } from '../../local/supervisor/child.ts';
import { type Load, startLoad } from '../load/load.ts';
import { engineHealth, judge, venueDifferences } from '../load/verdict.ts';
import { useSystem } from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const SWITCH_MS_MAX = 60_000;
const system = useSystem();

interface SecondEngine {
  readonly child: Child;
  readonly engineUrl: string;
}

async function startSecondEngine(first: Child): Promise<SecondEngine> {
  const port = await freePort();
  const engineUrl = `ws://127.0.0.1:${port}/rpc`;
  const { spec } = first;
  const env = { ...spec.env, PORT: String(port), ADVERTISED_URL: engineUrl };
  const logFile = join(system().dir, 'logs', 'engine-2.log');
  const child = superviseChild({ ...spec, name: 'engine-2', env, logFile }, { onStart: () => {}, onDeath: () => {} });
  await eventually('a second engine that waits for a shard', () => waits({ engineUrl }), SWITCH_MS_MAX);
  return { child, engineUrl };
}

/** It runs, has a signer slot of its own, and owns nothing. */
async function waits(engine: { readonly engineUrl: string }): Promise<true | undefined> {
  const health = await engineHealth(engine).catch(() => undefined);
  return health?.reasons.includes('owns no shard') === true ? true : undefined;
}

const shardsOf = async (engine: { readonly engineUrl: string }): Promise<readonly number[]> =>
  (await engineHealth(engine)).shards.toSorted((a, b) => a - b);

async function connectTo(engineUrl: string): Promise<RpcClient> {
  const client = createRpcClient({ resolveUrl: async () => engineUrl, logger: silentLogger, clock: systemClock });
  await eventually('a connection to the engine', () => (client.isConnected() ? true : undefined));
  return client;
}

function openJournal({ spec: { env } }: Child): JournalStore {
  const client = createJournalClient({
    region: env['AWS_REGION'] ?? 'us-east-1',
    endpoint: env['AWS_ENDPOINT_URL_DYNAMODB'] ?? env['AWS_ENDPOINT_URL'] ?? '',
    credentials: { accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '', secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '' },
  });
  return createDynamoJournal({ client, tableName: env['JOURNAL_TABLE'] ?? '' });
}

async function recordsOf(journal: JournalStore, shard: number): Promise<readonly JournalRecord[]> {
  const records: JournalRecord[] = [];
  for await (const record of journal.read({ shard, fromSeq: 1 })) records.push(record);
  return records;
}

describe('DR-002: an engine sleeps past its lease while a second one waits', () => {
  let first: Child;
  let second: SecondEngine;
  let load: Load;
  beforeAll(async () => {
    const engine = system().process('engine');
    if (engine === undefined) throw new Error('no engine runs');
    first = engine;
    second = await startSecondEngine(first);
    load = await startLoad(system(), { seed: 2, traders: 6 });
  }, 120_000);
  afterAll(async () => {
    await load.stop();
    await second.child.stop();
  }, 120_000);

  it('the second takes over, the first stops serving, nothing is lost or doubled', async () => {
    const shards = await shardsOf(system());
    const [wallet] = load.wallets;
    const accountId = accountIdOf(wallet!.address);
    const client = await connectTo(system().engineUrl);
    await load.filledAfter(performance.now());
    const { pid } = first;
    process.kill(pid, 'SIGSTOP');
    const stoppedAt = performance.now();
    try {
      const late = client
        .request(
          'submit',
          { type: 'Noop', commandId: 'late', accountId, receivedAt: Date.now() },
          { timeoutMs: 90_000 },
        )
        .then(String, ({ code }: { readonly code: string }) => code);
      const taken = async () => ((await shardsOf(second)).length === shards.length ? true : undefined);
      await eventually('the second engine owns every shard', taken, SWITCH_MS_MAX);
      const served = await load.filledAfter(stoppedAt);
      process.stdout.write(`taken over: served again after ${Math.round(served.decidedAt! - stoppedAt)} ms\n`);

      process.kill(pid, 'SIGCONT');
      // It says that the shard is not its own, or has gone before it could say anything; it never answers a result.
      expect(['NotOwner', 'NotReady', 'Timeout', 'Disconnected']).toContain(await late);
    } finally {
      process.kill(pid, 'SIGCONT');
      client.close();
    }
    await eventually('the first engine owns nothing', () => waits(system()), SWITCH_MS_MAX);
    await load.filledAfter(performance.now());
    expect(await shardsOf(second)).toEqual(shards);
    await expectFenced(shardOf(accountId, shards.length));

    // The way back is an orderly stop: the lease is handed over.
    await second.child.stop();
    await load.filledAfter(performance.now());
    await load.stop();
    const verdict = await judge(system(), load);
    expect(verdict).toMatchObject({ lost: [], doubled: [], unanswered: [], differences: [] });
    expect(verdict.acknowledged).toBeGreaterThan(20);
    expect(await venueDifferences(system(), load.wallets)).toEqual([]);
  }, 240_000);

  /** The sleeper's next append, had it come: its place in the journal is taken by the fence. */
  async function expectFenced(shard: number): Promise<void> {
    const journal = openJournal(first);
    const records = await recordsOf(journal, shard);
    const fence = records.find(({ epoch }, index) => index > 0 && epoch > records[index - 1]!.epoch);
    if (fence === undefined) throw new Error('no second epoch in the journal');
    const before = records[fence.seq - 2]!;
    const late = { ...before, seq: fence.seq, token: 'late', previousToken: before.token };
    expect(await journal.append(late)).toMatchObject({ status: 'conflict', stored: { token: fence.token } });
    expect(fence.previousToken).toBe(before.token);
    // From the fence on there is one writer.
    expect(records.slice(fence.seq - 1).filter(({ epoch }) => epoch < fence.epoch)).toEqual([]);
  }
});
