import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import {
  signExchange,
  type ClearinghouseState,
  type ExchangeAction,
  type UserFill,
} from '@perps/contracts/hyperliquid';
import { createVirtualClock } from '@perps/runtime/testing';
import * as fc from 'fast-check';
import { applyFill, createAccount, displayedEntry, feeOf, maintenanceMargin } from './accounts.ts';
import { createVenueEngine } from './engine.ts';
import { executeExchange } from './exchange/index.ts';
import { answerInfo } from './info/index.ts';
import { orderAction } from './testing/trader.ts';
import { settingsOf, type VenueSimulatorOptions } from './options.ts';
import { ASSETS } from './universe.ts';

const ANN = '0x1111111111111111111111111111111111111111111111111111111111111111';
const BOB = '0x2222222222222222222222222222222222222222222222222222222222222222';
const ANN_ADDRESS = '0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a';
const BOB_ADDRESS = '0x1563915e194d8cfba1943570603f7606a3115508';
const ETH = 1;

/** A venue that stands still at ETH 3,500.0 (bid 3,499.9, ask 3,500.0) with two funded accounts. */
function standingVenue(options: Partial<VenueSimulatorOptions> = {}) {
  const clock = createVirtualClock();
  const engine = createVenueEngine(
    settingsOf({
      clock,
      volatility: 0,
      accounts: [
        { address: ANN_ADDRESS, balance: '10000' },
        { address: BOB_ADDRESS, balance: '10000' },
      ],
      ...options,
    }),
  );
  const { venue } = engine;
  let nonce = clock.now();
  const act = (
    privateKey: string,
    action: ExchangeAction,
    envelope: { nonce?: number; expiresAfter?: number } = {},
  ) => {
    nonce += 1;
    return executeExchange(venue, signExchange({ action, nonce, network: 'Testnet', privateKey, ...envelope }));
  };
  const status = (privateKey: string, order: Omit<Parameters<typeof orderAction>[0], 'asset'>) => {
    const answer = act(privateKey, orderAction({ asset: ETH, ...order }));
    if (answer.status !== 'ok' || answer.response.type !== 'order') return answer.response;
    return answer.response.data.statuses[0];
  };
  const fills = (user: string) => answerInfo(venue, { type: 'userFills', user }) as UserFill[];
  const openOrders = (user: string) => answerInfo(venue, { type: 'openOrders', user }) as { oid: number; sz: string }[];
  const pass = async (ms: number) => {
    await clock.advance(ms);
  };
  return { ...engine, clock, act, status, fills, openOrders, pass };
}

describe('matching between users', () => {
  it('trades two users at the price of the one who rests, with maker and taker fees', () => {
    const { status, fills, venue } = standingVenue();
    expect(status(ANN, { isBuy: true, price: '3499.95', size: '1' })).toEqual({
      error: expect.stringContaining('tick size'),
    });
    expect(status(ANN, { isBuy: true, price: '3490', size: '1' })).toMatchObject({ resting: {} });
    venue.markets[ETH]!.book.orders('B')
      .filter(({ owner }) => owner !== ANN_ADDRESS)
      .forEach(({ oid }) => venue.markets[ETH]!.book.remove(oid));
    expect(status(BOB, { isBuy: false, price: '3480', size: '0.4', tif: 'Ioc' })).toMatchObject({
      filled: { totalSz: '0.4', avgPx: '3490.0' },
    });
    const [bought] = fills(ANN_ADDRESS);
    const [sold] = fills(BOB_ADDRESS);
    expect(bought).toMatchObject({
      side: 'B',
      dir: 'Open Long',
      crossed: false,
      fee: '0.209399',
      startPosition: '0.0',
    });
    expect(sold).toMatchObject({ side: 'A', dir: 'Open Short', crossed: true, fee: '0.6282', closedPnl: '0.0' });
    expect(sold?.tid).toBe(bought?.tid);
    expect(sold?.hash).toBe(bought?.hash);
  });

  it('cancels the resting order of a user who would trade with himself', () => {
    const { status, openOrders, venue } = standingVenue();
    const rested = status(ANN, { isBuy: true, price: '3499.9', size: '1' });
    venue.markets[ETH]!.book.orders('B')
      .filter(({ owner }) => owner !== ANN_ADDRESS)
      .forEach(({ oid }) => venue.markets[ETH]!.book.remove(oid));
    expect(status(ANN, { isBuy: false, price: '3499.9', size: '1', tif: 'Ioc' })).toMatchObject({
      error: expect.stringContaining('could not immediately match'),
    });
    expect(openOrders(ANN_ADDRESS)).toEqual([]);
    const { oid } = (rested as { resting: { oid: number } }).resting;
    expect(venue.orders.get(oid)?.status).toBe('selfTradeCanceled');
  });

  it('fills a resting order when the market comes to it', () => {
    const { status, fills, openOrders, block, venue, clock } = standingVenue();
    status(ANN, { isBuy: true, price: '3450', size: '0.5' });
    block();
    expect(fills(ANN_ADDRESS)).toEqual([]);
    venue.markets[ETH]!.process.moveTo({ usd: 3_440, overMs: 0, now: clock.now() });
    block();
    expect(fills(ANN_ADDRESS)[0]).toMatchObject({ px: '3450.0', sz: '0.5', crossed: false });
    expect(openOrders(ANN_ADDRESS)).toEqual([]);
  });
});

