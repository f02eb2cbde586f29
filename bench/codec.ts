/** P8: bytes of INTERNAL orders in the journal and what they take of the processor, beside plain JSON and deflate. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { isJournalEntry } from '@perps/contracts/journal';
import { render } from '../layers/domain/src/testing/index.ts';
import { tradingCodec } from '../services/engine/trading-machine.ts';
import type { Benchmark, Figure } from './support/benchmark.ts';
import { compare, timingOf } from './support/timing.ts';
import { type JournaledOrder as Entry, journaledOrders } from './support/journaled-orders.ts';

interface Codec {
  readonly name: string;
  readonly encode: (entries: readonly Entry[]) => Uint8Array;
  readonly decode: (body: Uint8Array) => readonly Entry[];
}

const ACCOUNTS = 2_000;
/** Every account has traded before the first order that counts. */
const FORMER_ORDERS = 2 * ACCOUNTS;
const ORDERS = 4_096;
/** A put takes 2 to 5 ms: at 1,000 orders/s a batch holds 2 to 10. */
const BATCHES = [1, 4, 16, 64] as const;

const JOURNAL: Codec = {
  name: 'journal',
  encode: (entries) => tradingCodec.encode(entries).body,
  decode: (body) => tradingCodec.decode(body).filter(isJournalEntry),
};
const JSON_DEFLATE: Codec = {
  name: 'JSON, deflate',
  encode: (entries) => deflateRawSync(JSON.stringify(entries, textOfBigint)),
  decode: (body) => JSON.parse(inflateRawSync(body).toString(), bigintOfText) as readonly Entry[],
};

export const benchmark: Benchmark = {
  name: 'codec',
  title: 'P8, bytes and processor time of journaled INTERNAL orders by size of batch',
  async run() {
    const entries = journaledOrders({ accounts: ACCOUNTS, former: FORMER_ORDERS, orders: ORDERS });
    const figures: Figure[] = [];
    for (const batch of BATCHES) figures.push(...(await figuresOf(entries, batch)));
    return figures;
  },
};

async function figuresOf(entries: readonly Entry[], size: number): Promise<Figure[]> {
  const batches: (readonly Entry[])[] = [];
  for (let from = 0; from < entries.length; from += size) batches.push(entries.slice(from, from + size));
  const at = <Item>(items: readonly Item[], index: number): Item => items[index % items.length] as Item;
  const bodiesOf = (codec: Codec): Uint8Array[] => batches.map(codec.encode);
  const bodies = { [JOURNAL.name]: bodiesOf(JOURNAL), [JSON_DEFLATE.name]: bodiesOf(JSON_DEFLATE) };
  const bytesOf = ({ name }: Codec): number =>
    (bodies[name] ?? []).reduce((sum, body) => sum + body.length, 0) / ORDERS;
  for (const codec of [JOURNAL, JSON_DEFLATE]) checkIdentity(batches, codec);
  const timings = await compare(
    [JOURNAL, JSON_DEFLATE].flatMap((codec) => [
      { name: `${codec.name} encode`, operate: (index: number) => codec.encode(at(batches, index)) },
      { name: `${codec.name} decode`, operate: (index: number) => codec.decode(at(bodies[codec.name] ?? [], index)) },
    ]),
    { rounds: 3, roundMs: 250, warmUpMs: 400 },
  );
  const micros = (name: string): number => 1e6 / timingOf(timings, name).perCpuSecond / size;
  const time = (step: 'encode' | 'decode'): Figure => ({
    name: `batches of ${size}: ${step}`,
    value: micros(`${JOURNAL.name} ${step}`),
    unit: 'µs/order',
    moreIsBetter: false,
    spread: timingOf(timings, `${JOURNAL.name} ${step}`).spread,
    peers: [{ name: JSON_DEFLATE.name, value: micros(`${JSON_DEFLATE.name} ${step}`) }],
    note: 'processor time',
  });
  return [
    {
      name: `batches of ${size}: journal bytes`,
      value: bytesOf(JOURNAL),
      unit: 'bytes/order',
      moreIsBetter: false,
      peers: [{ name: JSON_DEFLATE.name, value: bytesOf(JSON_DEFLATE) }],
      ...(size === 1 ? {} : { goal: { kind: 'atMost', value: 130 } }),
    },
    time('encode'),
    time('decode'),
  ];
}

/** The codec must give back what it took before its speed counts (JSON without properties that are undefined). */
function checkIdentity(batches: readonly (readonly Entry[])[], codec: Codec): void {
  for (const batch of batches.slice(0, 64)) {
    const isEqual = render(codec.decode(codec.encode(batch))) === render(batch);
    if (!isEqual) throw new Error(`${codec.name} changes an entry.`);
  }
}

function textOfBigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}

function bigintOfText(_key: string, value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value;
}
