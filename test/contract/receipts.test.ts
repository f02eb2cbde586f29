import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DeleteItemCommand, paginateScan } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, DisableKeyCommand, EnableKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import {
  createDynamoJournal,
  createDynamoReceipts,
  createKmsClient,
  createKmsReceiptKey,
  createReceipts,
  journalClientOf,
  type KmsReceiptKey,
  type ReceiptsConfig,
} from '@perps/adapters/aws';
import { checkClaims, receipt as receiptSchema, type Receipt, verifyReceipt } from '@perps/contracts/receipts';
import type { ReceiptIssuer, ReceiptStore } from '@perps/runtime/receipts';
import { createVirtualClock } from '@perps/runtime/testing';
import { startEmulators, type Emulators } from '../support/emulators.ts';
import { createShardHistory, type ShardHistory } from '../support/shard-history.ts';

interface Subject {
  readonly issuer: ReceiptIssuer;
  readonly store: ReceiptStore;
  append(history: ShardHistory, seqs?: { from: number; to: number }): Promise<void>;
  /** Deletes the checkpoint: everything is read again. */
  forget(): Promise<void>;
  /** Every receipt, by trade id. */
  receipts(): Promise<ReadonlyMap<number, Receipt>>;
}

let emulators: Emulators;
let kms: KMSClient;
let keyId: string;
let key: KmsReceiptKey;
let publicKey: string;

beforeAll(async () => {
  emulators = await startEmulators();
  kms = createKmsClient(emulators.options('KMS'));
  const created = await kms.send(new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }));
  keyId = created.KeyMetadata?.KeyId ?? '';
  key = createKmsReceiptKey({ client: kms, keyId });
  ({ publicKey } = await key.publicKey());
});
afterAll(async () => {
  kms.destroy();
  await emulators.close();
});

async function createSubject(): Promise<Subject> {
  const { dynamo } = emulators;
  const config: ReceiptsConfig = {
    JOURNAL_TABLE: await emulators.createTable({ partition: 'pk', sort: 'sk' }),
    CHECKPOINTS_TABLE: await emulators.createTable({ partition: 'consumer', sort: 'shard' }),
    RECEIPTS_TABLE: await emulators.createTable({ partition: 'id' }),
    RECEIPT_KEY_ID: keyId,
  };
  const journal = createDynamoJournal({ client: journalClientOf(dynamo), tableName: config.JOURNAL_TABLE });
  return {
    issuer: createReceipts({ dynamo, kms, clock: createVirtualClock() }, config),
    store: createDynamoReceipts({ client: dynamo, tableName: config.RECEIPTS_TABLE }),
    append: async ({ records }, { from, to } = { from: 1, to: records.length }) => {
      for (const record of records.slice(from - 1, to)) {
        expect(await journal.append(record)).toEqual({ status: 'appended' });
      }
    },
    forget: async () => {
      const Key = { consumer: { S: 'receipts' }, shard: { N: '0' } };
      await dynamo.send(new DeleteItemCommand({ TableName: config.CHECKPOINTS_TABLE, Key }));
    },
    receipts: async () => {
      const found = new Map<number, Receipt>();
      for await (const { Items: items = [] } of paginateScan(
        { client: dynamo },
        { TableName: config.RECEIPTS_TABLE },
      )) {
        for (const item of items) {
          const receipt = receiptSchema.parse(JSON.parse(item['receipt']?.S ?? ''));
          expect(item).toMatchObject({
            id: { S: String(receipt.body.tradeId) },
            user_id: { S: receipt.body.accountId },
            filled_at: { N: String(receipt.body.filledAt) },
          });
          found.set(receipt.body.tradeId, receipt);
        }
      }
      return found;
    },
  };
}

const history = (seed: number, commands = 100): ShardHistory => createShardHistory({ shard: 0, seed, commands });
const fillsOf = ({ entries }: ShardHistory) =>
  entries.flatMap(({ events }) => events.filter((event) => event.type === 'OrderFilled'));

