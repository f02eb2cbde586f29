/** Complete events of funding and liquidations, for readers of the journal that need one of each. */
import type { AccountEvent, Position } from '../account/index.ts';
import { price, size, usd } from '../money/index.ts';
import { NOW } from './fixtures.ts';

type Fact<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>;

const POSITION: Position = {
  positionId: 'p1',
  symbol: 'BTC',
  route: 'INTERNAL',
  size: size(1_000n),
  entryNotional: usd(1_000_000_000n),
  marginMode: 'cross',
  leverage: 10,
  isolatedMargin: usd(0n),
  openedAt: NOW,
  fundingIndex: 12_000n,
  fundingPaid: usd(12_500n),
};

/** The shortest way to an open position. */
export const positionOpened = (): AccountEvent => ({
  type: 'LeverageUpdated',
  symbol: 'BTC',
  setting: { marginMode: 'cross', leverage: 10 },
  positions: [{ ...POSITION, fundingPaid: usd(0n) }],
  transfers: [],
});

/** A cross long of 0.01 BTC pays 0.0125 USD. */
export const fundingPosted = (over: Partial<Fact<'FundingPosted'>> = {}): Fact<'FundingPosted'> => ({
  type: 'FundingPosted',
  hour: NOW,
  payments: [
    {
      key: 'BTC:INTERNAL',
      positionId: 'p1',
      symbol: 'BTC',
      route: 'INTERNAL',
      size: size(1_000n),
      amount: usd(12_500n),
      fromIndex: 0n,
      toIndex: 12_000n,
      position: POSITION,
    },
  ],
  transfers: [
    {
      type: 'funding',
      ref: 'p1',
      postings: [
        { pot: 'wallet', amount: usd(-12_500n) },
        { platform: 'funding', amount: usd(12_500n) },
      ],
    },
  ],
  ...over,
});

/** The whole position closes at 95,000; the account has nothing left. */
export const liquidationStepped = (over: Partial<Fact<'LiquidationStepped'>> = {}): Fact<'LiquidationStepped'> => ({
  type: 'LiquidationStepped',
  scope: 'cross',
  liquidationId: 'l1',
  step: 1,
  positionId: 'p1',
  symbol: 'BTC',
  route: 'INTERNAL',
  size: size(1_000n),
  closedSize: size(1_000n),
  markPrice: price(950_000n),
  closePrice: price(949_900n),
  slippage: usd(-100_000n),
  pnl: usd(-50_100_000n),
  remainder: usd(0n),
  marginZeroed: usd(50_100_000n),
  badDebt: usd(0n),
  before: { equity: usd(10_000_000n), maintenance: usd(11_000_000n) },
  after: { equity: usd(10_000_000n), maintenance: usd(0n) },
  position: undefined,
  transfers: [
    {
      type: 'realized-pnl',
      ref: 'p1',
      postings: [
        { pot: 'wallet', amount: usd(-50_100_000n) },
        { platform: 'bbook-pnl', amount: usd(40_080_000n) },
        { platform: 'risk-reserve', amount: usd(10_020_000n) },
      ],
    },
  ],
  episode: undefined,
  ...over,
});
