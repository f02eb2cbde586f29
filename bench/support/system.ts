/** The whole system in a temporary folder for one benchmark, with many traders and orders signed ahead. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signExchange } from '@perps/contracts/hyperliquid';
import type { Wallet } from '../../local/supervisor/accounts.ts';
import { type LocalSystemOptions, startLocalSystem, type System } from '../../local/supervisor/index.ts';

/** Runs `use` on a fresh system that stops and goes afterwards, also when it fails. */
export async function withSystem<Result>(
  use: (system: System) => Promise<Result>,
  options: Omit<LocalSystemOptions, 'dir'> = {},
): Promise<Result> {
  const dir = mkdtempSync(join(tmpdir(), 'perps-bench-'));
  try {
    const system = await startLocalSystem({ logLevel: 'warn', volatility: 0, ...options, dir });
    try {
      return await use(system);
    } finally {
      await system.stop();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export interface OrderTexts {
  readonly asset: number;
  readonly buyLimit: string;
  readonly sellLimit: string;
  readonly size: string;
}

/** Bodies of IOC orders, traders in turn, each buying and selling alternately; `nonce` must grow from call to call. */
export function signOrders(input: {
  readonly traders: readonly Wallet[];
  readonly count: number;
  readonly nonce: number;
  readonly order: OrderTexts;
}): string[] {
  const { traders, count, nonce, order } = input;
  return Array.from({ length: count }, (_, index) => {
    const isBuy = (Math.floor(index / traders.length) + index) % 2 === 0;
    const p = isBuy ? order.buyLimit : order.sellLimit;
    const wire = { a: order.asset, b: isBuy, p, s: order.size, r: false, t: { limit: { tif: 'Ioc' as const } } };
    return JSON.stringify(
      signExchange({
        action: { type: 'order', orders: [wire], grouping: 'na' },
        nonce: nonce + index,
        network: 'Testnet',
        privateKey: traders[index % traders.length]?.privateKey ?? '',
      }),
    );
  });
}

/** `POST /info` of any Hyperliquid-compatible door. */
export async function info<Answer>(url: string, request: object): Promise<Answer> {
  const response = await fetch(`${url}/info`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  return (await response.json()) as Answer;
}

/** Processor time (ms) a process has used so far; `undefined` where the system does not tell. */
export function cpuMsOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return undefined;
  }
}
