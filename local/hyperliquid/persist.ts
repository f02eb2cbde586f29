/** The venue's memory in one JSON file, so that a restart of the local system does not restart the venue. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { NonceWindow } from '@perps/domain/nonces';
import { createAccount, type Account } from './accounts.ts';
import type { FundingHours } from './funding.ts';
import type { OrderRecord } from './orders.ts';
import type { Twap } from './twap.ts';
import type { Venue } from './venue.ts';

const VERSION = 1;

interface Memory {
  readonly version: typeof VERSION;
  readonly accounts: Map<string, Account>;
  readonly orders: readonly OrderRecord[];
  readonly nonces: Map<string, NonceWindow>;
  readonly agents: Map<string, string>;
  readonly formerAgents: Map<string, string>;
  readonly lastOid: number;
  /** What a memory of before TWAPs and settled hours does not have. */
  readonly twaps?: Map<number, Twap>;
  readonly fundingHours?: FundingHours;
  /** USD by coin. */
  readonly prices: Readonly<Record<string, number>>;
}

export class VenueMemoryError extends Error {
  readonly code = 'VenueMemory';
}

/** Bigints and maps have no JSON form of their own. */
function encode(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { $bigint: value.toString() };
  if (value instanceof Map) return { $map: [...value] };
  return value;
}

function decode(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('$bigint' in value) return BigInt(String(value.$bigint));
  if ('$map' in value && Array.isArray(value.$map)) return new Map(value.$map);
  return value;
}

/** What the file remembers; undefined where there is none. Throws `VenueMemoryError` on a file it cannot read. */
export function loadMemory(file: string): Memory | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const memory = JSON.parse(readFileSync(file, 'utf8'), decode) as Memory;
    if (memory.version !== VERSION) throw new VenueMemoryError(`version ${String(memory.version)} is unknown`);
    return memory;
  } catch (cause) {
    throw new VenueMemoryError(`cannot read the venue's memory in ${file}`, { cause });
  }
}

/** Puts a memory into a fresh venue: open orders rest again, oldest first. */
export function restore(venue: Venue, memory: Memory): void {
  // Older memories know less of an account.
  for (const [address, account] of memory.accounts) {
    for (const position of account.positions.values()) position.funding ??= { sinceOpen: 0n, sinceChange: 0n };
    venue.accounts.set(address, { ...createAccount(address), ...account });
  }
  for (const [signer, window] of memory.nonces) venue.nonces.set(signer, window);
  for (const [agent, master] of memory.agents) venue.agents.set(agent, master);
  for (const [agent, master] of memory.formerAgents) venue.formerAgents.set(agent, master);
  for (const [twapId, twap] of memory.twaps ?? []) venue.twaps.set(twapId, twap);
  for (const [assetId, rows] of memory.fundingHours ?? []) venue.fundingHours.set(assetId, rows);
  venue.lastOid = Math.max(venue.lastOid, memory.lastOid);
  for (const order of memory.orders) {
    venue.orders.add(order);
    const market = venue.markets[order.assetId];
    if (order.status !== 'open' || order.waitsFor !== undefined || market === undefined) continue;
    const { oid, user, side, price, size } = order;
    market.book.rest({ oid, owner: user, side, price, size });
  }
}

export interface MemoryWriter {
  /** Notes that something changed; the file is written a moment later. */
  touch(): void;
  /** Writes what is not written yet. */
  close(): Promise<void>;
}

const DEBOUNCE_MS = 250;
/** A large memory is written less often: writing may take a twentieth of the time at most. */
const PAUSE_PER_WRITE = 20;

export function createMemoryWriter(venue: Venue, file: string): MemoryWriter {
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let pauseMs = DEBOUNCE_MS;
  const write = async (): Promise<void> => {
    const startedAt = performance.now();
    const text = JSON.stringify(memoryOf(venue), encode);
    pauseMs = Math.max(DEBOUNCE_MS, (performance.now() - startedAt) * PAUSE_PER_WRITE);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(`${file}.next`, text);
    await rename(`${file}.next`, file);
  };
  const start = (): void => {
    timer = undefined;
    writing = writing.then(write);
  };
  return {
    touch: () => {
      timer ??= setTimeout(start, pauseMs).unref();
    },
    close: async () => {
      clearTimeout(timer);
      start();
      await writing;
    },
  };
}

const memoryOf = (venue: Venue): Memory => ({
  version: VERSION,
  accounts: venue.accounts,
  orders: [...venue.orders.all()],
  nonces: venue.nonces,
  agents: venue.agents,
  formerAgents: venue.formerAgents,
  lastOid: venue.lastOid,
  twaps: venue.twaps,
  fundingHours: venue.fundingHours,
  prices: Object.fromEntries(venue.markets.map((market) => [market.asset.name, market.process.current()])),
});
