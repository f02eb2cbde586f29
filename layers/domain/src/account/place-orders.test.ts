import { describe, expect, it } from '@jest/globals';
import { accountDecider, type AccountEvent, type AccountState, decideAccount, type Position } from './index.ts';
import {
  BTC,
  context,
  dollars,
  ETH,
  funded,
  given,
  market,
  NOW,
  order,
  type OrderText,
  OWNER,
  place,
  POLICY,
  priceOf,
  sizeOf,
  text,
} from '../testing/index.ts';
import type { DecisionContext } from './index.ts';

const from = (state: AccountState) => given({ ...accountDecider, initialState: state }, []);
const decide = (state: AccountState, words: OrderText, over: Partial<DecisionContext> = {}) => {
  const command = place([words], over);
  from(state).when(command);
  const { events, result } = decideAccount(state, command);
  const after = events.reduce(accountDecider.evolve, state);
  if (result.kind !== 'orders') throw new Error(result.kind);
  return { events, outcome: result.orders[0]!, after };
};
const refusal = (state: AccountState, words: OrderText, over: Partial<DecisionContext> = {}) => {
  const { events, outcome } = decide(state, words, over);
  expect(events).toEqual([]);
  return outcome.status === 'refused' ? outcome.rejection.reason : outcome.status;
};
const position = (
  words: Partial<Position> & Pick<Position, 'symbol' | 'route' | 'size' | 'entryNotional'>,
): Position => ({
  positionId: `p-${words.symbol}-${words.route}`,
  marginMode: 'cross',
  leverage: 10,
  isolatedMargin: dollars('0'),
  openedAt: NOW,
  fundingIndex: 0n,
  fundingPaid: dollars('0'),
  ...words,
});
const holding = (state: AccountState, ...positions: readonly Position[]): AccountState => ({
  ...state,
  positions: Object.fromEntries(positions.map((held) => [`${held.symbol}:${held.route}`, held])),
});
const leverage = (state: AccountState, symbol: string, marginMode: 'cross' | 'isolated', of: number): AccountState => ({
  ...state,
  leverage: { ...state.leverage, [symbol]: { marginMode, leverage: of } },
});
const typesOf = (events: readonly AccountEvent[]) => events.map(({ type }) => type);

describe('an order that stays INTERNAL', () => {
  it('SC-RT-001 fills at best ask, locks isolated margin at the fill price, books the fee', () => {
    const state = leverage(funded('1000'), 'BTC', 'isolated', 10);
    const { events, outcome, after } = decide(state, { side: 'buy', size: '0.05', limit: '105000' });
    expect(typesOf(events)).toEqual(['OrderPlaced', 'OrderFilled', 'OrderEnded']);
    expect(outcome).toMatchObject({ status: 'filled', filledSize: 5_000n, averagePrice: 1_000_000n });
    // Fee 5,000 × 6.5 bp = 3.25; wallet 1,000 − 500 − 3.25.
    expect(text(after.wallet)).toBe('496.75');
    expect(after.positions['BTC:INTERNAL']).toMatchObject({ size: 5_000n, isolatedMargin: dollars('500') });
    expect(after.orders).toEqual([]);
    expect(events[0]).toMatchObject({
      order: { legs: [{ route: 'INTERNAL', decision: { reason: 'within_threshold' } }] },
    });
  });

  it('averages, then reduces with the exact cash, the displayed PnL and the 80/20 split of a loss', () => {
    const open = decide(funded('5000'), { side: 'buy', size: '0.02', limit: '105000' }).after;
    const markets = { ...context().markets, BTC: market(BTC, { mark: '101000' }) };
    const more = decide(open, { side: 'buy', size: '0.01', limit: '106000' }, { markets }).after;
    // (2,000 + 1,010) / 0.03.
    expect(more.positions['BTC:INTERNAL']).toMatchObject({ size: 3_000n, entryNotional: dollars('3010') });
    const down = { ...context().markets, BTC: market(BTC, { mark: '99000' }) };
    const { events } = decide(more, { side: 'sell', size: '0.015', limit: '95000' }, { markets: down });
    const fill = events.find((event) => event.type === 'OrderFilled');
    // Cash: 1,485 − 1,505 = −20. Shown: 99,000 − 100,333.3 (truncated) over 0.015 = −19.9995.
    expect(fill).toMatchObject({ closedPnl: dollars('-19.9995'), position: { entryNotional: dollars('1505') } });
    expect(fill?.transfers[0]?.postings).toEqual([
      { pot: 'wallet', amount: dollars('-20') },
      { platform: 'bbook-pnl', amount: dollars('16') },
      { platform: 'risk-reserve', amount: dollars('4') },
    ]);
  });

  it('flips on one route: the old entry is settled, the rest opens at the fill', () => {
    const state = holding(
      funded('5000'),
      position({ symbol: 'BTC', route: 'INTERNAL', size: sizeOf('0.02', 5), entryNotional: dollars('1900') }),
    );
    const { after, events } = decide(state, { side: 'sell', size: '0.05', limit: '95000' });
    expect(after.positions['BTC:INTERNAL']).toMatchObject({ size: -3_000n, entryNotional: dollars('3000') });
    expect(after.positions['BTC:INTERNAL']?.positionId).not.toBe('p-BTC-INTERNAL');
    // +100 realised, fee 5,000 × 6.5 bp.
    expect(text(after.wallet)).toBe('5096.75');
    expect(events[1]).toMatchObject({ startSize: 2_000n, closedPnl: dollars('100'), openedNotional: dollars('3000') });
  });

  it('pays a loss beyond an isolated margin from bad-debt, never from below zero', () => {
    const state = holding(
      funded('100'),
      position({
        symbol: 'BTC',
        route: 'INTERNAL',
        size: sizeOf('0.01', 5),
        entryNotional: dollars('1200'),
        marginMode: 'isolated',
        isolatedMargin: dollars('120'),
      }),
    );
    const { after, events } = decide(state, { side: 'sell', size: '0.01', limit: '95000' });
    expect(text(after.wallet)).toBe('99.35');
    const fill = events.find((event) => event.type === 'OrderFilled');
    expect(fill?.transfers[0]).toMatchObject({
      type: 'bad-debt',
      postings: [{ amount: dollars('-80') }, { amount: dollars('80') }],
    });
  });

  it('rests a limit beyond the bbo with margin and taker fee set aside', () => {
    const state = leverage(funded('1000'), 'BTC', 'cross', 10);
    const { after, outcome } = decide(state, { side: 'buy', size: '0.05', limit: '90000', tif: 'GTC' });
    expect(outcome.status).toBe('resting');
    // 4,500 / 10 + 4,500 × 6.5 bp.
    expect(text(after.orders[0]!.orderMargin)).toBe('452.925');
    expect(text(after.wallet)).toBe('1000.0');
  });

  it('fills a marketable GTC at the better of limit and book', () => {
    const { outcome } = decide(funded('10000'), { side: 'sell', size: '0.05', limit: '99000', tif: 'GTC' });
    expect(outcome).toMatchObject({ status: 'filled', averagePrice: priceOf('100000', 5) });
  });
});

