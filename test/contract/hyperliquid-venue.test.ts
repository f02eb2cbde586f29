/** The execution client against the venue simulator: what it answers, and what it finds out when nobody answered. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createHyperliquidVenue,
  fateOfAnswer,
  type HyperliquidVenue,
  type HyperliquidVenueOptions,
  type VenueAnswer,
} from '@perps/adapters/hyperliquid';
import { systemClock, systemRandom } from '@perps/adapters/node';
import { addressOf, signDigest } from '@perps/contracts/hyperliquid';
import type { VenueFill, VenueOrderRequest } from '@perps/domain/account';
import { price, size } from '@perps/domain/money';
import { reconcilePending, VISIBILITY_LAG_MS, type VenueObservation } from '@perps/domain/reconcile';
import { silentLogger } from '@perps/runtime/ports';
import { eventually } from '../support/waiting.ts';
import { createVenueSimulator, type VenueSimulator } from '../../local/hyperliquid/index.ts';

/** A throw-away key that exists only in tests. */
const PRIVATE_KEY = `0x${'7'.repeat(64)}`;
const ACCOUNT = addressOf(PRIVATE_KEY);
const SZ_DECIMALS: Readonly<Record<string, number>> = { BTC: 5, ETH: 4 };
/** Far from any price of the simulated BTC, on either side, in ticks of 0.1 USD. */
const HIGH = price(1_050_000n);
const LOW = price(950_000n);

