import { JournalCorruptError } from '@perps/contracts/journal';
import type { BatchCodec, BatchEntry } from '@perps/contracts/journal';

/** Keeps the entries aside and writes only where they are: batches cost nothing, for simulations of the protocol. */
export function createIdentityCodec<Event = unknown, Result = unknown>(): BatchCodec<Event, Result> {
  const kept: (readonly BatchEntry<Event, Result>[])[] = [];
  return {
    encode: (entries) => {
      kept.push([...entries]);
      return { body: Uint8Array.from([0xff, ...littleEndian(kept.length - 1)]), count: entries.length };
    },
    decode: (body) => {
      const entries = kept[new DataView(body.buffer, body.byteOffset).getUint32(1, true)];
      if (body[0] !== 0xff || entries === undefined) throw new JournalCorruptError('not a batch of this codec');
      return entries;
    },
  };
}

function littleEndian(value: number): readonly number[] {
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255];
}