describe('an order for the venue', () => {
  it('SC-RT-002 is requested, plain, with cloid, nonce and expiry; its margin is set aside', () => {
    const state = leverage(funded('5000'), 'ETH', 'cross', 5);
    const { events, outcome, after } = decide(state, { symbol: 'ETH', side: 'buy', size: '5', limit: '4100' });
    expect(typesOf(events)).toEqual(['OrderPlaced', 'VenueOrderRequested']);
    expect(outcome).toEqual({ status: 'pending', orderId: 64 });
    expect(events[1]).toMatchObject({
      request: { symbol: 'ETH', assetId: 1, size: 50_000n, timeInForce: 'IOC', nonce: NOW, expiresAfter: NOW + 5_000 },
    });
    // 20,500 / 5 + 20,500 × 6.5 bp.
    expect(text(after.orders[0]!.orderMargin)).toBe('4113.325');
  });

  it('SC-RT-003 two routes are two positions of one symbol', () => {
    const first = decide(funded('5000'), { side: 'buy', size: '0.05', limit: '105000' }).after;
    const { events } = decide(
      first,
      { side: 'buy', size: '0.15', limit: '105000' },
      { ids: { nextOrderId: 128, nextTradeId: 128, shard: 0 } },
    );
    expect(typesOf(events)).toEqual(['OrderPlaced', 'VenueOrderRequested']);
  });

  it('divides a reduce over both routes, INTERNAL first; the rest opens by its own size', () => {
    const state = holding(
      funded('50000'),
      position({ symbol: 'BTC', route: 'INTERNAL', size: sizeOf('0.05', 5), entryNotional: dollars('5000') }),
      position({ symbol: 'BTC', route: 'HYPERLIQUID', size: sizeOf('0.2', 5), entryNotional: dollars('20000') }),
    );
    const { events } = decide(state, { side: 'sell', size: '0.3', limit: '95000' });
    expect(events[0]).toMatchObject({
      order: {
        legs: [
          // 0.05 closes; 0.05 opens for $5,000: within the threshold.
          { route: 'INTERNAL', size: 10_000n, openingSize: 5_000n, decision: { reason: 'within_threshold' } },
          { route: 'HYPERLIQUID', size: 20_000n, decision: { reason: 'closes_hyperliquid_position' } },
        ],
      },
    });
  });

  it('never closes one venue position twice while the first order is undecided', () => {
    const held = position({
      symbol: 'ETH',
      route: 'HYPERLIQUID',
      size: sizeOf('5', 4),
      entryNotional: dollars('20000'),
    });
    const once = decide(holding(funded('50000'), held), {
      symbol: 'ETH',
      side: 'sell',
      size: '5',
      limit: '3900',
    }).after;
    expect(refusal(once, { symbol: 'ETH', side: 'sell', size: '5', limit: '3900', reduceOnly: true })).toBe(
      'ReduceOnlyWouldIncrease',
    );
  });

  it('is refused, not internalised, when the venue takes no opens; a close still goes', () => {
    const venue = { ...context().venue, isAvailable: false, reason: 'account margin' };
    expect(refusal(funded('50000'), { symbol: 'ETH', side: 'buy', size: '5', limit: '4100' }, { venue })).toBe(
      'VenueUnavailable',
    );
    const held = position({
      symbol: 'ETH',
      route: 'HYPERLIQUID',
      size: sizeOf('5', 4),
      entryNotional: dollars('20000'),
    });
    const { outcome } = decide(
      holding(funded('50000'), held),
      { symbol: 'ETH', side: 'sell', size: '5', limit: '3900' },
      { venue },
    );
    expect(outcome.status).toBe('pending');
  });
});