describe('reduce-only', () => {
  it('cuts an order to the position and refuses the wrong side', () => {
    const { status } = standingVenue();
    expect(status(ANN, { isBuy: false, price: '3400', size: '1', tif: 'Ioc', isReduceOnly: true })).toEqual({
      error: `Reduce only order would increase position. asset=${ETH}`,
    });
    status(ANN, { isBuy: true, price: '3600', size: '0.2', tif: 'Ioc' });
    expect(status(ANN, { isBuy: false, price: '3400', size: '5', tif: 'Ioc', isReduceOnly: true })).toMatchObject({
      filled: { totalSz: '0.2' },
    });
  });

  it('lets resting ones follow the position: the earlier is cancelled when they exceed it, all end when it is flat', () => {
    const { status, openOrders, venue } = standingVenue();
    status(ANN, { isBuy: true, price: '3600', size: '1', tif: 'Ioc' });
    const first = status(ANN, { isBuy: false, price: '3700', size: '0.7', isReduceOnly: true });
    status(ANN, { isBuy: false, price: '3800', size: '0.6', isReduceOnly: true });
    expect(openOrders(ANN_ADDRESS).map(({ sz }) => sz)).toEqual(['0.6']);
    const { oid } = (first as { resting: { oid: number } }).resting;
    expect(venue.orders.get(oid)?.status).toBe('reduceOnlyCanceled');
    status(ANN, { isBuy: false, price: '3400', size: '0.6', tif: 'Ioc' });
    expect(openOrders(ANN_ADDRESS).map(({ sz }) => sz)).toEqual(['0.4']);
    status(ANN, { isBuy: false, price: '3400', size: '0.4', tif: 'Ioc' });
    expect(openOrders(ANN_ADDRESS)).toEqual([]);
  });

  it('exempts a close of the whole position from the minimum value', () => {
    const { status, block, venue, clock } = standingVenue();
    status(ANN, { isBuy: true, price: '3600', size: '0.003', tif: 'Ioc' });
    venue.markets[ETH]!.process.moveTo({ usd: 3_000, overMs: 0, now: clock.now() });
    block();
    expect(status(ANN, { isBuy: false, price: '2900', size: '0.001', tif: 'Ioc', isReduceOnly: true })).toEqual({
      error: `Order must have minimum value of $10. asset=${ETH}`,
    });
    expect(status(ANN, { isBuy: false, price: '2900', size: '0.003', tif: 'Ioc', isReduceOnly: true })).toMatchObject({
      filled: {},
    });
  });
});

