/**
 * Format 1, read only: [1][event schema version][crc32 of the rest, 4 bytes][deflate(msgpack records)]. Journals written
 * before format 2 (docs/decisions/0006) hold it.
 */
import { crc32, inflateRawSync } from 'node:zlib';
import { Packr } from 'msgpackr/pack';
import { type BatchFormat, HEADER_BYTES, MAX_UNPACKED_BYTES } from './format.ts';

const packr = new Packr({ useRecords: true, useBigIntExtension: true, copyBuffers: true });

export const format1: Pick<BatchFormat, 'version' | 'checksum' | 'read'> = {
  version: 1,
  checksum: (body) => crc32(body.subarray(HEADER_BYTES), crc32(body.subarray(0, 2))),
  read: (body) =>
    packr.unpack(inflateRawSync(body.subarray(HEADER_BYTES), { maxOutputLength: MAX_UNPACKED_BYTES })) as unknown,
};
