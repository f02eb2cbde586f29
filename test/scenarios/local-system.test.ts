/** The local system itself: starts, serves, survives SIGKILL of any part, recovers, leaves nothing behind. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ExchangeClient, HttpTransport, InfoClient } from '@nktkas/hyperliquid';
import { Wallet as Signer } from 'ethers';
import type { Wallet } from '../../local/supervisor/accounts.ts';
import { startLocalSystem, type ProcessName, type System } from '../../local/supervisor/index.ts';
import { startOf } from '../../local/supervisor/process-table.ts';
import { shownBalance, waitUntil } from '../../local/supervisor/readiness.ts';

const PROCESSES: readonly ProcessName[] = ['venue', 'market-data', 'gateway', 'engine'];

const isAlive = (pid: number): boolean => startOf(pid) !== '';

interface Description {
  readonly url: string;
  readonly processes: Readonly<Record<string, number>>;
  readonly wallets: readonly Wallet[];
}

describe('local system', () => {
  const dir = mkdtempSync(join(tmpdir(), 'perps-local-'));
  const start = () => startLocalSystem({ dir, logLevel: 'warn', volatility: 0, seed: 7 });
  const description = () => JSON.parse(readFileSync(join(dir, 'system.json'), 'utf8')) as Description;
  let system: System;

  const buyBtc = async ({ privateKey }: Wallet, size: string) => {
    const transport = new HttpTransport({ isTestnet: true, apiUrl: system.url });
    const exchange = new ExchangeClient({ transport, wallet: new Signer(privateKey) });
    const info = new InfoClient({ transport });
    const { universe } = await info.meta();
    const price = String(Math.round(Number((await info.allMids())['BTC']) * 1.02));
    const order = {
      a: universe.findIndex(({ name }) => name === 'BTC'),
      b: true,
      p: price,
      s: size,
      r: false,
    } as const;
    await exchange.order({ orders: [{ ...order, t: { limit: { tif: 'Ioc' } } }], grouping: 'na' });
  };
  const positionOf = async ({ address }: Wallet): Promise<string | undefined> => {
    const info = new InfoClient({ transport: new HttpTransport({ isTestnet: true, apiUrl: system.url }) });
    const state = await info.clearinghouseState({ user: address as `0x${string}` });
    return state.assetPositions.find(({ position }) => position.coin === 'BTC')?.position.szi;
  };

  beforeAll(async () => {
    system = await start();
  }, 120_000);
  afterAll(async () => {
    await system.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('has everything, says so, and has funded its demo wallets', async () => {
    expect(system.missing).toEqual([]);
    expect((await fetch(`${system.url}/health`)).status).toBe(200);
    const { url, wallets, processes } = description();
    expect(url).toBe(system.url);
    expect(new Set(Object.keys(processes))).toEqual(new Set(PROCESSES));
    for (const { address, balance } of wallets) expect(await shownBalance(url, address)).toBe(balance);
  });

  it('gives traders on demand, who can trade at once', async () => {
    const trader = await system.createTrader({ balance: 25_000 });
    expect(await shownBalance(system.url, trader.address)).toBe(25_000);
    await buyBtc(trader, '0.01');
    expect(await positionOf(trader)).toBe('0.01');
  });

  it('refuses a second supervisor on its folder', async () => {
    await expect(start()).rejects.toMatchObject({ code: 'AlreadyRunning' });
    expect((await fetch(`${system.url}/health`)).status).toBe(200);
  });

  it.each(PROCESSES)(
    'goes on after SIGKILL of %s',
    async (name) => {
      const trader = await system.createTrader();
      await buyBtc(trader, '0.01');
      const killed = system.process(name)!.pid;
      process.kill(killed, 'SIGKILL');
      await waitUntil(async () => (isAlive(killed) || description().processes[name] === killed ? 'old' : undefined), {
        what: `next ${name}`,
        withinMs: 20_000,
      });
      await system.waitReady();
      expect(await positionOf(trader)).toBe('0.01');
      await buyBtc(trader, '0.02');
      expect(await positionOf(trader)).toBe('0.03');
    },
    90_000,
  );

  it('goes on after SIGKILL of the store', async () => {
    const trader = await system.createTrader();
    await buyBtc(trader, '0.01');
    const storePid = () =>
      (JSON.parse(readFileSync(join(dir, 'instance.json'), 'utf8')) as { children: { dynamodb: number } }).children
        .dynamodb;
    const killed = storePid();
    process.kill(killed, 'SIGKILL');
    await waitUntil(async () => (storePid() === killed ? 'old' : undefined), { what: 'next store', withinMs: 20_000 });
    await system.waitReady();
    await buyBtc(trader, '0.01');
    expect(await positionOf(trader)).toBe('0.02');
  }, 90_000);

  it('stops within 5 s, leaves no process, and has everything again at the next start', async () => {
    const trader = await system.createTrader();
    await buyBtc(trader, '0.01');
    const pids = Object.values(description().processes);
    const ports = system.url;
    const startedAt = performance.now();
    await system.stop();
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(join(dir, 'system.json'))).toBe(false);
    system = await start();
    expect(system.url).toBe(ports);
    expect(await positionOf(trader)).toBe('0.01');
    await buyBtc(trader, '0.01');
    expect(await positionOf(trader)).toBe('0.02');
  }, 120_000);
});