describe('requests', () => {
  it('hides a new order from orderStatus until the lag has passed', async () => {
    const { status, venue, pass } = standingVenue();
    const cloid = `0x${'c1'.repeat(16)}`;
    status(ANN, { isBuy: true, price: '3000', size: '0.1', cloid });
    const ask = () => answerInfo(venue, { type: 'orderStatus', user: ANN_ADDRESS, oid: cloid });
    expect(ask()).toEqual({ status: 'unknownOid' });
    await pass(400);
    expect(ask()).toMatchObject({ status: 'order', order: { status: 'open', order: { cloid } } });
    expect(answerInfo(venue, { type: 'orderStatus', user: BOB_ADDRESS, oid: cloid })).toEqual({ status: 'unknownOid' });
  });

  it('keeps a record of orders that never rested', async () => {
    const { status, venue, pass } = standingVenue();
    const cloid = `0x${'c2'.repeat(16)}`;
    status(ANN, { isBuy: true, price: '3000', size: '0.1', tif: 'Ioc', cloid });
    await pass(400);
    expect(answerInfo(venue, { type: 'orderStatus', user: ANN_ADDRESS, oid: cloid })).toMatchObject({
      order: { status: 'iocCancelRejected' },
    });
  });

  it.each([
    [
      'price out of the band',
      { price: '6500', size: '1' },
      'Order price cannot be more than 80% away from the reference price',
    ],
    ['too many decimals in the price', { price: '3000.123', size: '1' }, 'Order has invalid price.'],
    ['too many decimals in the size', { price: '3000', size: '1.00001' }, 'Order has invalid size.'],
    ['no size', { price: '3000', size: '0' }, 'Order has zero size.'],
  ])('refuses the whole request for %s', (_, order, text) => {
    const { status } = standingVenue();
    expect(status(ANN, { isBuy: true, ...order })).toBe(text);
  });

  it('refuses used, old and late requests in the venue’s words', () => {
    const { act, clock } = standingVenue();
    const now = clock.now();
    expect(act(ANN, { type: 'noop' }, { nonce: now })).toMatchObject({ status: 'ok' });
    expect(act(ANN, { type: 'noop' }, { nonce: now })).toEqual({
      status: 'err',
      response: `Invalid nonce: duplicate nonce ${now}`,
    });
    expect(act(ANN, { type: 'noop' }, { nonce: 5 })).toMatchObject({
      response: expect.stringContaining('nonce too low 5 <'),
    });
    expect(act(ANN, { type: 'noop' }, { expiresAfter: now - 1 })).toEqual({
      status: 'err',
      response: 'Action already expired',
    });
  });

  it('needs a traded volume for the dead man’s switch, which then cancels everything', async () => {
    const { act, block, status, openOrders, pass, clock } = standingVenue({ scheduleCancelVolume: 1_000 });
    const arm = (): unknown => act(ANN, { type: 'scheduleCancel', time: clock.now() + 6_000 }).response;
    expect(arm()).toContain('Cannot set scheduled cancel time until enough volume traded.');
    status(ANN, { isBuy: true, price: '3600', size: '1', tif: 'Ioc' });
    status(ANN, { isBuy: true, price: '3000', size: '1' });
    expect(arm()).toEqual({ type: 'default' });
    await pass(5_900);
    block();
    expect(openOrders(ANN_ADDRESS)).toHaveLength(1);
    await pass(200);
    block();
    expect(openOrders(ANN_ADDRESS)).toEqual([]);
  });

  it('refuses what the margin does not carry, and what leverage changes would break', () => {
    const { act, status } = standingVenue();
    expect(status(ANN, { isBuy: true, price: '3500', size: '60' })).toEqual({
      error: `Insufficient margin to place order. asset=${ETH}`,
    });
    expect(status(ANN, { isBuy: true, price: '3600', size: '50', tif: 'Ioc' })).toMatchObject({ filled: {} });
    const lower = act(ANN, { type: 'updateLeverage', asset: ETH, isCross: true, leverage: 2 });
    expect(lower.response).toContain('does not have sufficient margin available to decrease leverage');
    const isolate = act(ANN, { type: 'updateLeverage', asset: ETH, isCross: false, leverage: 20 });
    expect(isolate.response).toBe('Cannot switch leverage type with open position.');
  });

  it('charges a builder’s fee only where it was approved', () => {
    const { act, fills } = standingVenue();
    const builder = { b: `0x${'b1'.repeat(20)}`, f: 20 };
    const order = { ...orderAction({ asset: ETH, isBuy: true, price: '3600', size: '1', tif: 'Ioc' }), builder };
    expect(act(ANN, order).response).toBe('Builder fee has not been approved.');
    act(
      ANN,
      {
        type: 'approveBuilderFee',
        signatureChainId: '0x66eee',
        hyperliquidChain: 'Testnet',
        maxFeeRate: '0.02%',
        builder: builder.b,
        nonce: 1_700_000_000_500,
      },
      { nonce: 1_700_000_000_500 },
    );
    expect(act(ANN, order)).toMatchObject({ status: 'ok' });
    expect(fills(ANN_ADDRESS)[0]).toMatchObject({ builderFee: '0.7', fee: '2.275' });
  });
});

