import { afterEach, describe, expect, it } from '@jest/globals';
import { createRpcServer, type RpcHandler, RpcError, type RpcServer } from '@perps/adapters/rpc';
import { systemClock } from '@perps/adapters/node';
import { type DoorCommand, shardResource, UPDATES_TOPIC } from '@perps/contracts/engine';
import { type LeaseStore, silentLogger } from '@perps/runtime/ports';
import { createMemoryLeases } from '@perps/runtime/testing';
import { createEngines, type Engines } from './engines.ts';

const COMMAND: DoorCommand = { type: 'Noop', commandId: 'signer:1', accountId: 'u1', receivedAt: 7 };
const DONE = { kind: 'done' } as const;

const closing: (() => Promise<void> | void)[] = [];

async function engineProcess(submit: RpcHandler): Promise<{ readonly address: string; readonly server: RpcServer }> {
  const server = await createRpcServer({
    handlers: { submit, account: submit },
    topics: { [UPDATES_TOPIC]: {} },
    logger: silentLogger,
  });
  closing.push(() => server.close());
  return { server, address: `ws://127.0.0.1:${server.port}` };
}

async function own(leases: LeaseStore, address: string): Promise<void> {
  const resource = shardResource(0);
  const held = await leases.read(resource);
  if (held !== undefined) await leases.release(held);
  await leases.acquire({ resource, owner: address, address, ttlMs: 60_000 });
}

function enginesOver(leases: LeaseStore): Engines {
  const engines = createEngines({
    leases,
    shardCount: 1,
    clock: systemClock,
    logger: silentLogger,
    timing: { submitMs: 2_000, queryMs: 200, retryMs: 10, refreshMs: 50 },
  });
  closing.unshift(() => engines.close());
  return engines;
}

describe('the way to the engines', () => {
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  it('follows a shard to its new owner with the same command', async () => {
    const leases = createMemoryLeases(systemClock);
    const seen: unknown[] = [];
    const next = await engineProcess(async (command) => {
      seen.push(command);
      return DONE;
    });
    const former = await engineProcess(async (command) => {
      seen.push(command);
      await own(leases, next.address);
      throw new RpcError('NotOwner', 'moved');
    });
    await own(leases, former.address);
    expect(await enginesOver(leases).submit(COMMAND)).toEqual({ status: 'answered', result: DONE });
    expect(seen).toEqual([COMMAND, COMMAND]);
  });

  it('repeats an action whose connection died at whoever owns the shard then', async () => {
    const leases = createMemoryLeases(systemClock);
    const next = await engineProcess(async () => DONE);
    const dying = await engineProcess(async () => {
      await own(leases, next.address);
      await dying.server.close();
      return DONE;
    });
    await own(leases, dying.address);
    expect(await enginesOver(leases).submit(COMMAND)).toEqual({ status: 'answered', result: DONE });
  });

  it('does not know what became of an action that nobody answered, and knows that nothing did where all refused', async () => {
    const leases = createMemoryLeases(systemClock);
    const codes = ['Internal', 'Overloaded', 'NotReady'];
    const refusing = await engineProcess(async () => {
      const code = codes[0] ?? 'NotReady';
      if (codes.length > 1) codes.shift();
      throw new RpcError(code, code);
    });
    await own(leases, refusing.address);
    const engines = enginesOver(leases);
    expect(await engines.submit(COMMAND)).toEqual({ status: 'unknown' });
    expect(await engines.submit(COMMAND)).toEqual({ status: 'unavailable', code: 'Overloaded' });
    expect(await engines.submit(COMMAND)).toEqual({ status: 'unavailable', code: 'NotReady' });
  });

  it('says unknown where the answer was lost and nobody owns the shard afterwards', async () => {
    const leases = createMemoryLeases(systemClock);
    const dying = await engineProcess(async () => {
      await dying.server.close();
      return DONE;
    });
    await own(leases, dying.address);
    expect(await enginesOver(leases).submit(COMMAND)).toEqual({ status: 'unknown' });
  });

  it('tells that updates may be missing when a shard changes hands between two living processes', async () => {
    const leases = createMemoryLeases(systemClock);
    const [former, next] = [await engineProcess(async () => DONE), await engineProcess(async () => DONE)];
    await own(leases, former.address);
    const engines = enginesOver(leases);
    await engines.submit(COMMAND);
    const gap = new Promise((resolve) => {
      engines.onGap(resolve);
    });
    await own(leases, next.address);
    expect(await gap).toEqual([0]);
  });

  it('tells who owns and who answers, and that updates may be missing', async () => {
    const leases = createMemoryLeases(systemClock);
    const engines = enginesOver(leases);
    expect(engines.shards()).toEqual([{ shard: 0, address: undefined, isOwned: false, isAnswering: false }]);
    await expect(engines.query('account', { accountId: 'u1' })).rejects.toMatchObject({ code: 'EngineUnavailable' });

    const owner = await engineProcess(async () => undefined);
    await own(leases, owner.address);
    expect(await engines.submit(COMMAND)).toEqual({ status: 'answered', result: undefined });
    expect(engines.shards()).toEqual([{ shard: 0, address: owner.address, isOwned: true, isAnswering: true }]);

    const gap = new Promise((resolve) => {
      engines.onGap(resolve);
    });
    await owner.server.close();
    expect(await gap).toEqual([0]);
  });
});
