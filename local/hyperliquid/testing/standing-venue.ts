/** A venue that stands still, driven by hand: for tests of what it does, without its doors. */
import {
  addressOf,
  signExchange,
  type ClearinghouseState,
  type ExchangeAction,
  type ExchangeAnswer,
  type FrontendOrder,
  type OrderStatusItem,
  type OrderWire,
  type UserFill,
} from '@perps/contracts/hyperliquid';
import { createVirtualClock } from '@perps/runtime/testing';
import { createVenueEngine } from '../engine.ts';
import { executeExchange } from '../exchange/index.ts';
import { answerInfo } from '../info/index.ts';
import type { Market } from '../market.ts';
import { settingsOf, type VenueSimulatorOptions } from '../options.ts';
import type { Changes, UserChanges } from '../outbox.ts';
import { parsePx } from '../ticks.ts';

export const ANN = '0x1111111111111111111111111111111111111111111111111111111111111111';
export const BOB = '0x2222222222222222222222222222222222222222222222222222222222222222';
export const ANN_ADDRESS = addressOf(ANN);
export const BOB_ADDRESS = addressOf(BOB);
export const BTC = 0;
export const ETH = 1;

type StandingVenue = ReturnType<typeof standingVenue>;
export type { StandingVenue };

/** Two funded accounts; every price stands still until it is held elsewhere. */
export function standingVenue(options: Partial<VenueSimulatorOptions> & { readonly balance?: string } = {}) {
  const { balance = '10000', ...rest } = options;
  const clock = createVirtualClock();
  const accounts = [ANN_ADDRESS, BOB_ADDRESS].map((address) => ({ address, balance }));
  const engine = createVenueEngine(settingsOf({ clock, volatility: 0, accounts, ...rest }));
  const { venue } = engine;
  const seen: Changes[] = [];
  venue.outbox.onFlush((changes) => seen.push(changes));
  let nonce = clock.now();

  const act = (privateKey: string, action: ExchangeAction, ownNonce?: number): ExchangeAnswer => {
    nonce += 1;
    const request = { action, nonce: ownNonce ?? nonce, network: 'Testnet' as const, privateKey };
    return executeExchange(venue, signExchange(request));
  };
  const statuses = (privateKey: string, action: ExchangeAction): readonly OrderStatusItem[] => {
    const answer = act(privateKey, action);
    if (answer.status !== 'ok' || answer.response.type !== 'order') throw new Error(JSON.stringify(answer));
    return answer.response.data.statuses;
  };
  const market = (assetId: number): Market => {
    const found = venue.markets[assetId];
    if (found === undefined) throw new RangeError(`no market ${assetId}`);
    return found;
  };
  return {
    ...engine,
    clock,
    act,
    statuses,
    /** Places orders on ETH and gives their statuses. */
    place: (privateKey: string, orders: readonly OrderWire[], grouping: Grouping = 'na') =>
      statuses(privateKey, { type: 'order', orders: [...orders], grouping }),
    /** Holds a market at a price (USD text) and lets everything happen that follows. */
    holdAt: (price: string, assetId = ETH) => {
      const held = market(assetId);
      const ticks = parsePx(held.asset, price);
      if (ticks === undefined) throw new RangeError(price);
      engine.hold(held, { price: ticks, spread: 10n });
      engine.updateContexts();
    },
    pass: async (ms: number) => {
      await clock.advance(ms);
      engine.block();
      engine.updateContexts();
    },
    state: (user: string) => answerInfo(venue, { type: 'clearinghouseState', user }) as ClearinghouseState,
    fills: (user: string) => answerInfo(venue, { type: 'userFills', user }) as UserFill[],
    frontendOrders: (user: string) => answerInfo(venue, { type: 'frontendOpenOrders', user }) as FrontendOrder[],
    statusOf: (oid: number) => venue.orders.get(oid)?.status,
    /** Everything of one kind that an account was told. */
    told: <K extends keyof UserChanges>(user: string, kind: K): UserChanges[K][number][] =>
      seen.flatMap((changes) => [...(changes.users.get(user)?.[kind] ?? [])]),
  };
}

type Grouping = 'na' | 'normalTpsl' | 'positionTpsl';

interface OrderParts {
  readonly isBuy: boolean;
  readonly price: string;
  readonly size: string;
  readonly asset?: number;
  readonly isReduceOnly?: boolean;
}

/** A limit order on ETH. */
export const limit = (order: OrderParts & { readonly tif?: 'Gtc' | 'Ioc' | 'Alo' }): OrderWire => ({
  a: order.asset ?? ETH,
  b: order.isBuy,
  p: order.price,
  s: order.size,
  r: order.isReduceOnly ?? false,
  t: { limit: { tif: order.tif ?? 'Gtc' } },
});

/** A trigger order on ETH; reduce-only and at the market unless told otherwise. */
export const trigger = (
  order: Omit<OrderParts, 'price'> & {
    readonly at: string;
    readonly tpsl: 'tp' | 'sl';
    readonly price?: string;
    readonly isMarket?: boolean;
  },
): OrderWire => ({
  a: order.asset ?? ETH,
  b: order.isBuy,
  p: order.price ?? order.at,
  s: order.size,
  r: order.isReduceOnly ?? true,
  t: { trigger: { isMarket: order.isMarket ?? true, triggerPx: order.at, tpsl: order.tpsl } },
});

/** The oid of an order that rests or filled. */
export function oidOf(item: OrderStatusItem | undefined): number {
  if (typeof item === 'object' && 'resting' in item) return item.resting.oid;
  if (typeof item === 'object' && 'filled' in item) return item.filled.oid;
  throw new Error(`no oid in ${JSON.stringify(item)}`);
}
