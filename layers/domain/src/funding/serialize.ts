/** The funding book as plain data, in one order for one state. */
import type { Size } from '../money/index.ts';
import type { FundingBook, FundingCorrections, OpenHour, PendingFunding } from './model.ts';

type Pairs<Value> = readonly (readonly [string, Value])[];

export interface SerializedFunding extends Omit<FundingBook, 'indexes' | 'holders' | 'hours' | 'corrections'> {
  readonly indexes: Pairs<bigint>;
  readonly holders: Pairs<number>;
  readonly hours: readonly {
    readonly hour: number;
    readonly pending: Pairs<PendingFunding>;
    readonly changed: Pairs<Pairs<Size>>;
  }[];
  readonly corrections: readonly (Omit<FundingCorrections, 'sizes' | 'head' | 'done'> & {
    readonly sizes: Pairs<Size>;
  })[];
}

export const serializeFunding = (book: FundingBook): SerializedFunding => ({
  ...book,
  postedHours: { ...book.postedHours },
  indexes: sorted(Object.entries(book.indexes)),
  holders: sorted(book.holders),
  hours: book.hours.map(({ hour, pending, changed }) => ({
    hour,
    pending: sorted(pending),
    changed: sorted(changed).map(([key, sizes]) => [key, sorted(sizes)] as const),
  })),
  corrections: book.corrections.map(({ sizes, head, done, ...correction }) => ({
    ...correction,
    sizes: sorted(sizes.slice(head).filter(([accountId]) => !done.has(accountId))),
  })),
});

export const deserializeFunding = (data: SerializedFunding): FundingBook => ({
  ...data,
  postedHours: { ...data.postedHours },
  indexes: Object.fromEntries(data.indexes),
  holders: new Map(data.holders),
  hours: data.hours.map(({ hour, pending, changed }): OpenHour => ({
    hour,
    pending: new Map(pending),
    changed: new Map(changed.map(([key, sizes]) => [key, new Map(sizes)])),
  })),
  corrections: data.corrections.map((correction) => ({ ...correction, head: 0, done: new Set() })),
});

/** By code unit: the same on every machine. */
const sorted = <Value>(entries: Iterable<readonly [string, Value]>): (readonly [string, Value])[] =>
  [...entries].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
