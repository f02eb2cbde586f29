import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSqsCommands } from '@perps/adapters/aws';
import type { CommandQueue } from '@perps/runtime/ports';
import { createMemoryQueue, createVirtualClock } from '@perps/runtime/testing';
import { startEmulators, type Emulators } from '../support/emulators.ts';

const command = (commandId: string, groupId = 'u1', shard = 0) => ({
  shard,
  groupId,
  commandId,
  body: `{"id":"${commandId}"}`,
});
const receive = (queue: CommandQueue, shard = 0) => queue.receive({ shard, max: 10, waitMs: 0 });

function queueContract(name: string, create: () => Promise<CommandQueue>): void {
  describe(`command queue contract: ${name}`, () => {
    it('delivers what was sent, once it is deleted never again', async () => {
      const queue = await create();
      expect(await receive(queue)).toEqual([]);
      await queue.send(command('c1'));
      const [message] = await receive(queue);
      expect(message).toMatchObject({ body: '{"id":"c1"}', attempts: 1 });
      await queue.delete({ shard: 0, receipt: message!.receipt });
      expect(await receive(queue)).toEqual([]);
    });

    it('keeps the order within a group and holds the group while a message is in hand', async () => {
      const queue = await create();
      for (const id of ['a1', 'a2', 'a3']) await queue.send(command(id, 'a'));
      const seen: string[] = [];
      while (seen.length < 3) {
        const messages = await receive(queue);
        expect(messages.length).toBeGreaterThan(0);
        const isHeld = (await receive(queue)).length === 0;
        expect(isHeld).toBe(true);
        for (const { body, receipt } of messages) {
          seen.push(body);
          await queue.delete({ shard: 0, receipt });
        }
      }
      expect(seen).toEqual(['a1', 'a2', 'a3'].map((id) => `{"id":"${id}"}`));
    });

    it('delivers other groups meanwhile', async () => {
      const queue = await create();
      await queue.send(command('a1', 'a'));
      const held = await receive(queue);
      await queue.send(command('b1', 'b'));
      expect((await receive(queue)).map(({ body }) => body)).toEqual(['{"id":"b1"}']);
      expect(held).toHaveLength(1);
    });

    it('delivers again, counted, what was given back', async () => {
      const queue = await create();
      await queue.send(command('c1'));
      const [first] = await receive(queue);
      await queue.extend({ shard: 0, receipt: first!.receipt, seconds: 0 });
      expect(await receive(queue)).toMatchObject([{ body: '{"id":"c1"}', attempts: 2 }]);
    });

    it('takes the same command twice: idempotency is the reader’s', async () => {
      const queue = await create();
      const long = 'x'.repeat(190);
      await queue.send(command(long, 'a'));
      await queue.send(command(long, 'b'));
      const bodies: string[] = [];
      for (const { body } of await receive(queue)) bodies.push(body);
      expect(bodies).toHaveLength(2);
    });

    it('keeps shards apart', async () => {
      const queue = await create();
      await queue.send(command('c1', 'u1', 1));
      expect(await receive(queue, 0)).toEqual([]);
      expect(await receive(queue, 1)).toHaveLength(1);
    });

    it('ends a wait when told', async () => {
      const queue = await create();
      const stop = new AbortController();
      const waiting = queue.receive({ shard: 0, max: 1, waitMs: 20_000, signal: stop.signal });
      stop.abort();
      expect(await waiting).toEqual([]);
    });
  });
}

describe('command queue', () => {
  let emulators: Emulators;
  beforeAll(async () => {
    emulators = await startEmulators();
  });
  afterAll(() => emulators.close());

  queueContract('memory', async () => createMemoryQueue(createVirtualClock()));
  queueContract('SQS', async () => {
    let attempts = 0;
    const ids = { token: () => `attempt-${(attempts += 1)}` };
    return createSqsCommands({ client: emulators.sqs, queueUrls: await emulators.createQueues(2), ids });
  });

  it('refuses a shard it has no queue for', async () => {
    const queue = createSqsCommands({ client: emulators.sqs, queueUrls: [], ids: { token: () => 'x' } });
    await expect(queue.send(command('c1'))).rejects.toMatchObject({ code: 'UnknownShard' });
  });
});
