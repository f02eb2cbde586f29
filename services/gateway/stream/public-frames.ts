/** Channels about the market: what each shows, and what makes it change. */
import { isSupportedAggregation, type Subscription } from '@perps/contracts/hyperliquid';
import type { MarketCache } from '../market/market-cache.ts';
import { toBbo, toL2Book } from '../wire/market.ts';
import { frameOf } from './subscriber.ts';

/** Whether the channel is about the market, and its market exists. */
export function isAbout(subscription: Subscription, markets: MarketCache): boolean {
  switch (subscription.type) {
    case 'allMids':
    case 'assetCtxs':
      return (subscription.dex ?? '') === '';
    case 'allDexsAssetCtxs':
    case 'fastAssetCtxs':
    case 'spotAssetCtxs':
      return true;
    case 'l2Book':
      return markets.instrument(subscription.coin) !== undefined && isSupportedAggregation(subscription);
    case 'bbo':
    case 'trades':
    case 'candle':
    case 'activeAssetCtx':
      return markets.instrument(subscription.coin) !== undefined;
    default:
      return false;
  }
}

/** What changes a channel's picture: `bbo:BTC`, `candle:BTC:1m`, `mids`, `contexts`. */
export function sourcesOf(subscription: Subscription): readonly string[] {
  switch (subscription.type) {
    case 'allMids':
      return ['mids'];
    case 'assetCtxs':
    case 'allDexsAssetCtxs':
    case 'fastAssetCtxs':
      return ['contexts'];
    case 'l2Book':
      return [`book:${subscription.coin}`];
    case 'bbo':
      return [`bbo:${subscription.coin}`];
    case 'trades':
      return [`trades:${subscription.coin}`];
    case 'candle':
      return [`candle:${subscription.coin}:${subscription.interval}`];
    case 'activeAssetCtx':
      return [`context:${subscription.coin}`];
    default:
      return [];
  }
}

/** The topic's picture as it is now; undefined while there is none. */
export function buildFrame(subscription: Subscription, markets: MarketCache): string | undefined {
  switch (subscription.type) {
    case 'allMids':
      return frameOf('allMids', { mids: markets.mids() });
    case 'assetCtxs':
      return frameOf('assetCtxs', { dex: '', ctxs: markets.contexts() });
    case 'allDexsAssetCtxs':
    case 'fastAssetCtxs':
      return frameOf(subscription.type, { ctxs: [['', markets.contexts()]] });
    case 'spotAssetCtxs':
      return frameOf('spotAssetCtxs', []);
    case 'l2Book':
    case 'bbo':
    case 'trades':
    case 'candle':
    case 'activeAssetCtx':
      return coinFrame(subscription, markets);
    default:
      return undefined;
  }
}

type CoinSubscription = Extract<
  Subscription,
  { readonly type: 'l2Book' | 'bbo' | 'trades' | 'candle' | 'activeAssetCtx' }
>;

function coinFrame(subscription: CoinSubscription, markets: MarketCache): string | undefined {
  const data = coinData(subscription, markets);
  return data === undefined ? undefined : frameOf(subscription.type, data);
}

function coinData(subscription: CoinSubscription, markets: MarketCache): unknown {
  const { coin } = subscription;
  const instrument = markets.instrument(coin);
  if (instrument === undefined) return undefined;
  switch (subscription.type) {
    case 'l2Book': {
      const book = markets.book(coin);
      return book === undefined ? undefined : toL2Book(book, instrument, subscription);
    }
    case 'bbo': {
      const bbo = markets.bbo(coin);
      return bbo === undefined ? undefined : toBbo(bbo, instrument);
    }
    case 'trades': {
      const trades = markets.trades(coin);
      return trades.length === 0 ? undefined : trades;
    }
    case 'candle':
      return markets.candle(coin, subscription.interval);
    case 'activeAssetCtx': {
      const ctx = markets.context(coin);
      return ctx === undefined ? undefined : { coin, ctx };
    }
  }
}
