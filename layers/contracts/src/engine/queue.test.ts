import { describe, expect, it } from '@jest/globals';
import { usd } from '@perps/domain/money';
import { encodeQueuedCommand, parseQueuedCommand, type QueuedEngineCommand } from './index.ts';

const deposit: QueuedEngineCommand = {
  type: 'CreditDeposit',
  commandId: 'deposit:local:1',
  accountId: 'u1',
  receivedAt: 1_763_719_200_000,
  depositId: 'local:1',
  chain: 'local',
  amount: usd(5_000_000_000n),
};

describe('queued commands', () => {
  it('survive the queue unchanged', () => {
    expect(parseQueuedCommand(encodeQueuedCommand(deposit))).toEqual({ ok: true, command: deposit });
  });

  it.each([
    ['not JSON', '{'],
    ['an unknown type', JSON.stringify({ ...deposit, amount: '1', type: 'Mint' })],
    ['an unknown field', JSON.stringify({ ...deposit, amount: '1', extra: 1 })],
    ['a fractional amount', JSON.stringify({ ...deposit, amount: '1.5' })],
    ['an absurd amount', JSON.stringify({ ...deposit, amount: '9'.repeat(40) })],
  ])('refuse %s', (_name, body) => {
    expect(parseQueuedCommand(body)).toMatchObject({ ok: false });
  });
});
