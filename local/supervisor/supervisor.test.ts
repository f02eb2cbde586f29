import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openKeyring } from './accounts.ts';
import { superviseChild, type Child } from './child.ts';
import { claimInstance } from './instance.ts';
import { choosePorts } from './ports.ts';
import { startOf } from './process-table.ts';
import { unhealthy, waitUntil } from './readiness.ts';

const isAlive = (pid: number): boolean => startOf(pid) !== '';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'perps-supervisor-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe('child', () => {
  let child: Child | undefined;
  afterEach(() => child?.stop());

  const startScript = (script: string) => {
    const file = join(dir, 'script.ts');
    writeFileSync(file, script);
    const starts: number[] = [];
    const deaths: string[] = [];
    child = superviseChild(
      { name: 'script', file, args: [], cwd: dir, env: { MARK: 'yes' }, logFile: join(dir, 'script.log') },
      { onStart: (_name, pid) => starts.push(pid), onDeath: (_name, reason) => deaths.push(reason) },
    );
    return { child, starts, deaths };
  };
  const until = (holds: () => boolean) =>
    waitUntil(async () => (holds() ? undefined : 'not yet'), { what: 'test', withinMs: 15_000 });
  const FOREVER = `process.on('SIGTERM', () => process.exit(0)); console.log('up', process.env.MARK, process.env.SECRET); setInterval(() => {}, 1000);`;
  const log = () => (existsSync(join(dir, 'script.log')) ? readFileSync(join(dir, 'script.log'), 'utf8') : '');

  it('runs with its own environment only and stops when told', async () => {
    process.env['SECRET'] = 'of the supervisor';
    const { child, starts, deaths } = startScript(FOREVER);
    await until(() => log().includes('up yes undefined'));
    await child.stop();
    expect(isAlive(starts[0]!)).toBe(false);
    expect(deaths).toEqual([]);
    delete process.env['SECRET'];
  });

  it('starts again what was killed', async () => {
    const { child, starts, deaths } = startScript(FOREVER);
    await until(() => log().includes('up'));
    process.kill(child.pid, 'SIGKILL');
    await until(() => starts.length === 2);
    expect(deaths).toEqual(['SIGKILL']);
    expect(child.restarts).toBe(1);
    expect(child.pid).toBe(starts[1]);
  });

  it('holds a restart back until it may', async () => {
    const { child, starts, deaths } = startScript(FOREVER);
    await until(() => log().includes('up'));
    child.hold();
    process.kill(child.pid, 'SIGKILL');
    await until(() => deaths.length === 1);
    expect(starts).toHaveLength(1);
    child.resume();
    await until(() => starts.length === 2);
  });

  it('kills what ignores SIGTERM', async () => {
    const { child, starts } = startScript(
      `process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000);`,
    );
    await until(() => log().includes('up'));
    await child.stop();
    expect(isAlive(starts[0]!)).toBe(false);
  });
});

describe('tether', () => {
  it('ends the child of a killed process', async () => {
    const tether = join(import.meta.dirname, '../cloud/tether.ts');
    const script = `
      import { spawn } from 'node:child_process';
      import { tethered } from ${JSON.stringify(tether)};
      const { file, args } = tethered({ file: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'] });
      console.log(spawn(file, args, { stdio: 'ignore' }).pid);
    `;
    const file = join(dir, 'parent.ts');
    writeFileSync(file, script);
    const parent = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = await once(parent.stdout, 'data');
    const pid = Number(String(line));
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    const gone = async () => (isAlive(pid) ? 'alive' : undefined);
    // Only Linux ties them; elsewhere the next start cleans up.
    if (process.platform === 'linux') await waitUntil(gone, { what: 'child', withinMs: 5_000 });
    else process.kill(pid, 'SIGKILL');
  });
});

describe('instance', () => {
  it('refuses a folder whose supervisor lives, takes one whose supervisor is gone and ends its orphans', async () => {
    const orphan = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', `--`, dir], { stdio: 'ignore' });
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const ended = new Promise((resolve) => orphan.once('exit', (_code, signal) => resolve(signal)));
    const record = (supervisor: number, startedAt: string) =>
      writeFileSync(
        join(dir, 'instance.json'),
        JSON.stringify({ supervisor, startedAt, children: { engine: orphan.pid, gateway: stranger.pid } }),
      );
    record(stranger.pid!, startOf(stranger.pid!));
    await expect(claimInstance(dir)).rejects.toMatchObject({ code: 'AlreadyRunning' });
    // The pid lives, but it is not the process that wrote the record.
    record(stranger.pid!, 'Thu Jan  1 00:00:00 1970');
    const instance = await claimInstance(dir);
    expect(await ended).toBe('SIGKILL');
    expect(isAlive(stranger.pid!)).toBe(true);
    stranger.kill('SIGKILL');
    await expect(claimInstance(dir)).rejects.toMatchObject({ code: 'AlreadyRunning' });
    instance.release();
    expect(existsSync(join(dir, 'instance.json'))).toBe(false);
  });

  it('takes a folder with a torn record', async () => {
    writeFileSync(join(dir, 'instance.json'), '{"supervi');
    (await claimInstance(dir)).release();
  });
});

describe('ports', () => {
  it('are the same next time, except one that was taken meanwhile', async () => {
    const first = await choosePorts(dir, {});
    expect(new Set(Object.values(first)).size).toBe(5);
    expect(await choosePorts(dir, {})).toEqual(first);
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(first.engine, '127.0.0.1', resolve));
    const second = await choosePorts(dir, {});
    expect(second.engine).not.toBe(first.engine);
    expect(second.gateway).toBe(first.gateway);
    await expect(choosePorts(dir, { gateway: first.engine })).rejects.toThrow('taken');
    await new Promise((resolve) => squatter.close(resolve));
  });
});

describe('readiness', () => {
  it('says why something is not ready', async () => {
    const server = createServer((_request, response) => response.writeHead(503).end('{"reasons":["no lease"]}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await unhealthy(url)).toBe('503 {"reasons":["no lease"]}');
    await expect(waitUntil(() => unhealthy(url), { what: 'engine', withinMs: 60 })).rejects.toThrow('no lease');
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await unhealthy(url)).toBeDefined();
  });
});

describe('keyring', () => {
  it('is made once per folder', () => {
    const first = openKeyring(dir);
    expect(openKeyring(dir)).toEqual(first);
    expect(first.wallets).toHaveLength(3);
    expect(new Set([first.trading, first.hedge, ...first.wallets].map(({ address }) => address)).size).toBe(5);
  });
});