describe('an account at the simulated venue', () => {
  let simulator: VenueSimulator;
  let venue: HyperliquidVenue;
  let count: number;
  let fills: { readonly venueCloid: string; readonly fill: VenueFill }[];
  const watchers = new Set<() => void>();

  beforeEach(async () => {
    simulator = await createVenueSimulator({
      accounts: [{ address: ACCOUNT, balance: '1000000' }],
      prices: { BTC: 100_000 },
      visibilityLagMs: 100,
    });
    venue = createVenue();
    count = 0;
    fills = [];
    venue.onFill((venueCloid, fill) => {
      fills.push({ venueCloid, fill });
      for (const watcher of watchers) watcher();
    });
    await connected(venue);
  });
  afterEach(async () => {
    venue.stop();
    await simulator.close();
  });

  const createVenue = (changes: Partial<HyperliquidVenueOptions> = {}): HyperliquidVenue =>
    createHyperliquidVenue({
      url: simulator.url,
      wsUrl: simulator.wsUrl,
      network: 'Testnet',
      account: ACCOUNT,
      signer: { address: ACCOUNT, signDigest: async (digest) => signDigest(digest, PRIVATE_KEY) },
      szDecimalsOf: (symbol) => SZ_DECIMALS[symbol],
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      ...changes,
    });
  const connected = (client: HyperliquidVenue): Promise<void> =>
    new Promise((resolve) => {
      client.onConnected(resolve);
      client.start();
    });
  /** Buys 0.01 BTC at once, whatever it costs. */
  const request = (changes: Partial<VenueOrderRequest> = {}): VenueOrderRequest => {
    count += 1;
    const now = Date.now();
    return {
      venueCloid: `0x01${count.toString(16).padStart(30, '0')}`,
      orderId: count,
      accountId: 'u1',
      symbol: 'BTC',
      assetId: 0,
      szDecimals: 5,
      side: 'buy',
      size: size(1_000n),
      limitPrice: HIGH,
      timeInForce: 'IOC',
      slot: 0,
      nonce: now + count,
      expiresAfter: now + 5_000,
      requestedAt: now,
      purpose: 'user',
      ...changes,
    };
  };
  const filled = async (venueCloid: string): Promise<VenueFill> => {
    for (;;) {
      const known = fills.find((row) => row.venueCloid === venueCloid);
      if (known !== undefined) return known.fill;
      await new Promise<void>((resolve) => {
        const watcher = (): void => {
          watchers.delete(watcher);
          resolve();
        };
        watchers.add(watcher);
      });
    }
  };
  /** Looks until the venue shows it: past the visibility lag at the latest. */
  const found = (order: VenueOrderRequest): Promise<VenueObservation> =>
    eventually(`${order.venueCloid} is visible`, async () => {
      const observation = await venue.lookup(order);
      return observation.kind === 'found' ? observation : undefined;
    });
  /** A look costs weight: while the venue's clock says that it cannot decide anything, only the clock is asked. */
  const lookRarely = async (order: VenueOrderRequest): Promise<VenueObservation> => {
    const venueTime = await venue.serverTime();
    return venueTime < order.expiresAfter + VISIBILITY_LAG_MS ? { kind: 'absent', venueTime } : venue.lookup(order);
  };
  const position = async (): Promise<bigint> => (await venue.accountState()).positions['BTC'] ?? 0n;
  const kindOf = ({ kind }: VenueAnswer): VenueAnswer['kind'] => kind;

  it('fills, rests, cancels and refuses, each told by answer, stream and look-up alike', async () => {
    const taker = request();
    const answer = await venue.place(taker);
    expect(answer).toMatchObject({ kind: 'filled', totalSize: 1_000n });
    expect(fateOfAnswer(taker, answer)).toMatchObject({ kind: 'ended', status: 'filled', executedSize: 1_000n });
    const fill = await filled(taker.venueCloid);
    expect(fill).toMatchObject({ size: 1_000n, liquidity: 'taker' });
    expect(fill.fee).toBeGreaterThan(0n);
    expect(await found(taker)).toMatchObject({ status: 'filled', executedSize: 1_000n });

    const maker = request({ timeInForce: 'ALO', limitPrice: LOW });
    expect(kindOf(await venue.place(maker))).toBe('resting');
    expect(await venue.openOrders()).toMatchObject([{ venueCloid: maker.venueCloid, remainingSize: 1_000n }]);
    expect(await found(maker)).toMatchObject({ status: 'open', executedSize: 0n });
    expect(await venue.cancel({ ...maker, nonce: maker.nonce + 100 })).toEqual({ kind: 'canceled' });
    expect(await venue.cancel({ ...maker, nonce: maker.nonce + 101 })).toMatchObject({ kind: 'refused' });
    expect(await found(maker)).toMatchObject({ status: 'canceled', executedSize: 0n });

    const unmatched = request({ side: 'sell', limitPrice: HIGH });
    expect(await venue.place(unmatched)).toMatchObject({ kind: 'refused' });
    expect(await position()).toBe(1_000n);
  });

  it('an executed order whose answer was lost is unknown, and found by its cloid', async () => {
    simulator.faults.arm({ kind: 'loseAnswer' });
    const order = request();
    const answer = await venue.place(order);
    expect(kindOf(answer)).toBe('unknown');
    expect(fateOfAnswer(order, answer)).toBeUndefined();
    const observation = await found(order);
    expect(reconcilePending({ expiresAfter: order.expiresAfter, absences: 0 }, observation)).toMatchObject({
      step: 'resolve',
      fate: { kind: 'ended', status: 'filled', executedSize: 1_000n },
    });
    expect(await filled(order.venueCloid)).toMatchObject({ size: 1_000n });
  });

  it('repeating it within its expiry sends the same bytes: it executes once', async () => {
    simulator.faults.arm({ kind: 'loseAnswer' });
    const order = request();
    expect(kindOf(await venue.place(order))).toBe('unknown');
    expect(await venue.place(order)).toMatchObject({
      kind: 'unknown',
      cause: `Invalid nonce: duplicate nonce ${order.nonce}`,
    });
    await found(order);
    expect(await position()).toBe(1_000n);
  });

  it('an order that was lost on its way is absent, and the repeat places it', async () => {
    simulator.faults.arm({ kind: 'loseRequest' });
    const order = request();
    expect(kindOf(await venue.place(order))).toBe('unknown');
    expect(await venue.lookup(order)).toMatchObject({ kind: 'absent' });
    expect(kindOf(await venue.place(order))).toBe('filled');
    expect(await position()).toBe(1_000n);
  });

  it('never arrived is concluded only past expiry and lag, by the venue’s clock', async () => {
    simulator.faults.arm({ kind: 'loseRequest' });
    const order = request({ expiresAfter: Date.now() + 300 });
    await venue.place(order);
    const early = await venue.lookup(order);
    expect(reconcilePending({ expiresAfter: order.expiresAfter, absences: 5 }, early).step).toBe('lookAgain');
    let absences = 0;
    const fate = await eventually('its fate is certain', async () => {
      const step = reconcilePending({ expiresAfter: order.expiresAfter, absences }, await lookRarely(order));
      if (step.step === 'resolve') return step.fate;
      absences = step.absences;
      return undefined;
    });
    expect(fate).toEqual({ kind: 'neverArrived' });
    expect(await venue.serverTime()).toBeGreaterThanOrEqual(order.expiresAfter + 2_000);
  });

  it('5xx is unknown, 429 is repeated and loses nothing', async () => {
    simulator.faults.arm({ kind: 'http500', endpoint: 'exchange' });
    expect(await venue.place(request())).toEqual({ kind: 'unknown', cause: 'HTTP 500' });
    simulator.faults.arm({ kind: 'http429', count: 2, endpoint: 'exchange' });
    expect(kindOf(await venue.place(request()))).toBe('filled');
  });

  it('an expired order is not signed; where our clock is behind, the venue refuses it', async () => {
    expect(await venue.place(request({ expiresAfter: Date.now() - 1 }))).toEqual({
      kind: 'refused',
      cause: 'expired before it was signed',
    });
    const late = createVenue({ clock: { ...systemClock, now: () => systemClock.now() - 10_000 } });
    expect(await late.place(request({ expiresAfter: Date.now() - 1 }))).toEqual({
      kind: 'refused',
      cause: 'Action already expired',
    });
    late.stop();
    expect(await position()).toBe(0n);
  });

  it('a key the venue does not know is a certain refusal', async () => {
    const strangerKey = `0x${'8'.repeat(64)}`;
    const stranger = createVenue({
      signer: { address: addressOf(strangerKey), signDigest: async (digest) => signDigest(digest, strangerKey) },
    });
    expect(await stranger.place(request())).toMatchObject({
      kind: 'refused',
      cause: expect.stringContaining('does not exist'),
    });
    stranger.stop();
  });

  it('what happened while the stream was gone is there when it is back', async () => {
    const back = new Promise<void>((resolve) => venue.onConnected(resolve));
    const gone = new Promise<void>((resolve) => venue.onDisconnected(resolve));
    simulator.faults.arm({ kind: 'wsDrop', ms: 300 });
    await gone;
    expect(venue.isConnected()).toBe(false);
    const order = request();
    expect(kindOf(await venue.place(order))).toBe('filled');
    await back;
    const missed = await venue.fillsSince(order.requestedAt - 1_000);
    expect(missed.map(({ venueCloid, fill }) => [venueCloid, fill.size])).toEqual([[order.venueCloid, 1_000n]]);
  });

  it('repeated frames tell the same execution by the same tid', async () => {
    simulator.faults.arm({ kind: 'wsDuplicate', count: 500 });
    const orders = [request(), request(), request()];
    for (const order of orders) await venue.place(order);
    await Promise.all(orders.map((order) => filled(order.venueCloid)));
    const tids = new Set(fills.map(({ fill }) => fill.tid));
    const told = await venue.fillsSince(0);
    expect(told.every(({ fill }) => tids.has(fill.tid))).toBe(true);
    expect(told.reduce((sum, { fill }) => sum + fill.size, 0n)).toBe(3_000n);
  });
});
