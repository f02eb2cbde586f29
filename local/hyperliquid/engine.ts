/** The venue without its doors: markets that move block by block, and the state orders act on. */
import { parseDecimal } from '@perps/domain/money';
import { createSeededRandom, type SeededRandom } from '@perps/runtime/testing';
import { createCandleStore } from './candles.ts';
import { fireScheduledCancels } from './exchange/schedule.ts';
import { HOUR_MS, settleDueHours } from './funding.ts';
import { createCrowd, type Crowd } from './liquidity.ts';
import { sampleAccounts } from './ledger.ts';
import { liquidateAccounts } from './liquidation.ts';
import { createMarket, updateMark, type Hold, type Market } from './market.ts';
import { execute } from './matching.ts';
import type { Settings } from './options.ts';
import { createOrderRegistry } from './orders.ts';
import { createOutbox } from './outbox.ts';
import { createPriceProcess, createRandomWalk, type PriceSource } from './price-process.ts';
import { createReplay } from './replay.ts';
import { formatMoney, nearestValid, priceFromUsd, priceToUsd } from './ticks.ts';
import { fireTriggers } from './triggers.ts';
import { assetsWith, type Asset } from './universe.ts';
import { workTwaps } from './twap.ts';
import { deposit, ZERO_HASH, type Venue } from './venue.ts';

export interface VenueEngine {
  readonly venue: Venue;
  /** Moves every market to now and publishes what happened. */
  block(): void;
  /** Moves oracles and marks. */
  updateContexts(): void;
  /** Freezes a market: oracle, mark and mid are exactly `price` (on a tick), the best quotes `spread` away. */
  hold(market: Market, at: Hold): void;
  /** Lets a frozen market go, from the price it stands at. */
  release(market: Market): void;
}

/** oids rise with the time of the start, so that a restart without memory does not repeat them. */
const OIDS_PER_SECOND = 250;

/** `prepare` runs on the venue before the crowd quotes: what rests already must not meet quotes of another moment. */
export function createVenueEngine(settings: Settings, prepare: (venue: Venue) => void = () => undefined): VenueEngine {
  const { clock } = settings;
  const random = createSeededRandom(settings.seed);
  const startAt = clock.now();
  const venue: Venue = {
    clock,
    random,
    rules: {
      network: settings.network,
      takerFee: 0.00045,
      makerFee: 0.00015,
      visibilityLagMs: settings.visibilityLagMs,
      scheduleCancelVolume: settings.scheduleCancelVolume,
    },
    markets: assetsWith(settings.leverages).map((asset) => openMarket(asset, settings, startAt)),
    accounts: new Map(),
    orders: createOrderRegistry(),
    outbox: createOutbox(),
    nonces: new Map(),
    agents: new Map(),
    formerAgents: new Map(),
    fundingHours: new Map(),
    firstHour: Math.floor(startAt / HOUR_MS),
    fundedHour: Math.floor(startAt / HOUR_MS),
    orderedHours: new Set(),
    twaps: new Map(),
    lastOid: Math.floor(startAt / 1000) * OIDS_PER_SECOND,
  };
  for (const { address, balance } of settings.accounts) {
    const account = deposit(venue, address.toLowerCase(), parseDecimal(balance, 6) ?? 0n);
    const delta = { type: 'deposit' as const, usdc: formatMoney(account.rawUsd) };
    account.ledger.push({ time: startAt, hash: ZERO_HASH, delta });
  }
  const crowd = createCrowd(
    random,
    (market, taker) => execute(venue, market, { taker, order: undefined, hash: ZERO_HASH }).left,
  );
  prepare(venue);
  const live = venue.markets.filter((market) => !market.asset.isDelisted);
  for (const market of live) crowd.idle(market);
  return {
    venue,
    hold: (market, at) => {
      market.hold = at;
      market.process.hold(priceToUsd(market.asset, at.price));
      crowd.hold(market);
      moveOracle(market, random, clock.now());
    },
    release: (market) => {
      market.hold = undefined;
      market.process.release();
      crowd.hold(market);
    },
    block: () => {
      const now = clock.now();
      for (const market of live) moveMarket(market, crowd, now);
      fireScheduledCancels(venue, now);
      settleDueHours(venue, now);
      workTwaps(venue, now);
      sampleAccounts(venue, now);
      venue.outbox.flush();
    },
    updateContexts: () => {
      for (const market of live) moveOracle(market, random, clock.now());
      fireTriggers(venue);
      liquidateAccounts(venue);
      venue.outbox.flush();
    },
  };
}

function openMarket(asset: Asset, settings: Settings, startAt: number): Market {
  const candles = settings.replays[asset.name];
  const startPrice = candles?.[0]?.open ?? settings.prices[asset.name] ?? asset.startPrice;
  const random = createSeededRandom(settings.seed * 1_000 + asset.id);
  const walk = (from: number, at: number): PriceSource =>
    createRandomWalk({
      startPrice: from,
      hourlyVolatility: asset.hourlyVolatility * settings.volatility,
      random,
      startAt: at,
    });
  const source =
    candles === undefined
      ? walk(startPrice, startAt)
      : createReplay({ candles, speed: settings.speed, startAt, random });
  return createMarket({
    asset,
    process: createPriceProcess({ source, startPrice, next: walk }),
    candles: createCandleStore({ asset, random, startAt, startPrice, hasHistory: candles === undefined }),
    price: priceFromUsd(asset, startPrice),
    time: startAt,
  });
}

function moveMarket(market: Market, crowd: Crowd, now: number): void {
  market.time = now;
  const points = market.process.advance(now);
  for (const point of points) crowd.follow(market, point);
  if (points.length === 0 || !points.some((point) => point.isPrinted)) crowd.idle(market);
}

/** Other venues trade within a basis point of ours. */
const ORACLE_NOISE = 0.0001;

function moveOracle(market: Market, random: SeededRandom, now: number): void {
  if (market.hold !== undefined) {
    market.oracle = market.hold.price;
    updateMark(market, now);
    return;
  }
  const noise = 1 + (random.next() - 0.5) * ORACLE_NOISE;
  const ticks = BigInt(Math.max(1, Math.round(Number(market.price) * noise)));
  market.oracle = nearestValid(market.asset, ticks);
  updateMark(market, now);
}