describe('refusals, in the order in which they win', () => {
  const rich = funded('1000000');
  const buy: OrderText = { side: 'buy', size: '0.01', limit: '105000' };
  const withPolicy = (over: Partial<typeof POLICY>) => ({ policy: { ...POLICY, ...over } });
  const withMarket = (over: Parameters<typeof market>[2]) => ({
    markets: { ...context().markets, BTC: market(BTC, { mark: '100000' }, over) },
  });

  it.each<readonly [string, AccountState, OrderText, Partial<DecisionContext>]>([
    ['UnknownSymbol', rich, { ...buy, symbol: 'DOGE', size: '0', limit: '0' }, {}],
    ['UnknownSymbol', rich, buy, withMarket({ instrument: { ...BTC, isDelisted: true } })],
    ['TradingHalted', rich, { ...buy, size: '0', limit: '0' }, withPolicy({ tradingState: 'HALTED' })],
    ['MarketDataUnavailable', rich, { ...buy, size: '0' }, withMarket({ markAgeMs: 60_000 })],
    ['InvalidPrice', rich, { ...buy, size: '0', limit: '0' }, {}],
    ['ZeroSize', rich, { ...buy, size: '0', limit: '100000.5' }, {}],
    ['InvalidSize', rich, { ...buy, size: '-1', limit: '100000.5' }, {}],
    ['TickSize', rich, { ...buy, size: '0.00001', limit: '100000.5' }, {}],
    ['PriceTooFar', rich, { ...buy, limit: '180001', reduceOnly: true }, {}],
    ['PriceTooFar', rich, { ...buy, side: 'sell', limit: '19999', reduceOnly: true }, {}],
    ['ReduceOnlyWouldIncrease', rich, { ...buy, size: '0.00001', reduceOnly: true }, {}],
    ['MinimumValue', rich, { ...buy, size: '0.00009', limit: '100000' }, withPolicy({ tradingState: 'REDUCING' })],
    ['OnlyReducing', funded('0'), buy, withPolicy({ tradingState: 'REDUCING' })],
    ['NothingToMatch', funded('0'), { ...buy, limit: '99000' }, {}],
    ['PostOnlyWouldMatch', funded('0'), { ...buy, limit: '100000', tif: 'ALO' }, {}],
    ['NoLiquidity', funded('0'), buy, withMarket({ bbo: { bid: undefined, ask: undefined } })],
    ['InsufficientMargin', funded('50'), buy, {}],
  ])('%s', (reason, state, words, over) => {
    expect(refusal(state, words, over)).toBe(reason);
  });

  it('refuses a cloid that is live, and takes it again afterwards', () => {
    const resting = decide(rich, { ...buy, limit: '90000', tif: 'GTC', cloid: '0x01' }).after;
    expect(refusal(resting, { ...buy, cloid: '0x01' })).toBe('DuplicateCloid');
    const filled = decide(rich, { ...buy, cloid: '0x01' }).after;
    expect(decide(filled, { ...buy, cloid: '0x01' }).outcome.status).toBe('filled');
  });

  it('opens at exactly the margin and fee that are there, and not a millionth below', () => {
    const state = (wallet: string) => leverage(funded(wallet), 'BTC', 'cross', 10);
    // 1,000 / 10 + 1,000 × 6.5 bp = 100.65.
    expect(decide(state('100.65'), buy).outcome.status).toBe('filled');
    expect(refusal(state('100.649999'), buy)).toBe('InsufficientMargin');
  });

  it('lets a remainder under the minimum value close whole', () => {
    const dust = position({
      symbol: 'BTC',
      route: 'INTERNAL',
      size: sizeOf('0.00005', 5),
      entryNotional: dollars('5'),
    });
    const close: OrderText = { side: 'sell', size: '0.00005', limit: '95000', reduceOnly: true };
    expect(decide(holding(funded('1'), dust), close).outcome.status).toBe('filled');
    expect(refusal(holding(funded('1'), dust), { ...close, size: '0.00004' })).toBe('MinimumValue');
  });

  it('shrinks a reduce-only order to the position', () => {
    const held = position({
      symbol: 'BTC',
      route: 'INTERNAL',
      size: sizeOf('0.02', 5),
      entryNotional: dollars('2000'),
    });
    const { outcome, after } = decide(holding(funded('100'), held), {
      side: 'sell',
      size: '0.05',
      limit: '95000',
      reduceOnly: true,
    });
    expect(outcome).toMatchObject({ status: 'filled', filledSize: 2_000n });
    expect(after.positions).toEqual({});
  });

  it('caps open orders', () => {
    const resting = decide(rich, { ...buy, limit: '90000', tif: 'GTC' }).after;
    const many = Array.from({ length: 1_000 }, (_, index) => ({
      ...resting.orders[0]!,
      orderId: index,
      orderMargin: dollars('0'),
    }));
    expect(refusal({ ...rich, orders: many }, buy)).toBe('TooManyOpenOrders');
  });
});

