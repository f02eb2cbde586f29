/** Snapshots in S3. Keys count down, so that a listing of one page starts with the newest. */
import { GetObjectCommand, ListObjectsV2Command, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { SnapshotRef, SnapshotStore } from '@perps/runtime/ports';

export interface S3SnapshotOptions {
  readonly client: S3Client;
  readonly bucket: string;
}

/** Candidates a recovery may ask for; the bucket's lifecycle removes older ones. */
const CANDIDATES = 100;
const SEQ_DIGITS = 16;

const prefixOf = (shard: number): string => `snapshots/${shard}/`;

function keyOf(ref: SnapshotRef): string {
  const countdown = String(Number.MAX_SAFE_INTEGER - ref.seq).padStart(SEQ_DIGITS, '0');
  return `${prefixOf(ref.shard)}${countdown}.${ref.schemaVersion}.${encodeURIComponent(ref.token)}`;
}

function toRef(shard: number, key: string): SnapshotRef | undefined {
  const match = /^(\d{16})\.(\d+)\.(.+)$/.exec(key.slice(prefixOf(shard).length));
  if (match === null) return undefined;
  const [, countdown = '', schemaVersion = '', token = ''] = match;
  return {
    shard,
    seq: Number.MAX_SAFE_INTEGER - Number(countdown),
    token: decodeURIComponent(token),
    schemaVersion: Number(schemaVersion),
  };
}

/** Creates the snapshot store; the SDK adds a SHA-256 to each put and verifies it on each get. */
export function createS3Snapshots({ client, bucket }: S3SnapshotOptions): SnapshotStore {
  return {
    put: async ({ bytes, ...ref }) => {
      await client.send(
        new PutObjectCommand({ Bucket: bucket, Key: keyOf(ref), Body: bytes, ChecksumAlgorithm: 'SHA256' }),
      );
    },
    list: async (shard) => {
      const answer = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefixOf(shard), MaxKeys: CANDIDATES }),
      );
      const refs = (answer.Contents ?? []).map(({ Key = '' }) => toRef(shard, Key));
      return refs.filter((ref) => ref !== undefined).sort((a, b) => b.seq - a.seq);
    },
    get: async (ref) => {
      try {
        const answer = await client.send(
          new GetObjectCommand({ Bucket: bucket, Key: keyOf(ref), ChecksumMode: 'ENABLED' }),
        );
        return await answer.Body?.transformToByteArray();
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
  };
}
