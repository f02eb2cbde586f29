/** Markets, policies and commands for tests; numbers are texts as a trader writes them. */
import {
  type AccountCommand,
  accountDecider,
  type AccountState,
  type DecisionContext,
  type OrderRequest,
  type VenueFill,
} from '../account/index.ts';
import { type Instrument, type MarketView } from '../market/index.ts';
import {
  formatUsd,
  parsePrice,
  parseSize,
  parseUsd,
  price,
  type Price,
  rate,
  size,
  type Size,
  usd,
  type Usd,
} from '../money/index.ts';
import { DEFAULT_ROUTING_POLICY, type RoutingPolicy } from '../routing/index.ts';

export const NOW = 1_763_719_200_000;
export const OWNER = `0x${'aa'.repeat(20)}`;

export const dollars = (text: string): Usd => parseUsd(text) ?? usd(0n);
export const priceOf = (text: string, szDecimals: number): Price => parsePrice(text, szDecimals) ?? price(0n);
export const sizeOf = (text: string, szDecimals: number): Size => parseSize(text, szDecimals) ?? size(0n);
export const text = (amount: Usd): string => formatUsd(amount);

const instrument = (symbol: string, over: Partial<Instrument>): Instrument => ({
  symbol,
  assetId: 0,
  szDecimals: 5,
  maxLeverage: 40,
  marginTableId: 40,
  marginTiers: [],
  isDelisted: false,
  onlyIsolated: false,
  ...over,
});

export const BTC = instrument('BTC', {});
export const ETH = instrument('ETH', { assetId: 1, szDecimals: 4, maxLeverage: 25, marginTableId: 25 });
export const SOL = instrument('SOL', { assetId: 2, szDecimals: 2, maxLeverage: 20, marginTableId: 20 });

export interface Quote {
  readonly mark: string;
  readonly bid?: string;
  readonly ask?: string;
}

/** A fresh, liquid market: bid and ask stand at the mark where not told. */
export function market(of: Instrument, quote: Quote, over: Partial<MarketView> = {}): MarketView {
  const at = (value: string): Price => priceOf(value, of.szDecimals);
  const depth = sizeOf('1000', of.szDecimals);
  const bid = { price: at(quote.bid ?? quote.mark), size: depth };
  const ask = { price: at(quote.ask ?? quote.mark), size: depth };
  return {
    instrument: of,
    markPrice: at(quote.mark),
    oraclePrice: at(quote.mark),
    markAgeMs: 100,
    fundingRate: rate(12_500_000n),
    bbo: { bid, ask },
    bids: [bid],
    asks: [ask],
    quoteAgeMs: 20,
    latencyMs: 30,
    isPriceHeld: false,
    ...over,
  };
}

/** Spec 02's policy with BTC and ETH internalised; SOL goes to the venue. */
export const POLICY: RoutingPolicy = {
  ...DEFAULT_ROUTING_POLICY,
  version: 1,
  symbols: { BTC: { isInternalised: true }, ETH: { isInternalised: true } },
};

/** BTC at 100,000, ETH at 4,000, SOL at 200; the venue takes orders. */
export function context(over: Partial<DecisionContext> = {}): DecisionContext {
  return {
    markets: {
      BTC: market(BTC, { mark: '100000' }),
      ETH: market(ETH, { mark: '4000' }),
      SOL: market(SOL, { mark: '200' }),
    },
    funding: {},
    policy: POLICY,
    fees: { taker: 45, maker: 15, builder: 20 },
    exposure: { bySymbol: {}, total: usd(0n) },
    ids: { nextOrderId: 64, nextTradeId: 64, shard: 0 },
    venue: { isAvailable: true, nextNonce: NOW, slot: 0, expiresAfterMs: 5_000 },
    ...over,
  };
}

/** Numbers as texts; IOC at a limit 5 % beyond the mark unless told otherwise. */
export interface OrderText {
  readonly symbol?: string;
  readonly side: 'buy' | 'sell';
  readonly size: string;
  readonly limit: string;
  readonly tif?: OrderRequest['timeInForce'];
  readonly reduceOnly?: boolean;
  readonly cloid?: string;
}

const DECIMALS: Readonly<Record<string, number>> = { BTC: 5, ETH: 4, SOL: 2 };

export function order(words: OrderText): OrderRequest {
  const symbol = words.symbol ?? 'BTC';
  const decimals = DECIMALS[symbol] ?? 0;
  return {
    symbol,
    side: words.side,
    size: sizeOf(words.size, decimals),
    limitPrice: priceOf(words.limit, decimals),
    timeInForce: words.tif ?? 'IOC',
    reduceOnly: words.reduceOnly ?? false,
    ...(words.cloid === undefined ? {} : { cloid: words.cloid }),
  };
}

const base = { commandId: 'c1', accountId: 'u1', at: NOW, receivedAt: NOW };

export const place = (
  orders: readonly OrderText[],
  over: Partial<DecisionContext> = {},
): Extract<AccountCommand, { type: 'PlaceOrders' }> => ({
  ...base,
  type: 'PlaceOrders',
  orders: orders.map(order),
  context: context(over),
});

/** An open account with this much in its wallet. */
export function funded(amount: string): AccountState {
  const opened = accountDecider.evolve(accountDecider.initialState('u1'), { type: 'AccountOpened', owner: OWNER });
  return { ...opened, wallet: dollars(amount) };
}

export const venueFill = (
  words: { readonly tid: number; readonly price: string; readonly size: string; readonly fee: string },
  szDecimals: number,
): VenueFill => ({
  tid: words.tid,
  venueOrderId: 77,
  price: priceOf(words.price, szDecimals),
  size: sizeOf(words.size, szDecimals),
  fee: dollars(words.fee),
  liquidity: 'taker',
  time: NOW + 1,
  hash: '0xhash',
});
