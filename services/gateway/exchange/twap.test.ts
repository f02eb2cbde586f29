import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { FillRecord } from '@perps/contracts/engine';
import type { ExchangeAction } from '@perps/contracts/hyperliquid';
import type { AccountEvent, Twap } from '@perps/domain/account';
import { price, size, usd } from '@perps/domain/money';
import { WebSocket } from 'ws';
import { addressOfKey, ALICE, type Harness, startHarness } from '../testing/harness.ts';

const alice = addressOfKey(ALICE);
const NOW = 1_763_719_200_500;
const ZERO_HASH = `0x${'0'.repeat(64)}`;

type TwapAction = Extract<ExchangeAction, { type: 'twapOrder' }>;
const twapOrder = (over: Partial<TwapAction['twap']> = {}, details?: TwapAction['details']): TwapAction => ({
  type: 'twapOrder',
  twap: { a: 0, b: true, s: '0.1', r: false, m: 5, t: false, ...over },
  ...(details === undefined ? {} : { details }),
});

const TWAP: Twap = {
  twapId: 128,
  symbol: 'BTC',
  side: 'buy',
  size: size(10_000n),
  reduceOnly: false,
  minutes: 5,
  isRandomized: false,
  startedAt: NOW,
  slicesDone: 1,
  executedSize: size(1_000n),
  executedNotional: usd(1_000_000_000n),
};
const FINISHED: Twap = { ...TWAP, twapId: 64, slicesDone: 10, executedSize: size(10_000n) };
const FAILED: Twap = { ...TWAP, twapId: 192, startedAt: NOW + 400_000 };
const fill = (tradeId: number, over: Partial<FillRecord> = {}): FillRecord => ({
  accountId: '',
  tradeId,
  orderId: 5,
  symbol: 'BTC',
  side: 'buy',
  price: price(1_000_000n),
  size: size(1_000n),
  startSize: size(0n),
  closedPnl: usd(0n),
  fee: usd(650_000n),
  builderFee: usd(0n),
  liquidity: 'taker',
  route: 'INTERNAL',
  time: NOW + tradeId,
  hash: ZERO_HASH,
  ...over,
});
const STATE = {
  coin: 'BTC',
  executedNtl: '1000.0',
  executedSz: '0.01',
  minutes: 5,
  randomize: false,
  reduceOnly: false,
  side: 'B',
  stopPx: null,
  sz: '0.1',
  timestamp: NOW,
  trigger: null,
  user: alice,
};
const NOTHING_YET = { executedNtl: '0.0', executedSz: '0.0' };

