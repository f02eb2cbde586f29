/** What each subscription gets: its first frames, and frames when something changes. */
import type { Subscription, SubscriptionOf, WsUserFunding } from '@perps/contracts/hyperliquid';
import { createAccount, type Account } from './accounts.ts';
import { userFills, userTwapSliceFills } from './info/account-history.ts';
import { activeAssetData, clearinghouseState } from './info/account-state.ts';
import { answerInfo, webData2 } from './info/index.ts';
import { allMids, contexts, l2Book } from './info/market-data.ts';
import { wireLevel, type Market } from './market.ts';
import { frontendOrdersWire, historicalOrderWire, orderUpdateWire } from './order-wire.ts';
import { twapStates } from './twap.ts';
import { SPOT_CONTEXTS } from './universe.ts';
import { marketOfCoin, type Venue } from './venue.ts';

export interface Frame {
  readonly channel: string;
  readonly data: unknown;
}

/** The default dex's name in frames that carry one. */
const DEX = '';

const look = (venue: Venue, user: string): Account => venue.accounts.get(user) ?? createAccount(user);

/** Whether the venue can serve it at all. */
export function isServable(venue: Venue, subscription: Subscription): boolean {
  return !('coin' in subscription) || marketOfCoin(venue, subscription.coin) !== undefined;
}

/** Frames that follow the acknowledgement at once. */
export function firstFrames(venue: Venue, subscription: Subscription): readonly Frame[] {
  if (subscription.type === 'trades') {
    const trades = marketOfCoin(venue, subscription.coin)?.trades ?? [];
    return trades.length === 0 ? [] : [{ channel: 'trades', data: [...trades] }];
  }
  const data = 'user' in subscription ? userSnapshot(venue, subscription) : marketPicture(venue, subscription);
  return data === undefined ? [] : [data];
}

type MarketSubscription = Exclude<Subscription, { user: string }>;
type UserSubscription = Extract<Subscription, { user: string }>;

/** The present state of a market stream; undefined where there is nothing to show. */
export function marketPicture(venue: Venue, subscription: MarketSubscription): Frame | undefined {
  const frame = (data: unknown): Frame => ({ channel: subscription.type, data });
  switch (subscription.type) {
    case 'allMids':
      return frame({ mids: allMids(venue) });
    case 'assetCtxs':
      return frame({ dex: DEX, ctxs: contexts(venue) });
    case 'allDexsAssetCtxs':
      return frame({ ctxs: [[DEX, contexts(venue)]] });
    case 'fastAssetCtxs':
      return frame(fastContexts(venue));
    case 'spotAssetCtxs':
      return frame(SPOT_CONTEXTS);
    case 'l2Book':
    case 'bbo':
    case 'candle':
    case 'activeAssetCtx':
    case 'trades': {
      const market = marketOfCoin(venue, subscription.coin);
      return market === undefined ? undefined : coinPicture(venue, market, subscription);
    }
  }
}

function fastContexts(venue: Venue): Readonly<Record<string, unknown>> {
  const all = contexts(venue);
  return Object.fromEntries(venue.markets.map((market, index) => [market.asset.name, all[index]]));
}

type CoinSubscription = Extract<MarketSubscription, { coin: string }>;
const FAST_LEVELS = 5;

function coinPicture(venue: Venue, market: Market, subscription: CoinSubscription): Frame | undefined {
  const { type } = subscription;
  switch (type) {
    case 'l2Book':
      return { channel: type, data: bookData(market, subscription) };
    case 'bbo':
      return { channel: type, data: bboData(market) };
    case 'candle': {
      const row = market.candles.latest(subscription.interval);
      return row === undefined ? undefined : { channel: type, data: row };
    }
    case 'activeAssetCtx': {
      const ctx = contexts(venue)[market.asset.id];
      return { channel: type, data: { coin: market.asset.name, ctx } };
    }
    case 'trades':
      return undefined;
  }
}

function bookData(market: Market, subscription: SubscriptionOf<'l2Book'>): unknown {
  const book = l2Book(market, subscription);
  if (subscription.fast !== true) return book;
  const [bids, asks] = book.levels;
  return { ...book, levels: [bids.slice(0, FAST_LEVELS), asks.slice(0, FAST_LEVELS)] };
}

