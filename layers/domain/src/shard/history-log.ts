/** The newest part of what happened to orders, packed, kept in the shard; tables serve the rest. */
import { type EndedRecord, type FillRecord, HISTORY_MAX } from './history.ts';
import { putFillRecord, putOrderRecord, takeFillRecord, takeOrderRecord } from './history-codec.ts';
import { createPacker, type Packer, putNumber, takeNumber, type Unpacker } from './packing.ts';
import {
  append,
  createLog,
  NOWHERE,
  recordAt,
  type RecordLog,
  restoreLog,
  type SerializedLog,
  serializeLog,
  stillThere,
} from './record-log.ts';

/** Of all accounts of a shard together, about 400,000 orders with their fills: beyond it the oldest are forgotten. */
export const HISTORY_BYTES_MAX = 67_108_864;

/** Owned and changed in place by the shard. Each record begins with the position of its account's one before it. */
export interface History {
  readonly log: RecordLog;
  readonly newest: Map<string, Newest>;
}

/** Positions of an account's newest records. */
interface Newest {
  order: number;
  fill: number;
}

export interface SerializedHistory {
  readonly log: SerializedLog;
  readonly newest: readonly (readonly [accountId: string, order: number, fill: number])[];
}

export const createHistory = (bytesMax = HISTORY_BYTES_MAX): History => ({
  log: createLog(bytesMax),
  newest: new Map(),
});

/** An order that has ended; told again it replaces what was told of it. */
export function rememberOrder(history: History, record: EndedRecord, at: number): void {
  const newest = newestOf(history, record.accountId);
  const packer = begin(history, newest.order);
  putOrderRecord(packer, record);
  newest.order = append(history.log, packer, at);
}

export function rememberFill(history: History, fill: FillRecord, at: number): void {
  const newest = newestOf(history, fill.accountId);
  const packer = begin(history, newest.fill);
  putFillRecord(packer, fill);
  newest.fill = append(history.log, packer, at);
}

/** Newest first, at most 2,000, each order once. */
export function endedOrders(history: History, accountId: string): readonly EndedRecord[] {
  const records = new Map<number, EndedRecord>();
  walk(history, history.newest.get(accountId)?.order, (unpacker) => {
    const record = takeOrderRecord(unpacker, accountId);
    if (!records.has(record.order.orderId)) records.set(record.order.orderId, record);
    return records.size < HISTORY_MAX;
  });
  return [...records.values()];
}

/** Reads no further than it must. */
export function endedOrder(history: History, accountId: string, orderId: number): EndedRecord | undefined {
  let found: EndedRecord | undefined;
  walk(history, history.newest.get(accountId)?.order, (unpacker) => {
    const start = unpacker.at;
    if (takeNumber(unpacker) !== orderId) return true;
    found = takeOrderRecord({ bytes: unpacker.bytes, at: start }, accountId);
    return false;
  });
  return found;
}

/** Newest first, at most 2,000. */
export function recordedFills(history: History, accountId: string): readonly FillRecord[] {
  const fills: FillRecord[] = [];
  walk(history, history.newest.get(accountId)?.fill, (unpacker) => {
    fills.push(takeFillRecord(unpacker, accountId));
    return fills.length < HISTORY_MAX;
  });
  return fills;
}

/** Accounts by name, without those whose records are all forgotten. */
export function serializeHistory({ log, newest }: History): SerializedHistory {
  const kept = (position: number): number => stillThere(log, position);
  const accounts = [...newest]
    .map(([accountId, { order, fill }]) => [accountId, kept(order), kept(fill)] as const)
    .filter(([, order, fill]) => order !== NOWHERE || fill !== NOWHERE);
  return { log: serializeLog(log), newest: accounts.sort(([left], [right]) => (left < right ? -1 : 1)) };
}

export function restoreHistory(history: History, stored: SerializedHistory): void {
  restoreLog(history.log, stored.log);
  history.newest.clear();
  for (const [accountId, order, fill] of stored.newest) history.newest.set(accountId, { order, fill });
}

/** One for all: a record is packed and copied away within one call. */
const shared = createPacker();

function begin({ log }: History, previous: number): Packer {
  shared.at = 0;
  putNumber(shared, stillThere(log, previous));
  return shared;
}

function newestOf(history: History, accountId: string): Newest {
  let newest = history.newest.get(accountId);
  if (newest === undefined) {
    newest = { order: NOWHERE, fill: NOWHERE };
    history.newest.set(accountId, newest);
  }
  return newest;
}

/** Back from a record to the oldest of its chain, while `take` wants more. */
function walk(history: History, newest: number | undefined, take: (record: Unpacker) => boolean): void {
  let record = recordAt(history.log, newest ?? NOWHERE);
  while (record !== undefined) {
    const previous = takeNumber(record);
    if (!take(record)) return;
    record = recordAt(history.log, previous);
  }
}