describe('isolated margin', () => {
  it('takes collateral from the account, moves it on request, and gives it back with the close', () => {
    const { act, status, venue } = standingVenue();
    act(ANN, { type: 'updateLeverage', asset: ETH, isCross: false, leverage: 10 });
    status(ANN, { isBuy: true, price: '3500', size: '1', tif: 'Ioc' });
    const state = () => answerInfo(venue, { type: 'clearinghouseState', user: ANN_ADDRESS }) as ClearinghouseState;
    expect(state().assetPositions[0]?.position).toMatchObject({
      leverage: { type: 'isolated', value: 10, rawUsd: '-3150.0' },
      marginUsed: '350.0',
    });
    expect(state().withdrawable).toBe('9648.425');
    expect(act(ANN, { type: 'updateIsolatedMargin', asset: ETH, isBuy: true, ntli: 100_000_000 })).toMatchObject({
      status: 'ok',
    });
    expect(state().assetPositions[0]?.position.marginUsed).toBe('450.0');
    expect(act(ANN, { type: 'updateIsolatedMargin', asset: ETH, isBuy: true, ntli: -200_000_000 }).response).toBe(
      'Position does not have sufficient margin for reduction.',
    );
    status(ANN, { isBuy: false, price: '3400', size: '1', tif: 'Ioc', isReduceOnly: true });
    expect(state()).toMatchObject({ assetPositions: [], withdrawable: '9996.750045' });
  });
});

describe('the state of an account', () => {
  it('keeps the identities of recorded states', () => {
    const { status, venue, block, clock } = standingVenue();
    status(ANN, { isBuy: true, price: '3600', size: '2', tif: 'Ioc' });
    status(ANN, { isBuy: true, price: '3300', size: '1' });
    venue.markets[ETH]!.process.moveTo({ usd: 3_600, overMs: 0, now: clock.now() });
    block();
    const state = answerInfo(venue, { type: 'clearinghouseState', user: ANN_ADDRESS }) as ClearinghouseState;
    const { marginSummary } = state;
    const position = state.assetPositions[0]!.position;
    const value = Number(position.positionValue);
    expect(Number(marginSummary.accountValue)).toBeCloseTo(Number(marginSummary.totalRawUsd) + value, 6);
    expect(Number(position.marginUsed)).toBeCloseTo(value / position.leverage.value, 6);
    expect(Number(position.unrealizedPnl)).toBeCloseTo(value - 2 * Number(position.entryPx), 1);
    const resting = 3_300 / position.leverage.value;
    const kept = Math.max(Number(marginSummary.totalMarginUsed), value / 10);
    expect(Number(state.withdrawable)).toBeCloseTo(Number(marginSummary.accountValue) - kept - resting, 5);
  });
});

