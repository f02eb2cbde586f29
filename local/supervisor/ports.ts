/** Ports of the system: the same as last time where they are free, so that clients and bookmarks go on working. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { writeJson } from './instance.ts';

export type Ports = Readonly<Record<PortName, number>>;

const NAMES = ['gateway', 'engine', 'market-data', 'venue', 'venue-control'] as const;
export type PortName = (typeof NAMES)[number];
const savedSchema = z.partialRecord(z.enum(NAMES), z.number());

/** Chooses a port per name: the one asked for, last time's, or any free one. An asked one that is taken throws. */
export async function choosePorts(dir: string, asked: Partial<Ports>): Promise<Ports> {
  const file = join(dir, 'ports.json');
  const saved = existsSync(file) ? savedSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};
  const chosen: Record<PortName, number> = { gateway: 0, engine: 0, 'market-data': 0, venue: 0, 'venue-control': 0 };
  const taken = new Set<number>();
  for (const name of NAMES) {
    const required = asked[name];
    if (required !== undefined && required !== 0 && !(await isFree(required))) {
      throw new Error(`port ${required} is taken`);
    }
    chosen[name] = await firstFree([required, saved[name]], taken);
    taken.add(chosen[name]);
  }
  writeJson(file, chosen);
  return chosen;
}

async function firstFree(candidates: readonly (number | undefined)[], taken: ReadonlySet<number>): Promise<number> {
  for (const port of candidates) {
    if (port !== undefined && port !== 0 && !taken.has(port) && (await isFree(port))) return port;
  }
  return (await bind(0)) ?? 0;
}

/** True where nobody listens on the port. */
export const isFree = async (port: number): Promise<boolean> => (await bind(port)) !== undefined;

/** Binds and lets go at once; undefined where the port is taken. */
function bind(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const { port: bound } = server.address() as AddressInfo;
      server.close(() => resolve(bound));
    });
  });
}
