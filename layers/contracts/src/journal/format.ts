/** What the bytes of a batch have in common in every format: [format version][event schema version][crc32, 4 bytes]… */

export const HEADER_BYTES = 6;
/** A batch unpacks to at most so much: a damaged length must not take the process down. */
export const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;

export interface BatchFormat {
  readonly version: number;
  /** Of everything but the checksum itself, and of what the reader must know to read it. */
  readonly checksum: (body: Uint8Array) => number;
  /** The values whose bytes follow the header. Throws on bytes that `write` has not made. */
  readonly read: (body: Uint8Array) => unknown;
  /** A body with room for the header before its first byte; undefined where it is more than `read` takes. */
  readonly write: (values: readonly unknown[]) => Buffer | undefined;
}
