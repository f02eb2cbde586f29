import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDynamoLeases } from '@perps/adapters/aws';
import type { LeaseStore } from '@perps/runtime/ports';
import { createMemoryLeases, createVirtualClock, type VirtualClock } from '@perps/runtime/testing';
import { startEmulators, type Emulators } from '../support/emulators.ts';

type Create = (clock: VirtualClock) => Promise<LeaseStore>;

const request = (owner: string, resource = 'shard:0') => ({
  resource,
  owner,
  address: `ws://${owner}`,
  ttlMs: 3_000,
});

function leaseContract(name: string, create: Create): void {
  describe(`lease contract: ${name}`, () => {
    it('gives a free lease with epoch 1 and shows its owner', async () => {
      const clock = createVirtualClock();
      const leases = await create(clock);
      expect(await leases.read('shard:0')).toBeUndefined();
      expect(await leases.acquire(request('a'))).toEqual({ status: 'acquired', epoch: 1 });
      expect(await leases.read('shard:0')).toEqual({
        resource: 'shard:0',
        owner: 'a',
        epoch: 1,
        address: 'ws://a',
        expiresAt: clock.now() + 3_000,
      });
    });

    it('holds it against others, gives it to the same owner with the next epoch', async () => {
      const leases = await create(createVirtualClock());
      await leases.acquire(request('a'));
      expect(await leases.acquire(request('b'))).toMatchObject({ status: 'held', by: { owner: 'a', epoch: 1 } });
      expect(await leases.acquire(request('a'))).toEqual({ status: 'acquired', epoch: 2 });
      expect(await leases.renew({ ...request('a'), epoch: 1 })).toEqual({ status: 'lost' });
    });

    it('keeps it while it is renewed', async () => {
      const clock = createVirtualClock();
      const leases = await create(clock);
      await leases.acquire(request('a'));
      for (let round = 0; round < 5; round += 1) {
        await clock.advance(1_500);
        expect(await leases.renew({ ...request('a'), epoch: 1 })).toEqual({ status: 'renewed' });
        expect(await leases.acquire(request('b'))).toMatchObject({ status: 'held' });
      }
    });

    it('gives it to another once its owner was silent for its time', async () => {
      const clock = createVirtualClock();
      const leases = await create(clock);
      await leases.acquire(request('a'));
      await leases.acquire(request('b'));
      await clock.advance(3_000);
      expect(await leases.acquire(request('b'))).toEqual({ status: 'acquired', epoch: 2 });
      expect(await leases.renew({ ...request('a'), epoch: 1 })).toEqual({ status: 'lost' });
    });

    it('ends at once when released, and its epoch still grows', async () => {
      const leases = await create(createVirtualClock());
      await leases.acquire(request('a'));
      await leases.release({ resource: 'shard:0', owner: 'a', epoch: 1 });
      expect(await leases.acquire(request('b'))).toEqual({ status: 'acquired', epoch: 2 });
    });

    it('ignores the release of a lease that is another owner’s by now', async () => {
      const leases = await create(createVirtualClock());
      await leases.acquire(request('a'));
      await leases.release({ resource: 'shard:0', owner: 'a', epoch: 1 });
      await leases.acquire(request('b'));
      await leases.release({ resource: 'shard:0', owner: 'a', epoch: 1 });
      expect(await leases.acquire(request('c'))).toMatchObject({ status: 'held', by: { owner: 'b' } });
    });

    it('has one winner among many who race', async () => {
      const leases = await create(createVirtualClock());
      const owners = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
      const outcomes = await Promise.all(owners.map((owner) => leases.acquire(request(owner))));
      expect(outcomes.filter(({ status }) => status === 'acquired')).toHaveLength(1);
    });

    it('keeps resources apart', async () => {
      const leases = await create(createVirtualClock());
      await leases.acquire(request('a'));
      expect(await leases.acquire(request('b', 'shard:1'))).toEqual({ status: 'acquired', epoch: 1 });
    });
  });
}

describe('leases', () => {
  let emulators: Emulators;
  beforeAll(async () => {
    emulators = await startEmulators();
  });
  afterAll(() => emulators.close());

  leaseContract('memory', async (clock) => createMemoryLeases(clock));
  leaseContract('DynamoDB', async (clock) => {
    const tableName = await emulators.createTable({ partition: 'resource' });
    return createDynamoLeases({ client: emulators.dynamo, tableName, clock });
  });

  it('does not believe a foreign wall clock: a renewing owner whose clock is behind keeps its lease', async () => {
    const tableName = await emulators.createTable({ partition: 'resource' });
    const [behind, ours] = [createVirtualClock(1_000_000), createVirtualClock(1_008_000)];
    const owner = createDynamoLeases({ client: emulators.dynamo, tableName, clock: behind });
    const taker = createDynamoLeases({ client: emulators.dynamo, tableName, clock: ours });
    await owner.acquire(request('a'));
    expect(await taker.acquire(request('b'))).toMatchObject({ status: 'held' });
    await ours.advance(2_000);
    await owner.renew({ ...request('a'), epoch: 1 });
    expect(await taker.acquire(request('b'))).toMatchObject({ status: 'held' });
    await ours.advance(2_999);
    expect(await taker.acquire(request('b'))).toMatchObject({ status: 'held' });
    await ours.advance(1);
    expect(await taker.acquire(request('b'))).toEqual({ status: 'acquired', epoch: 2 });
  });
});
