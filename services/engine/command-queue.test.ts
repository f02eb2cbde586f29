import { describe, expect, it } from '@jest/globals';
import { encodeQueuedCommand, type QueuedEngineCommand } from '@perps/contracts/engine';
import { usd } from '@perps/domain/money';
import { noMetrics, silentLogger, type QueuedMessage } from '@perps/runtime/ports';
import { consumeCommands } from './command-queue.ts';

const deposit: QueuedEngineCommand = {
  type: 'CreditDeposit',
  commandId: 'deposit:1',
  accountId: 'u1',
  receivedAt: 1,
  depositId: '1',
  chain: 'local',
  amount: usd(5n),
};
const message = (id: string, body: string): QueuedMessage => ({ id, body, receipt: `r${id}`, attempts: 1 });

/** Delivers the batches one after another, then ends the consumer. */
async function consume(
  batches: readonly (readonly QueuedMessage[] | Error)[],
  submit: (command: QueuedEngineCommand) => Promise<unknown>,
) {
  const stopping = new AbortController();
  const waiting = [...batches];
  const deleted: string[] = [];
  await consumeCommands({
    shard: 0,
    submit,
    queue: {
      receive: async () => {
        const next = waiting.shift();
        if (next === undefined) stopping.abort();
        if (next instanceof Error) throw next;
        return next ?? [];
      },
      delete: async ({ receipt }) => void deleted.push(receipt),
      extend: async () => undefined,
      send: async () => undefined,
    },
    clock: { now: () => 0, monotonic: () => 0, sleep: async () => undefined },
    logger: silentLogger,
    metrics: noMetrics,
    signal: stopping.signal,
  });
  return deleted;
}

describe('the command queue', () => {
  it('deletes a message only after its command is durable', async () => {
    const submitted: unknown[] = [];
    expect(
      await consume([[message('1', encodeQueuedCommand(deposit))]], async (command) => submitted.push(command)),
    ).toEqual(['r1']);
    expect(submitted).toEqual([deposit]);
  });

  it('leaves what is no command for the dead-letter queue, and goes on', async () => {
    const deleted = await consume(
      [[message('1', '{"type":"Mint"}'), message('2', encodeQueuedCommand(deposit))]],
      async () => undefined,
    );
    expect(deleted).toEqual(['r2']);
  });

  it('keeps a message whose shard could not take it', async () => {
    const refuse = async (): Promise<never> => {
      throw new Error('not the owner');
    };
    expect(await consume([[message('1', encodeQueuedCommand(deposit))]], refuse)).toEqual([]);
  });

  it('survives trouble of the queue itself', async () => {
    const batches = [new Error('queue is away'), [message('1', encodeQueuedCommand(deposit))]];
    expect(await consume(batches, async () => undefined)).toEqual(['r1']);
  });
});
