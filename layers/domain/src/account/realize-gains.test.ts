import { describe, expect, it } from '@jest/globals';
import { size, usd } from '../money/index.ts';
import { BTC, context, dollars, ETH, funded, market, NOW, order } from '../testing/index.ts';
import { type AccountState, accountDecider, type Position } from './index.ts';

const cross: Omit<Position, 'positionId' | 'symbol' | 'size' | 'entryNotional'> = {
  route: 'INTERNAL',
  marginMode: 'cross',
  leverage: 10,
  isolatedMargin: usd(0n),
  openedAt: NOW,
  fundingIndex: 0n,
  fundingPaid: usd(0n),
};
/** Long 0.1 BTC at 100,000, and long 10 ETH at 4,000. */
const btc: Position = {
  ...cross,
  positionId: 'p1',
  symbol: 'BTC',
  size: size(10_000n),
  entryNotional: dollars('10000'),
};
const eth: Position = {
  ...cross,
  positionId: 'p2',
  symbol: 'ETH',
  size: size(100_000n),
  entryNotional: dollars('40000'),
};

const holding = (wallet: string): AccountState => ({
  ...funded(wallet),
  positions: { 'BTC:INTERNAL': btc, 'ETH:INTERNAL': eth },
});

/** BTC lost 1,000 of value, ETH won 2,000. */
const moved = context({
  markets: { BTC: market(BTC, { mark: '90000' }), ETH: market(ETH, { mark: '4200' }) },
  fees: { taker: 0, maker: 0, builder: 0 },
});

function sell(state: AccountState): {
  readonly state: AccountState;
  readonly types: readonly string[];
  readonly badDebt: bigint;
} {
  const orders = [order({ side: 'sell', size: '0.1', limit: '87300', reduceOnly: true })];
  const command = {
    type: 'PlaceOrders',
    commandId: 'c',
    accountId: 'u1',
    at: NOW,
    receivedAt: NOW,
    orders,
    context: moved,
  } as const;
  const decision = accountDecider.decide(state, command);
  const events = decision.outcome === 'accepted' ? decision.events : [];
  const transfers = events.flatMap((event) => ('transfers' in event ? event.transfers : []));
  const debts = transfers.filter(({ type }) => type === 'bad-debt').flatMap(({ postings }) => postings);
  return {
    state: events.reduce(accountDecider.evolve, state),
    types: events.map(({ type }) => type),
    badDebt: debts.reduce((sum, posting) => ('platform' in posting ? sum - posting.amount : sum), 0n),
  };
}

const equityOf = ({ wallet, positions }: AccountState): bigint => {
  const held = Object.values(positions);
  const value = { BTC: 900_000n, ETH: 420_000n } as Readonly<Record<string, bigint>>;
  return held.reduce(
    (sum, { symbol, size: lots, entryNotional }) => sum + lots * (value[symbol] ?? 0n) - entryNotional,
    wallet as bigint,
  );
};

describe('a loss beyond the wallet', () => {
  it('is paid out of the floating gains of the same account: no bad debt, the same equity', () => {
    const before = holding('300');
    const { state, types, badDebt } = sell(before);
    expect(types).toEqual(['OrderPlaced', 'GainsRealized', 'OrderFilled', 'OrderEnded']);
    expect(badDebt).toBe(0n);
    expect(state.wallet).toBe(0n);
    // 700 of the gain of 2,000 are money now: the entry stands that much higher, the size as it was.
    expect(state.positions['ETH:INTERNAL']).toEqual({ ...eth, entryNotional: dollars('40700') });
    expect(equityOf(state)).toBe(equityOf(before));
  });

  it('touches no gain while the wallet can pay', () => {
    const { state, types } = sell(holding('1000'));
    expect(types).not.toContain('GainsRealized');
    expect(state.positions['ETH:INTERNAL']).toEqual(eth);
  });

  it('is bad debt only beyond all gains, and never touches isolated positions', () => {
    const isolated = { ...eth, marginMode: 'isolated' as const, isolatedMargin: dollars('4000') };
    const { state, badDebt } = sell({
      ...holding('300'),
      positions: { 'BTC:INTERNAL': btc, 'ETH:INTERNAL': isolated },
    });
    expect(badDebt).toBe(dollars('700'));
    expect(state.positions['ETH:INTERNAL']).toEqual(isolated);
  });
});
