import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createS3Snapshots } from '@perps/adapters/aws';
import type { Snapshot, SnapshotStore } from '@perps/runtime/ports';
import { createMemorySnapshots } from '@perps/runtime/testing';
import { startEmulators, type Emulators } from '../support/emulators.ts';

const snapshot = (seq: number, shard = 0): Snapshot => ({
  shard,
  seq,
  token: `t/${seq}#a.b`,
  schemaVersion: 3,
  bytes: Uint8Array.from({ length: 100_000 }, (_, index) => (index * seq) % 256),
});
const refOf = ({ shard, seq, token, schemaVersion }: Snapshot) => ({ shard, seq, token, schemaVersion });

function snapshotContract(name: string, create: () => Promise<SnapshotStore>): void {
  describe(`snapshot contract: ${name}`, () => {
    it('lists nothing and finds nothing at first', async () => {
      const snapshots = await create();
      expect(await snapshots.list(0)).toEqual([]);
      expect(await snapshots.get(refOf(snapshot(1)))).toBeUndefined();
    });

    it('lists the newest first, whatever the order of writing, per shard', async () => {
      const snapshots = await create();
      for (const seq of [9, 1_000, 99, 12_345_678]) await snapshots.put(snapshot(seq));
      await snapshots.put(snapshot(5, 1));
      await snapshots.put(snapshot(6, 11));
      expect(await snapshots.list(0)).toEqual([12_345_678, 1_000, 99, 9].map((seq) => refOf(snapshot(seq))));
      expect(await snapshots.list(1)).toEqual([refOf(snapshot(5, 1))]);
    });

    it('gives back the bytes', async () => {
      const snapshots = await create();
      await snapshots.put(snapshot(7));
      expect(Buffer.from((await snapshots.get(refOf(snapshot(7))))!).equals(Buffer.from(snapshot(7).bytes))).toBe(true);
    });

    it('gives back bytes that travel in parts', async () => {
      const snapshots = await create();
      const large = {
        ...snapshot(8),
        bytes: Uint8Array.from({ length: 12_000_000 }, (_, index) => (index >> 4) % 251),
      };
      await snapshots.put(large);
      expect(Buffer.from((await snapshots.get(refOf(large)))!).equals(Buffer.from(large.bytes))).toBe(true);
    });
  });
}

describe('snapshots', () => {
  let emulators: Emulators;
  beforeAll(async () => {
    emulators = await startEmulators();
  });
  afterAll(() => emulators.close());

  snapshotContract('memory', async () => createMemorySnapshots());
  snapshotContract('S3', async () =>
    createS3Snapshots({ client: emulators.s3, bucket: await emulators.createBucket() }),
  );
});