describe('determinism', () => {
  it('follows from the seed and the clock alone', async () => {
    const run = async (seed: number) => {
      const { block, updateContexts, venue, status, pass } = standingVenue({ seed, volatility: 5 });
      for (let step = 0; step < 40; step += 1) {
        await pass(150);
        block();
        updateContexts();
        if (step % 10 === 0) status(ANN, { isBuy: true, price: '3600', size: '0.1', tif: 'Ioc' });
      }
      return JSON.stringify([
        answerInfo(venue, { type: 'metaAndAssetCtxs' }),
        answerInfo(venue, { type: 'userFills', user: ANN_ADDRESS }),
      ]);
    };
    expect(await run(5)).toBe(await run(5));
    expect(await run(5)).not.toBe(await run(6));
  });
});

describe('money', () => {
  const eth = ASSETS[ETH]!;

  it('keeps equity through any fills but for the fees', () => {
    const fill = fc.record({ isBuy: fc.boolean(), size: fc.bigInt(1n, 50_000n), price: fc.bigInt(300_000n, 400_000n) });
    fc.assert(
      fc.property(
        fc.array(fill, { maxLength: 30 }),
        fc.boolean(),
        fc.bigInt(300_000n, 400_000n),
        (fills, isCross, mark) => {
          const account = createAccount('0x');
          account.leverages.set(eth.id, { isCross, value: 3 });
          let cash = 0n;
          let size = 0n;
          for (const { isBuy, size: lots, price } of fills) {
            const delta = isBuy ? lots : -lots;
            const effect = applyFill(account, eth, { delta, price, fee: 7n });
            expect(effect.startPosition).toBe(size);
            cash -= delta * price + 7n;
            size += delta;
          }
          const position = account.positions.get(eth.id);
          expect(position?.size ?? 0n).toBe(size);
          const raw = account.rawUsd + (position?.isolatedRawUsd ?? 0n);
          expect(raw + size * mark).toBe(cash + size * mark);
        },
      ),
    );
  });

  it('keeps the entry when closing and cuts it to the tick when shown', () => {
    const account = createAccount('0x');
    applyFill(account, eth, { delta: 10_000n, price: 350_000n, fee: 0n });
    applyFill(account, eth, { delta: 20_000n, price: 350_001n, fee: 0n });
    expect(displayedEntry(account.positions.get(eth.id)!)).toBe(350_000n);
    const { closedPnl, dir } = applyFill(account, eth, { delta: -10_001n, price: 351_000n, fee: 0n });
    expect({ closedPnl, dir }).toEqual({ closedPnl: 10_001_000n, dir: 'Close Long' });
    expect(displayedEntry(account.positions.get(eth.id)!)).toBe(350_000n);
    expect(applyFill(account, eth, { delta: -29_999n, price: 350_000n, fee: 0n }).dir).toBe('Long > Short');
  });

  it('asks maintenance by tiers, continuous over their bounds', () => {
    const bound = 100_000_000_000_000n;
    expect(maintenanceMargin(eth, 50_000_000n)).toBe(1_000_000n);
    expect(maintenanceMargin(eth, bound)).toBe(bound / 50n);
    expect(maintenanceMargin(eth, bound + 30_000_000n)).toBe(bound / 50n + 1_000_000n);
  });

  it('reproduces recorded taker fees (one of our own where no recording is present)', () => {
    expect(feeOf(1_000_150_000n, 0.00045)).toBe(450_067n);
    const folder = path.resolve(import.meta.dirname, '../../../shared/data/hyperliquid/fills');
    const name = existsSync(folder) ? readdirSync(folder).find((file) => file.startsWith('0x3e41')) : undefined;
    if (name === undefined) return;
    const fills = JSON.parse(gunzipSync(readFileSync(path.join(folder, name))).toString('utf8')) as UserFill[];
    const perps = fills.filter(({ coin, feeToken }) => !/[:@/#+]/.test(coin) && feeToken === 'USDC');
    const close = perps.filter(({ px, sz, fee }) => {
      const notional = BigInt(Math.round(Number(px) * Number(sz) * 1e6));
      const recorded = Math.round(Number(fee) * 1e6);
      return [0.00045, 0.00045 * 0.96].some((rate) => Math.abs(Number(feeOf(notional, rate)) - recorded) <= 1);
    });
    expect(close.length).toBe(perps.length);
  });
});
