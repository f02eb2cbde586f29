/** Snapshots in S3. Keys count down, so that a listing of one page starts with the newest. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { SnapshotRef, SnapshotStore } from '@perps/runtime/ports';

export interface S3SnapshotOptions {
  readonly client: S3Client;
  readonly bucket: string;
}

/** Candidates a recovery may ask for; the bucket's lifecycle removes older ones. */
const CANDIDATES = 100;
const SEQ_DIGITS = 16;
/** Larger snapshots travel in parts of this size (S3 asks for 5 MiB at least): one slow or refused request is not all. */
const PART_BYTES = 8 * 2 ** 20;

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
      const object = { Bucket: bucket, Key: keyOf(ref) };
      if (bytes.length > PART_BYTES) await putInParts(client, object, bytes);
      else await client.send(new PutObjectCommand({ ...object, Body: bytes, ChecksumAlgorithm: 'SHA256' }));
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

/** The object appears whole when its last part is there, or not at all. */
async function putInParts(
  client: S3Client,
  object: { readonly Bucket: string; readonly Key: string },
  bytes: Uint8Array,
): Promise<void> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(object));
  const upload = { ...object, UploadId };
  try {
    const parts: { readonly PartNumber: number; readonly ETag: string | undefined }[] = [];
    for (let from = 0; from < bytes.length; from += PART_BYTES) {
      const PartNumber = parts.length + 1;
      const Body = bytes.subarray(from, from + PART_BYTES);
      const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
      parts.push({ PartNumber, ETag });
    }
    await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } }));
  } catch (cause) {
    // Parts of an upload that nobody ends would be kept, and paid for.
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw cause;
  }
}
