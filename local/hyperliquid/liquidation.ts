/**
 * Liquidation at the venue: an account whose equity is down to its maintenance loses its positions to the book,
 * and to the liquidator's vault where its equity has fallen below two thirds of it.
 */
import type { FillLiquidation, UserFill } from '@perps/contracts/hyperliquid';
import {
  absolute,
  applyFill,
  crossSummary,
  maintenanceMargin,
  positionSize,
  type Account,
  type Position,
} from './accounts.ts';
import { noteLedger } from './ledger.ts';
import { endOrder, followPosition } from './lifecycle.ts';
import type { Market } from './market.ts';
import { keepFill } from './matching.ts';
import { recordOf, work, type OrderRequest } from './placement.ts';
import { formatMoney, formatPx, formatSz, stepAt } from './ticks.ts';
import { nextOid, nextTid, randomHash, type Venue } from './venue.ts';

/** Takes over what the book does not; it has no account. */
export const LIQUIDATOR_ADDRESS = '0x2e3d94f0562703b25c83308a05046ddaf9a8dd14';

/** Larger positions are first sold by a fifth (10⁻⁶ USD). */
const PARTIAL_FROM = 100_000_000_000n;
const PARTIAL_DIVISOR = 5n;
/** For so long after a partial liquidation everything is sold at once, ms. */
const COOLDOWN_MS = 30_000;

/** What is liquidated together: all cross positions, or one isolated one. */
interface Pool {
  readonly account: Account;
  readonly held: readonly Held[];
  readonly isCross: boolean;
}
interface Held {
  readonly market: Market;
  readonly position: Position;
}

/** Liquidates whoever the marks have brought down. */
export function liquidateAccounts(venue: Venue): void {
  for (const account of venue.accounts.values()) {
    if (account.positions.size === 0) continue;
    for (const pool of poolsOf(venue, account)) if (isDue(venue, pool)) liquidate(venue, pool);
  }
}

function poolsOf(venue: Venue, account: Account): readonly Pool[] {
  const held = [...account.positions].flatMap(([assetId, position]) => {
    const market = venue.markets[assetId];
    return market === undefined ? [] : [{ market, position }];
  });
  const cross = held.filter(({ position }) => position.isolatedRawUsd === undefined);
  const isolated = held.filter(({ position }) => position.isolatedRawUsd !== undefined);
  const pools: Pool[] = isolated.map((one) => ({ account, held: [one], isCross: false }));
  return cross.length === 0 ? pools : [...pools, { account, held: cross, isCross: true }];
}

interface Standing {
  readonly equity: bigint;
  readonly maintenance: bigint;
  readonly notional: bigint;
}

function standingOf(venue: Venue, pool: Pool): Standing {
  if (pool.isCross) {
    const cross = crossSummary(pool.account, venue.markets);
    return { equity: cross.accountValue, maintenance: cross.maintenanceMargin, notional: cross.notional };
  }
  const [one] = pool.held;
  if (one === undefined) return { equity: 0n, maintenance: 0n, notional: 0n };
  const { market, position } = one;
  const notional = absolute(position.size) * market.mark;
  return {
    equity: (position.isolatedRawUsd ?? 0n) + position.size * market.mark,
    maintenance: maintenanceMargin(market.asset, notional),
    notional,
  };
}

function isDue(venue: Venue, pool: Pool): boolean {
  const { equity, maintenance, notional } = standingOf(venue, pool);
  return notional > 0n && equity <= maintenance;
}

const needsBackstop = ({ equity, maintenance }: Standing): boolean => equity * 3n < maintenance * 2n;

function liquidate(venue: Venue, pool: Pool): void {
  const standing = standingOf(venue, pool);
  const positions = pool.held.map(({ market, position }) => ({
    coin: market.asset.name,
    szi: formatSz(market.asset, position.size),
  }));
  cancelOrders(venue, pool);
  if (needsBackstop(standing)) takeOver(venue, pool);
  else sell(venue, pool);
  tellOf(venue, pool, { standing, positions });
}

function cancelOrders(venue: Venue, pool: Pool): void {
  const assets = new Set(pool.held.map(({ market }) => market.asset.id));
  for (const order of venue.orders.open(pool.account.address)) {
    if (pool.isCross || assets.has(order.assetId)) endOrder(venue, order.oid, 'liquidatedCanceled');
  }
}