function bboData(market: Market): unknown {
  const side = (which: 'B' | 'A'): unknown => {
    const level = market.book.best(which);
    return level === undefined ? null : wireLevel(market.asset, level);
  };
  return { coin: market.asset.name, time: market.time, bbo: [side('B'), side('A')] };
}

/** Present state and history of an account stream; undefined for streams that only tell news. */
export function userSnapshot(venue: Venue, subscription: UserSubscription): Frame | undefined {
  const { user, type } = subscription;
  const frame = (data: unknown): Frame => ({ channel: type, data });
  switch (type) {
    case 'userFills':
      return frame({
        user,
        fills: userFills(look(venue, user), subscription.aggregateByTime === true),
        isSnapshot: true,
      });
    case 'orderUpdates': {
      const open = venue.orders.open(user);
      return open.length === 0 ? undefined : frame(open.map(orderUpdateWire));
    }
    case 'userFundings':
      return frame({ user, fundings: fundings(look(venue, user)), isSnapshot: true });
    case 'userNonFundingLedgerUpdates':
      return frame({ user, nonFundingLedgerUpdates: look(venue, user).ledger, isSnapshot: true });
    case 'userHistoricalOrders':
      return frame({ user, orderHistory: historicalOrders(venue, user), isSnapshot: true });
    case 'userTwapHistory':
      return frame({ user, history: look(venue, user).twapHistory.toReversed(), isSnapshot: true });
    case 'userTwapSliceFills':
      return frame({ user, twapSliceFills: userTwapSliceFills(look(venue, user), undefined), isSnapshot: true });
    case 'userEvents':
    case 'notification':
      return undefined;
    default:
      return userState(venue, subscription);
  }
}

const FUNDING_ROWS_MAX = 500;

/** The stream's rows are flat. */
const fundings = (account: Account): readonly WsUserFunding[] =>
  account.fundings.slice(-FUNDING_ROWS_MAX).map(({ time, delta: { type: _, ...delta } }) => ({ time, ...delta }));

const HISTORY_ROWS_MAX = 2_000;
const historicalOrders = (venue: Venue, user: string): unknown[] =>
  venue.orders
    .ofUser(user)
    .slice(0, HISTORY_ROWS_MAX)
    .map((order) => historicalOrderWire(venue.orders, order));

export type StateSubscription = Extract<
  UserSubscription,
  {
    type:
      | 'clearinghouseState'
      | 'allDexsClearinghouseState'
      | 'openOrders'
      | 'activeAssetData'
      | 'webData2'
      | 'webData3'
      | 'spotState'
      | 'twapStates';
  }
>;

/** Streams that repeat the whole state after every change. */
export function userState(venue: Venue, subscription: StateSubscription): Frame | undefined {
  const { user, type } = subscription;
  const frame = (data: unknown): Frame => ({ channel: type, data });
  switch (type) {
    case 'clearinghouseState':
      return frame({ dex: DEX, user, clearinghouseState: clearinghouseState(venue, look(venue, user)) });
    case 'allDexsClearinghouseState':
      return frame({ user, clearinghouseStates: [[DEX, clearinghouseState(venue, look(venue, user))]] });
    case 'openOrders':
      // With their triggers, unlike the request of the same name.
      return frame({ dex: DEX, user, orders: frontendOrdersWire(venue.orders, user) });
    case 'activeAssetData': {
      const market = marketOfCoin(venue, subscription.coin);
      return market === undefined ? undefined : frame(activeAssetData(venue, look(venue, user), market));
    }
    case 'webData2':
      return frame(webData2(venue, user));
    case 'webData3':
      return frame(webData3(venue, user));
    case 'spotState':
      return frame({ user, spotState: answerInfo(venue, { type: 'spotClearinghouseState', user }) });
    case 'twapStates':
      return frame({ dex: DEX, user, states: twapStates(venue, user) });
  }
}

function webData3(venue: Venue, user: string): unknown {
  const account = look(venue, user);
  const agent = account.agents.find(({ name }) => name === '');
  return {
    userState: {
      abstraction: 'default',
      agentAddress: agent?.address ?? null,
      agentValidUntil: agent?.validUntil ?? null,
      cumLedger: '0.0',
      serverTime: venue.clock.now(),
      isVault: false,
      user,
    },
    perpDexStates: [{ totalVaultEquity: '0.0' }],
  };
}