describe('signed actions', () => {
  const signed = (signer: string, nonce: number) => ({
    ...place([]),
    orders: [order({ side: 'buy', size: '0', limit: '1' })],
    signed: { signer, nonce, hash: '0x1' },
  });

  it('consume the nonce also when refused, but not of an unknown signer', () => {
    const { events } = decideAccount(funded('1'), signed(OWNER, NOW));
    expect(typesOf(events)).toEqual(['ActionSigned']);
    from(funded('1')).when(signed('0xstranger', NOW)).thenRejected('UnknownSigner');
    const after = from(funded('1')).when(signed(OWNER, NOW)).state;
    from(after).when(signed(OWNER, NOW)).thenRejected('DuplicateNonce');
    from(after)
      .when(signed(OWNER, NOW - 172_800_000))
      .thenRejected('NonceTooLow');
    from(after)
      .when(signed(OWNER, NOW + 86_400_000))
      .thenRejected('NonceTooHigh');
  });

  it('take an agent until it expires, for what an agent may do', () => {
    const agent = { address: '0xagent', name: 'bot', validUntil: NOW + 1 };
    const state = accountDecider.evolve(funded('1'), { type: 'AgentApproved', agent, replaced: undefined });
    from(state).when(signed('0xagent', NOW)).thenTypes('ActionSigned');
    from(state)
      .when({ ...signed('0xagent', NOW), at: NOW + 1 })
      .thenRejected('UnknownSigner');
    const { commandId, accountId, at, receivedAt } = place([]);
    const raise = {
      type: 'ApproveAgent' as const,
      commandId,
      accountId,
      at,
      receivedAt,
      agent: { ...agent, name: 'other' },
    };
    from(state)
      .when({ ...raise, signed: { signer: '0xagent', nonce: NOW, hash: '0x2' } })
      .thenRejected('UnknownSigner');
  });

  it('bound agents: three named, one unnamed, no key twice', () => {
    const { commandId, accountId, at, receivedAt } = place([]);
    const approve = (name: string, address: string, validUntil = NOW + 10) => ({
      type: 'ApproveAgent' as const,
      commandId,
      accountId,
      at,
      receivedAt,
      agent: { name, address, validUntil },
    });
    let state = funded('1');
    for (const [name, address] of [
      ['', '0x0a'],
      ['a', '0x0b'],
      ['b', '0x0c'],
      ['c', '0x0d'],
    ] as const) {
      state = from(state).when(approve(name, address)).thenTypes('AgentApproved');
    }
    from(state).when(approve('d', '0x0e')).thenRejected('TooManyAgents');
    from(state).when(approve('a', '0x0c')).thenRejected('AgentInUse');
    from(state)
      .when(approve('a', '0x0f', NOW))
      .thenRejected('AgentExpired');
    const replaced = from(state).when(approve('a', '0x0f')).thenTypes('AgentApproved');
    expect(replaced.agents.map(({ address }) => address)).toEqual(['0x0a', '0x0c', '0x0d', '0x0f']);
    const revoked = from(replaced)
      .when(approve('b', `0x${'0'.repeat(40)}`))
      .thenTypes('AgentRevoked');
    expect(revoked.agents).toHaveLength(3);
  });
});

it('ETH fixtures keep to the tick', () => {
  expect(market(ETH, { mark: '4000' }).markPrice).toBe(400_000n);
});
