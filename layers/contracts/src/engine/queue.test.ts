import { describe, expect, it } from '@jest/globals';
import { price, rate, size, usd } from '@perps/domain/money';
import { DEFAULT_ROUTING_POLICY } from '@perps/domain/routing';
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

const HOUR = 1_763_719_200_000;
const ofHour = { commandId: `funding:${HOUR}`, receivedAt: HOUR + 60_000, shard: 3, hour: HOUR };
const ofSymbol = { commandId: 'deviation:1', receivedAt: HOUR, shard: 3, symbol: 'BTC' };
const settle: QueuedEngineCommand = {
  ...ofHour,
  type: 'SettleFundingHour',
  source: 'hyperliquid',
  rates: [
    { symbol: 'BTC', rate: rate(-12_500_000n), oraclePrice: price(1_000_000n) },
    { symbol: 'ETH', rate: rate(5n), payment: { amount: usd(-1_000_000n), size: size(50_000n) } },
  ],
};

describe('queued commands', () => {
  it.each<QueuedEngineCommand>([
    deposit,
    { ...ofHour, type: 'CloseFundingHour' },
    settle,
    { ...ofHour, type: 'StartFundingPosting', routes: ['INTERNAL', 'HYPERLIQUID'] },
    { ...ofSymbol, type: 'CoverDeviation', id: 'coin:BTC:1', amount: usd(-25_000_000n) },
    { ...ofSymbol, type: 'StopVenueOpens', cause: 'deviation', isStopped: true, decidedAt: HOUR },
    {
      type: 'SetRoutingPolicy',
      commandId: 'policy:2',
      receivedAt: HOUR,
      shard: 3,
      policy: {
        ...DEFAULT_ROUTING_POLICY,
        isTwapEnabled: true,
        venueSlicing: { above: usd(500_000_000_000n), slices: 5, intervalMs: 2_000 },
      },
    },
  ])('survive the queue unchanged: $type', (command) => {
    expect(parseQueuedCommand(encodeQueuedCommand(command))).toEqual({ ok: true, command });
  });

  it.each([
    ['not JSON', '{'],
    ['an unknown type', JSON.stringify({ ...deposit, amount: '1', type: 'Mint' })],
    ['an unknown field', JSON.stringify({ ...deposit, amount: '1', extra: 1 })],
    ['a fractional amount', JSON.stringify({ ...deposit, amount: '1.5' })],
    ['a time that is no hour', JSON.stringify({ ...ofHour, type: 'CloseFundingHour', hour: HOUR + 1 })],
    ['an absurd amount', JSON.stringify({ ...deposit, amount: '9'.repeat(40) })],
  ])('refuse %s', (_name, body) => {
    expect(parseQueuedCommand(body)).toMatchObject({ ok: false });
  });
});
