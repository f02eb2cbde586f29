import { describe, expect, it } from '@jest/globals';
import { createBatchCodec, EntryTooLargeError, JournalCorruptError, MAX_BODY_BYTES } from '@perps/contracts/journal';
import type { BatchEntry, JournalEntry } from '@perps/contracts/journal';

const entry = (n: number, extra: Record<string, unknown> = {}): JournalEntry => ({
  commandId: `c${n}`,
  streamId: `u${n % 7}`,
  at: 1_700_000_000_000 + n,
  events: [{ type: 'OrderFilled', price: BigInt(n) * 1_000n, pnl: -5n, huge: 2n ** 80n, ...extra }],
  result: { status: 'ok', n },
});

const range = (count: number): JournalEntry[] => Array.from({ length: count }, (_, n) => entry(n));

/** Bytes that deflate cannot shrink. */
const noise = (length: number, seed = 1): Uint8Array => {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
};

describe('batch codec', () => {
  it('gives back what was written, bigints, undefined and control entries included', () => {
    const codec = createBatchCodec();
    const entries: BatchEntry[] = [
      { control: 'EpochStarted', epoch: 3, owner: 'engine-1', at: 5 },
      ...range(50),
      { commandId: 'refused', streamId: 's', at: 1, events: [], result: undefined },
    ];
    const { body, count } = codec.encode(entries);
    expect(count).toBe(entries.length);
    expect(body[0]).toBe(2);
    expect(codec.decode(body)).toEqual(entries);
  });

  it('writes each batch so that it can be read alone, in the same bytes', () => {
    const writer = createBatchCodec();
    const first = writer.encode(range(10)).body;
    const second = writer.encode(range(10)).body;
    expect(Buffer.compare(first, second)).toBe(0);
    expect(createBatchCodec().decode(second)).toEqual(range(10));
  });

  it('notices every flipped byte and every truncation', () => {
    const codec = createBatchCodec();
    const { body } = codec.encode(range(3));
    for (let index = 0; index < body.length; index += 1) {
      const flipped = Uint8Array.from(body);
      flipped[index] = (flipped[index] ?? 0) ^ 0x10;
      expect(() => codec.decode(flipped)).toThrow(JournalCorruptError);
      expect(() => codec.decode(body.subarray(0, index))).toThrow(JournalCorruptError);
    }
  });

  it('takes the longest prefix that fits one record', () => {
    const codec = createBatchCodec();
    const entries = Array.from({ length: 40 }, (_, n) => entry(n, { noise: noise(30_000, n) }));
    const { body, count } = codec.encode(entries);
    expect(body.length).toBeLessThanOrEqual(MAX_BODY_BYTES);
    expect(count).toBeGreaterThan(1);
    expect(count).toBeLessThan(entries.length);
    expect(codec.decode(body)).toHaveLength(count);
  });

  it('refuses an entry that no record can hold', () => {
    expect(() => createBatchCodec().encode([entry(1, { noise: noise(400_000) })])).toThrow(EntryTooLargeError);
  });

  it('stops on events that the host does not know', () => {
    const codec = createBatchCodec({
      decodeEvent: (event): unknown => {
        throw new Error(`unknown event ${String(event)}`);
      },
    });
    expect(() => codec.decode(codec.encode(range(1)).body)).toThrow(JournalCorruptError);
  });

  it('lifts entries of older schema versions, one version at a time, and refuses newer ones', () => {
    const old = createBatchCodec({ schemaVersion: 1 }).encode([entry(1)]).body;
    const renamed =
      (suffix: string) =>
      (written: BatchEntry): BatchEntry =>
        'control' in written ? written : { ...written, commandId: written.commandId + suffix };
    const now = createBatchCodec({ schemaVersion: 3, upcasters: { 1: renamed('-v2'), 2: renamed('-v3') } });
    expect(now.decode(old)).toMatchObject([{ commandId: 'c1-v2-v3' }]);
    expect(() => createBatchCodec({ schemaVersion: 2 }).decode(old)).toThrow(JournalCorruptError);
    expect(() => createBatchCodec({ schemaVersion: 1 }).decode(now.encode([entry(1)]).body)).toThrow(
      JournalCorruptError,
    );
  });
});