describe('TWAPs', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness();
    gateway.engine.openAccount(alice, 1_000_000_000n);
  });
  afterAll(() => gateway.close());

  const answer = async (action: ExchangeAction): Promise<unknown> => (await gateway.act(ALICE, action)).json;
  const data = (type: string, status: unknown) => ({ status: 'ok', response: { type, data: { status } } });

  it('begin and end in our own words and are answered in the venue’s', async () => {
    gateway.engine.answerNext({ kind: 'twap', twap: { status: 'running', twapId: 128 } });
    expect(await answer(twapOrder({ t: true, r: true, b: false }))).toEqual(
      data('twapOrder', { running: { twapId: 128 } }),
    );
    expect(gateway.engine.commands.at(-1)).toMatchObject({
      type: 'PlaceTwap',
      symbol: 'BTC',
      side: 'sell',
      size: 10_000n,
      reduceOnly: true,
      minutes: 5,
      isRandomized: true,
      signed: { signer: alice },
    });
    gateway.engine.answerNext({ kind: 'twap', twap: { status: 'canceled' } });
    expect(await answer({ type: 'twapCancel', a: 0, t: 128 })).toEqual(data('twapCancel', 'success'));
    expect(gateway.engine.commands.at(-1)).toMatchObject({ type: 'CancelTwap', symbol: 'BTC', twapId: 128 });
  });

  it.each([
    [{ reason: 'TwapDisabled' }, 'TWAP orders are disabled.'],
    [{ reason: 'InvalidTwapDuration', minutes: 4 }, 'Invalid TWAP duration: 4 min(s)'],
    [{ reason: 'InsufficientMargin' }, 'Insufficient margin to place order. asset=0'],
  ] as const)('say inside the answer what is wrong with them: %j', async (rejection, error) => {
    gateway.engine.answerNext({ kind: 'twap', twap: { status: 'refused', rejection } });
    expect(await answer(twapOrder())).toEqual(data('twapOrder', { error }));
  });

  it('that are not there cannot be cancelled', async () => {
    const error = 'TWAP was never placed, already canceled, or filled.';
    gateway.engine.answerNext({ kind: 'twap', twap: { status: 'refused', rejection: { reason: 'TwapNotFound' } } });
    expect(await answer({ type: 'twapCancel', a: 0, t: 1 })).toEqual(data('twapCancel', { error }));
    expect(await answer({ type: 'twapCancel', a: 9_999, t: 1 })).toEqual(data('twapCancel', { error }));
  });

  it('that cannot be read, or have conditions we do not keep, never reach the engine', async () => {
    const before = gateway.engine.commands.length;
    expect(await answer(twapOrder({ a: 9_999 }))).toMatchObject({ status: 'err' });
    expect(await answer(twapOrder({ s: '0.000001' }))).toMatchObject({ status: 'err' });
    expect(await answer(twapOrder({}, { t: { p: '1', a: true }, s: null }))).toEqual(
      data('twapOrder', { error: 'TWAP orders with a trigger or a stop price are not supported.' }),
    );
    expect(gateway.engine.commands).toHaveLength(before);
  });

  describe('of an account', () => {
    beforeAll(() => {
      gateway.engine.change(alice, {
        twaps: {
          running: [TWAP],
          ended: [
            { twap: FINISHED, endedAt: NOW + 270_000, ending: { status: 'finished' } },
            {
              twap: FAILED,
              endedAt: NOW + 430_000,
              ending: { status: 'error', rejection: { reason: 'InsufficientMargin' } },
            },
          ],
        },
      });
      gateway.engine.addFills(alice, [
        fill(64),
        fill(128, { twapId: 128, route: 'HYPERLIQUID', hash: '0xabc' }),
        fill(192, { twapId: 128 }),
      ]);
    });

    it('are told as history, newest first', async () => {
      const rows = (await gateway.info({ type: 'twapHistory', user: alice })) as { status: unknown; state: unknown }[];
      const seconds = Math.floor(NOW / 1_000);
      expect(rows).toEqual([
        {
          time: Math.floor((NOW + 430_000) / 1_000),
          twapId: 192,
          state: { ...STATE, timestamp: NOW + 400_000 },
          status: { status: 'error', description: 'Insufficient margin to place order. asset=0' },
        },
        expect.objectContaining({ time: seconds + 400, twapId: 192, status: { status: 'activated' } }),
        expect.objectContaining({ time: seconds + 270, twapId: 64, status: { status: 'finished' } }),
        expect.objectContaining({ time: seconds, twapId: 64, status: { status: 'activated' } }),
        { time: seconds, twapId: 128, state: { ...STATE, ...NOTHING_YET }, status: { status: 'activated' } },
      ]);
    });

    it('have their slices’ fills apart from all others, without a transaction', async () => {
      const tids = (rows: unknown) => (rows as { tid: number }[]).map(({ tid }) => tid);
      expect(tids(await gateway.info({ type: 'userFills', user: alice }))).toEqual([64]);
      expect(tids(await gateway.info({ type: 'userFillsByTime', user: alice, startTime: 0 }))).toEqual([64]);
      const slices = await gateway.info({ type: 'userTwapSliceFills', user: alice });
      expect(slices).toMatchObject([
        { twapId: 128, fill: { tid: 192, twapId: null, hash: ZERO_HASH } },
        { twapId: 128, fill: { tid: 128, twapId: null, hash: ZERO_HASH } },
      ]);
      const since = await gateway.info({ type: 'userTwapSliceFillsByTime', user: alice, startTime: NOW + 129 });
      expect(since).toMatchObject([{ fill: { tid: 192 } }]);
    });

    it('are streamed: running ones, history, fills of slices', async () => {
      const socket = new WebSocket(gateway.wsUrl);
      await once(socket, 'open');
      const frames: { channel: string; data: unknown }[] = [];
      let wake = (): void => undefined;
      socket.on('message', (frame: Buffer) => {
        frames.push(JSON.parse(frame.toString()) as (typeof frames)[number]);
        wake();
      });
      const next = async (channel: string): Promise<unknown> => {
        for (;;) {
          const found = frames.findIndex((frame) => frame.channel === channel);
          if (found !== -1) return frames.splice(found, 1)[0]?.data;
          await new Promise<void>((resolve) => (wake = resolve));
        }
      };
      for (const type of ['twapStates', 'userTwapHistory', 'userTwapSliceFills', 'userEvents', 'userFills']) {
        socket.send(JSON.stringify({ method: 'subscribe', subscription: { type, user: alice } }));
        await next('subscriptionResponse');
      }
      expect(await next('twapStates')).toEqual({ dex: '', user: alice, states: [[128, STATE]] });
      expect(await next('userTwapHistory')).toMatchObject({ isSnapshot: true, history: { length: 5 } });
      expect(await next('userTwapSliceFills')).toMatchObject({ isSnapshot: true, twapSliceFills: { length: 2 } });
      expect(await next('userFills')).toMatchObject({ isSnapshot: true, fills: [{ tid: 64 }] });

      const ended: AccountEvent = { type: 'TwapEnded', twap: TWAP, endedAt: NOW, ending: { status: 'terminated' } };
      const sliced = fill(256, { twapId: 128 });
      const accountId = gateway.engine.openAccount(alice, 1n);
      gateway.engine.publish({
        shard: 0,
        seq: 9,
        accountId,
        at: NOW,
        events: [ended],
        orders: [],
        fills: [sliced, fill(320)],
      });
      const row = { twapId: 128, status: { status: 'terminated' }, state: STATE };
      expect(await next('userTwapHistory')).toMatchObject({ user: alice, history: [row] });
      expect(await next('userTwapSliceFills')).toMatchObject({ twapSliceFills: [{ twapId: 128, fill: { tid: 256 } }] });
      expect(await next('userFills')).toMatchObject({ fills: [{ tid: 320 }] });
      expect(await next('user')).toMatchObject({ fills: [{ tid: 320 }] });
      expect(await next('user')).toMatchObject({ twapSliceFills: [{ fill: { tid: 256 } }] });
      expect(await next('user')).toMatchObject({ twapHistory: [row] });
      socket.terminate();
    });
  });
});
