/** Bytes of a snapshot's state: msgpack records of plain data (arrays, objects, bigints), compressed. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { Packr } from 'msgpackr/pack';

const packr = new Packr({ useRecords: true, useBigIntExtension: true, copyBuffers: true });

export const packState = (plain: unknown): Uint8Array => deflateRawSync(packr.pack(plain), { level: 1 });

/** The plain data that `packState` was given; integrity is the snapshot frame's checksum, shape its schema version. */
export const unpackState = <Plain>(bytes: Uint8Array): Plain => packr.unpack(inflateRawSync(bytes)) as Plain;