/** Market orders, the largest position first, until the rest is safe; a debt that is left is the vault's. */
function sell(venue: Venue, pool: Pool): void {
  const { account } = pool;
  const now = venue.clock.now();
  const largestFirst = pool.held.toSorted((left, right) => (valueOf(right) > valueOf(left) ? 1 : -1));
  for (const { market, position } of largestFirst) {
    if (!isDue(venue, pool)) return;
    const isCooling = account.partlyLiquidatedAt !== undefined && now - account.partlyLiquidatedAt < COOLDOWN_MS;
    const isPartial = valueOf({ market, position }) > PARTIAL_FROM && !isCooling;
    const all = absolute(position.size);
    const size = isPartial ? all / PARTIAL_DIVISOR : all;
    if (isPartial) account.partlyLiquidatedAt = now;
    const crossBefore = account.rawUsd;
    sendOrder(venue, { account, market, position, size: size > 0n ? size : all });
    // An isolated position risks its own margin alone: what its sale lost beyond it is the vault's loss.
    if (!pool.isCross && account.rawUsd < crossBefore) account.rawUsd = crossBefore;
  }
  const isFlat = pool.held.every(({ market }) => positionSize(account, market.asset) === 0n);
  if (pool.isCross && isFlat && account.rawUsd < 0n) account.rawUsd = 0n;
}

const valueOf = ({ market, position }: Held): bigint => absolute(position.size) * market.mark;

function sendOrder(
  venue: Venue,
  sale: { readonly account: Account; readonly market: Market; readonly position: Position; readonly size: bigint },
): void {
  const { account, market, position, size } = sale;
  const side = position.size > 0n ? 'A' : 'B';
  const request: OrderRequest = {
    account,
    market,
    side,
    price: worstPrice(market, side),
    size,
    tif: 'LiquidationMarket',
    isReduceOnly: true,
    cloid: undefined,
    builder: undefined,
    hash: randomHash(venue),
    liquidation: liquidationMark(account, market, 'market'),
  };
  const order = recordOf(venue, request, size);
  venue.orders.add(order);
  work(venue, request, order);
}

const liquidationMark = (account: Account, market: Market, method: FillLiquidation['method']): FillLiquidation => ({
  liquidatedUser: account.address,
  markPx: formatPx(market.asset, market.mark),
  method,
});

/** Half or twice the mark: whatever the book has. */
function worstPrice(market: Market, side: 'B' | 'A'): bigint {
  const { asset, mark } = market;
  const raw = side === 'B' ? mark * 2n : mark / 2n;
  const price = raw - (raw % stepAt(asset, raw));
  return price > 0n ? price : 1n;
}

/** The vault takes positions at the mark, and whatever margin is left with them. */
function takeOver(venue: Venue, pool: Pool): void {
  const { account } = pool;
  const hash = randomHash(venue);
  for (const { market, position } of pool.held) {
    const { asset, mark } = market;
    const isLong = position.size > 0n;
    const size = absolute(position.size);
    const equity = (position.isolatedRawUsd ?? 0n) + position.size * mark;
    const isIsolated = position.isolatedRawUsd !== undefined;
    const effect = applyFill(account, asset, { delta: -position.size, price: mark, fee: 0n });
    if (isIsolated) account.rawUsd -= equity;
    const fill: UserFill = {
      coin: asset.name,
      px: formatPx(asset, mark),
      sz: formatSz(asset, size),
      side: isLong ? 'A' : 'B',
      time: venue.clock.now(),
      startPosition: formatSz(asset, effect.startPosition),
      dir: `Liquidated ${isIsolated ? 'Isolated' : 'Cross'} ${isLong ? 'Long' : 'Short'}`,
      closedPnl: formatMoney(effect.closedPnl),
      hash,
      oid: nextOid(venue),
      crossed: true,
      fee: '0.0',
      tid: nextTid(venue),
      liquidation: liquidationMark(account, market, 'backstop'),
      feeToken: 'USDC',
      twapId: null,
    };
    keepFill(venue, account, { fill });
    followPosition(venue, account, market);
  }
  if (pool.isCross) account.rawUsd = 0n;
}

const LID_MAX = 1e12;

function tellOf(
  venue: Venue,
  pool: Pool,
  before: { readonly standing: Standing; readonly positions: readonly { coin: string; szi: string }[] },
): void {
  const { account, isCross } = pool;
  const { equity, notional } = before.standing;
  venue.outbox.of(account.address).liquidations.push({
    lid: Math.floor(venue.random.next() * LID_MAX),
    liquidator: LIQUIDATOR_ADDRESS,
    liquidated_user: account.address,
    liquidated_ntl_pos: formatMoney(notional),
    liquidated_account_value: formatMoney(equity),
  });
  noteLedger(venue, account, {
    time: venue.clock.now(),
    hash: randomHash(venue),
    delta: {
      type: 'liquidation',
      liquidatedNtlPos: formatMoney(notional),
      accountValue: formatMoney(equity),
      leverageType: isCross ? 'Cross' : 'Isolated',
      liquidatedPositions: before.positions,
    },
  });
}
