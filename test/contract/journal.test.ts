import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { createDynamoJournal, createJournalClient } from '@perps/adapters/aws';
import { JournalGapError, type JournalRecord, type JournalStore } from '@perps/runtime/ports';
import { createMemoryJournal } from '@perps/runtime/testing';
import { startEmulators, type Emulators } from '../support/emulators.ts';
import { injectFaults } from '../support/store-faults.ts';

interface Subject {
  readonly journal: JournalStore;
  remove(shard: number, seq: number): Promise<void>;
}

const record = (seq: number, fields: Partial<JournalRecord> = {}): JournalRecord => ({
  shard: 0,
  seq,
  epoch: 1,
  token: `token-${seq}`,
  previousToken: seq === 1 ? '' : `token-${seq - 1}`,
  body: Uint8Array.of(1, 2, 3, seq % 256),
  ...fields,
});

async function collect(journal: JournalStore, fromSeq: number, limit?: number, shard = 0): Promise<JournalRecord[]> {
  const records: JournalRecord[] = [];
  for await (const one of journal.read({ shard, fromSeq, ...(limit === undefined ? {} : { limit }) }))
    records.push(one);
  return records.map((one) => ({ ...one, body: Uint8Array.from(one.body) }));
}

async function fill(journal: JournalStore, first: number, last: number): Promise<void> {
  for (let from = first; from <= last; from += 64) {
    const seqs = Array.from({ length: Math.min(64, last - from + 1) }, (_, index) => from + index);
    await Promise.all(seqs.map((seq) => journal.append(record(seq))));
  }
}

function journalContract(name: string, create: () => Promise<Subject>): void {
  describe(`journal contract: ${name}`, () => {
    it('is empty at first', async () => {
      const { journal } = await create();
      expect(await collect(journal, 1)).toEqual([]);
      expect(await journal.lastSeq(0)).toBe(0);
    });

    it('gives back what was appended, in order, byte for byte', async () => {
      const { journal } = await create();
      const body = Uint8Array.from({ length: 20_000 }, (_, index) => index % 251);
      expect(await journal.append(record(1, { body }))).toEqual({ status: 'appended' });
      expect(await journal.append(record(2))).toEqual({ status: 'appended' });
      expect(await collect(journal, 1)).toEqual([record(1, { body }), record(2)]);
      expect(await collect(journal, 2)).toEqual([record(2)]);
      expect(await collect(journal, 1, 1)).toEqual([record(1, { body })]);
      expect(await journal.lastSeq(0)).toBe(2);
    });

    it('refuses a taken seq and names whose record stands there', async () => {
      const { journal } = await create();
      await journal.append(record(1, { token: 'winner', epoch: 7 }));
      expect(await journal.append(record(1, { token: 'loser', epoch: 8 }))).toEqual({
        status: 'conflict',
        stored: { token: 'winner', epoch: 7 },
      });
      expect(await journal.append(record(1, { token: 'winner', epoch: 7 }))).toEqual({
        status: 'conflict',
        stored: { token: 'winner', epoch: 7 },
      });
    });

    it('lets exactly one of many racing writers in', async () => {
      const { journal } = await create();
      const racers = Array.from({ length: 30 }, (_, index) => journal.append(record(1, { token: `racer-${index}` })));
      const outcomes = await Promise.all(racers);
      expect(outcomes.filter(({ status }) => status === 'appended')).toHaveLength(1);
      const [stored] = await collect(journal, 1);
      for (const outcome of outcomes) {
        if (outcome.status === 'conflict') expect(outcome.stored.token).toBe(stored!.token);
      }
    });

    it('keeps shards apart', async () => {
      const { journal } = await create();
      await journal.append(record(1));
      await journal.append(record(1, { shard: 11, token: 'other' }));
      expect((await collect(journal, 1, undefined, 11)).map(({ token }) => token)).toEqual(['other']);
    });

    it('reads across the border of segments and finds the end there', async () => {
      const { journal } = await create();
      await fill(journal, 1, 4_095);
      expect(await journal.lastSeq(0)).toBe(4_095);
      expect((await collect(journal, 4_090)).map(({ seq }) => seq)).toEqual([4_090, 4_091, 4_092, 4_093, 4_094, 4_095]);
      await fill(journal, 4_096, 4_099);
      expect(await journal.lastSeq(0)).toBe(4_099);
      expect(await collect(journal, 1)).toHaveLength(4_099);
      expect((await collect(journal, 4_095, 3)).map(({ seq }) => seq)).toEqual([4_095, 4_096, 4_097]);
    });

    it('stops at a hole, also at the border of segments', async () => {
      const { journal, remove } = await create();
      await fill(journal, 1, 5);
      await remove(0, 3);
      await expect(collect(journal, 1)).rejects.toMatchObject({ code: 'JournalGap', expectedSeq: 3, foundSeq: 4 });
      await fill(journal, 4_095, 4_097);
      await remove(0, 4_095);
      await expect(collect(journal, 4_095)).rejects.toBeInstanceOf(JournalGapError);
    });
  });
}