describe('receipts', () => {
  it.each([1, 2, 3])('are there for every fill of a random history (seed %i), and verify', async (seed) => {
    const subject = await createSubject();
    const lawful = history(seed);
    await subject.append(lawful);
    const issued = await subject.issuer.catchUp({ shard: 0, seq: lawful.records.length });
    const receipts = await subject.receipts();
    const fills = fillsOf(lawful);
    expect(fills.length).toBeGreaterThan(10);
    expect([...receipts.keys()].toSorted((a, b) => a - b)).toEqual(fills.map(({ tradeId }) => tradeId));
    expect(issued).toBe(fills.length);
    for (const [tradeId, receipt] of receipts) {
      expect({ tradeId, ...verifyReceipt(receipt, publicKey) }).toMatchObject({ tradeId, isValid: true });
      expect(await subject.store.find(tradeId)).toEqual(receipt);
    }
    const bases = [...receipts.values()]
      .map(({ body }) => checkClaims(body))
      .map((claims) => claims.holds && claims.basis);
    expect(new Set(bases)).toEqual(new Set(['best-level', 'venue']));
  });

  it('cost one signature for all fills of a round, none where nothing was filled', async () => {
    const subject = await createSubject();
    const lawful = history(1);
    await subject.append(lawful, { from: 1, to: 2 });
    // Nothing is filled while accounts are opened: the key is not even needed.
    await kms.send(new DisableKeyCommand({ KeyId: keyId }));
    expect(await subject.issuer.catchUp({ shard: 0, seq: 2 })).toBe(0);
    await kms.send(new EnableKeyCommand({ KeyId: keyId }));
    await subject.append(lawful, { from: 3, to: lawful.records.length });
    await subject.issuer.catchUp({ shard: 0, seq: lawful.records.length });
    const receipts = [...(await subject.receipts()).values()];
    expect(new Set(receipts.map(({ signature }) => signature)).size).toBe(1);
    expect(receipts[0]?.head).toMatchObject({
      count: receipts.length,
      shard: 0,
      fromSeq: 3,
      toSeq: lawful.records.length,
    });
  });

  it('are not written while the key is away, and all are there once it is back', async () => {
    const subject = await createSubject();
    const lawful = history(2);
    await subject.append(lawful);
    const target = { shard: 0, seq: lawful.records.length };
    await kms.send(new DisableKeyCommand({ KeyId: keyId }));
    await expect(subject.issuer.catchUp(target)).rejects.toMatchObject({ name: 'DisabledException' });
    expect((await subject.receipts()).size).toBe(0);
    await kms.send(new EnableKeyCommand({ KeyId: keyId }));
    await subject.issuer.catchUp(target);
    expect((await subject.receipts()).size).toBe(fillsOf(lawful).length);
  });

  it('stay as they were first written, whatever is repeated', async () => {
    const subject = await createSubject();
    const lawful = history(3);
    const half = Math.floor(lawful.records.length / 2);
    await subject.append(lawful, { from: 1, to: half });
    await subject.issuer.catchUp({ shard: 0, seq: half });
    const first = await subject.receipts();
    await subject.append(lawful, { from: half + 1, to: lawful.records.length });
    await subject.forget();
    // The repeat reads more records under one head; what was given out stays.
    await subject.issuer.catchUp({ shard: 0, seq: lawful.records.length });
    const all = await subject.receipts();
    expect(all.size).toBe(fillsOf(lawful).length);
    for (const [tradeId, receipt] of first) expect(all.get(tradeId)).toEqual(receipt);
    await subject.forget();
    await Promise.all([1, 2].map(() => subject.issuer.catchUp({ shard: 0, seq: lawful.records.length })));
    expect(await subject.receipts()).toEqual(all);
  });

  it('stop at a hole: what stands before it is given out, nothing after it', async () => {
    const subject = await createSubject();
    const lawful = history(1);
    const hole = Math.floor(lawful.records.length / 2);
    await subject.append(lawful, { from: 1, to: hole - 1 });
    await subject.append(lawful, { from: hole + 1, to: lawful.records.length });
    const target = { shard: 0, seq: lawful.records.length };
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(subject.issuer.catchUp(target)).rejects.toMatchObject({ code: 'JournalGap', expectedSeq: hole });
    }
    const seqs = [...(await subject.receipts()).values()].map(({ body }) => body.journal.seq);
    expect(Math.max(...seqs)).toBeLessThan(hole);
    expect(seqs.length).toBeGreaterThan(0);
  });

  it('are never replaced by those of another fill of the same number', async () => {
    const subject = await createSubject();
    const [lawful, other] = [history(1), await createSubject()];
    await subject.append(lawful);
    await subject.issuer.catchUp({ shard: 0, seq: lawful.records.length });
    const before = await subject.receipts();
    const forged = [...before.values()].map((receipt) => ({ ...receipt, body: { ...receipt.body, price: '1.0' } }));
    await expect(subject.store.write(forged)).rejects.toMatchObject({ code: 'ReceiptConflict' });
    expect(await subject.receipts()).toEqual(before);
    expect(await other.store.find([...before.keys()][0] ?? 0)).toBeUndefined();
  });
});

describe('the receipt key', () => {
  it('is on P-256 and nothing else', async () => {
    const created = await kms.send(new CreateKeyCommand({ KeySpec: 'ECC_SECG_P256K1', KeyUsage: 'SIGN_VERIFY' }));
    const other = createKmsReceiptKey({ client: kms, keyId: created.KeyMetadata?.KeyId ?? '' });
    await expect(other.publicKey()).rejects.toMatchObject({ code: 'KmsSignature' });
    expect(await key.keyId()).toMatch(/^[0-9a-f]{64}$/);
  });
});