describe('journal', () => {
  let emulators: Emulators;
  beforeAll(async () => {
    emulators = await startEmulators();
  });
  afterAll(() => emulators.close());

  journalContract('memory', async () => {
    const journal = createMemoryJournal();
    return { journal, remove: async (shard, seq) => journal.replace(shard, seq, undefined) };
  });

  const createDynamo = async () => {
    const tableName = await emulators.createTable({ partition: 'pk', sort: 'sk' });
    const faults = injectFaults(createJournalClient(emulators.options('DYNAMODB')));
    return { faults, tableName, journal: createDynamoJournal({ client: faults.client, tableName }) };
  };

  journalContract('DynamoDB', async () => {
    const { tableName, journal } = await createDynamo();
    const remove = async (shard: number, seq: number): Promise<void> => {
      const Key = { pk: { S: `${shard}#${Math.floor(seq / 4_096)}` }, sk: { N: String(seq) } };
      await emulators.dynamo.send(new DeleteItemCommand({ TableName: tableName, Key }));
    };
    return { journal, remove };
  });

  describe('DynamoDB in trouble', () => {
    it.each([{ kind: 'loseRequest' }, { kind: 'throttle' }] as const)('leaves $kind undecided', async (fault) => {
      const { faults, journal } = await createDynamo();
      faults.next(fault);
      expect(await journal.append(record(1))).toMatchObject({ status: 'undecided' });
      expect(faults.reached()).toBe(0);
      expect(await journal.append(record(1))).toEqual({ status: 'appended' });
    });

    it('finds its own token where only the answer was lost', async () => {
      const { faults, journal } = await createDynamo();
      faults.next({ kind: 'loseReply' });
      expect(await journal.append(record(1, { token: 'mine' }))).toMatchObject({ status: 'undecided' });
      expect(faults.reached()).toBe(1);
      expect(await journal.append(record(1, { token: 'mine' }))).toEqual({
        status: 'conflict',
        stored: { token: 'mine', epoch: 1 },
      });
    });

    it('sends each append once', async () => {
      const { faults, journal } = await createDynamo();
      await journal.append(record(1));
      await journal.append(record(1));
      expect(faults.reached()).toBe(2);
    });

    it('lets a delayed put collide with the one that overtook it', async () => {
      const { faults, journal } = await createDynamo();
      const { promise: gate, resolve: open } = Promise.withResolvers<void>();
      faults.next({ kind: 'delay', gate });
      const late = journal.append(record(1, { token: 'late' }));
      expect(await journal.append(record(1, { token: 'early' }))).toEqual({ status: 'appended' });
      open();
      expect(await late).toEqual({ status: 'conflict', stored: { token: 'early', epoch: 1 } });
    });

    it('does not wait for ever: an endpoint that never answers leaves it undecided, after one request', async () => {
      let requests = 0;
      const silent = createServer(() => {
        requests += 1;
      });
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
      const client = createJournalClient({ ...emulators.options('DYNAMODB'), endpoint, requestTimeoutMs: 100 });
      const journal = createDynamoJournal({ client, tableName: 'silent' });
      expect(await journal.append(record(1))).toMatchObject({ status: 'undecided' });
      expect(requests).toBe(1);
      client.destroy();
      silent.closeAllConnections();
      await new Promise((resolve) => silent.close(resolve));
    });

    it('throws what no repeat can help: a record beyond the item limit', async () => {
      const { journal } = await createDynamo();
      const body = new Uint8Array(410 * 1_024);
      await expect(journal.append(record(1, { body }))).rejects.toMatchObject({ name: 'ValidationException' });
    });

    it('leaves an endpoint that is not there undecided', async () => {
      const client = createJournalClient({ ...emulators.options('DYNAMODB'), endpoint: 'http://127.0.0.1:1' });
      const journal = createDynamoJournal({ client, tableName: 'nowhere' });
      expect(await journal.append(record(1))).toMatchObject({ status: 'undecided' });
    });
  });
});
