/** Movements of an account's money in Hyperliquid's shapes: from the tables, and from the events of one commit. */
import type { AccountUpdate } from '@perps/contracts/engine';
import type {
  LedgerDelta,
  LedgerUpdate,
  UserFundingRow,
  WsUserEvent,
  WsUserFunding,
} from '@perps/contracts/hyperliquid';
import type { MarketView } from '@perps/domain/market';
import {
  absoluteNotional,
  formatDecimal,
  formatRate,
  formatSize,
  formatUsd,
  magnitude,
  notional,
  rate,
  size,
  usd,
  type Usd,
} from '@perps/domain/money';
import type { FundingSettlement, LedgerEntry, LiquidationStep } from '@perps/runtime/ports';
import type { InstrumentOf } from './orders.ts';

const ZERO_HASH = `0x${'0'.repeat(64)}`;
export const NOBODY = `0x${'0'.repeat(40)}`;

/** Decimals of funding rates on the wire. */
const RATE_PLACES = 10;

export interface WireMarkets {
  readonly instrument: InstrumentOf;
  view(symbol: string): MarketView | undefined;
}

/** What a posting says of itself, whether it comes from a table or from an event. */
export type Posting = Pick<FundingSettlement, 'at' | 'symbol' | 'size' | 'payment' | 'rate' | 'hours'>;

/** One row per time and coin: the routes of a coin are one position to the trader. Symbols that left are left out. */
export function toFundings(postings: readonly Posting[], markets: WireMarkets): WsUserFunding[] {
  const byCoin = new Map<string, Posting>();
  for (const posting of postings) {
    const key = `${posting.at}:${posting.symbol}`;
    const other = byCoin.get(key);
    byCoin.set(key, other === undefined ? posting : together(other, posting));
  }
  return [...byCoin.values()].flatMap((posting): WsUserFunding[] => {
    const instrument = markets.instrument(posting.symbol);
    if (instrument === undefined) return [];
    const { hours } = posting;
    return [
      {
        time: posting.at,
        coin: posting.symbol,
        usdc: formatUsd(posting.payment),
        szi: formatSize(posting.size, instrument.szDecimals),
        fundingRate: rateText(posting, markets.view(posting.symbol)),
        nSamples: hours === undefined || hours === 1 ? null : hours,
      },
    ];
  });
}

export const toFundingRow = ({ time, ...delta }: WsUserFunding): UserFundingRow => ({
  time,
  hash: ZERO_HASH,
  delta: { type: 'funding', ...delta },
});

const together = (left: Posting, right: Posting): Posting => ({
  ...left,
  size: size(left.size + right.size),
  payment: usd(left.payment + right.payment),
  rate: left.rate ?? right.rate,
  hours: left.hours ?? right.hours,
});

/** The hourly rate; where the row does not tell it, the one that makes the payment of the position at the oracle now. */
function rateText(posting: Posting, view: MarketView | undefined): string {
  if (posting.rate !== undefined) return formatRate(posting.rate);
  const value = view === undefined ? 0n : notional(view.oraclePrice, posting.size) * BigInt(posting.hours ?? 1);
  if (value === 0n) return formatRate(rate(0n));
  return formatDecimal((-posting.payment * 10n ** BigInt(RATE_PLACES)) / value, RATE_PLACES);
}

/** A deposit, withdrawal or adjustment; the venue has no adjustments: they are told as transfers with nobody. */
export function toLedgerUpdate({ at, type, amount }: LedgerEntry, user: string): LedgerUpdate {
  return { time: at, hash: ZERO_HASH, delta: externalDelta(type, amount, user) };
}

function externalDelta(type: LedgerEntry['type'], amount: Usd, user: string): LedgerDelta {
  const usdc = formatUsd(usd(amount < 0n ? -amount : amount));
  if (type === 'deposit') return { type, usdc };
  if (type === 'withdrawal') return { type: 'withdraw', usdc, nonce: 0, fee: '0.0' };
  const [from, to] = amount < 0n ? [user, NOBODY] : [NOBODY, user];
  return { type: 'internalTransfer', usdc, user: from, destination: to, fee: '0.0' };
}

type Liquidated = Pick<
  LiquidationStep,
  'at' | 'scope' | 'symbol' | 'size' | 'closedSize' | 'closePrice' | 'equityBefore'
>;

/** One row per step: what it closed, at the price it closed at. */
export function toLiquidationUpdate(step: Liquidated, instrumentOf: InstrumentOf): LedgerUpdate | undefined {
  const instrument = instrumentOf(step.symbol);
  if (instrument === undefined) return undefined;
  const closed = magnitude(step.closedSize);
  return {
    time: step.at,
    hash: ZERO_HASH,
    delta: {
      type: 'liquidation',
      liquidatedNtlPos: formatUsd(absoluteNotional(step.closePrice, closed)),
      accountValue: formatUsd(step.equityBefore),
      leverageType: step.scope === 'cross' ? 'Cross' : 'Isolated',
      liquidatedPositions: [
        { coin: step.symbol, szi: formatSize(step.size < 0n ? size(-closed) : closed, instrument.szDecimals) },
      ],
    },
  };
}

/** Funding of one commit. */
export function fundingsOf({ at, events }: AccountUpdate, markets: WireMarkets): WsUserFunding[] {
  const postings = events.flatMap((event): Posting[] =>
    event.type === 'FundingPosted'
      ? event.payments.map(({ symbol, size: lots, amount }) => ({
          at,
          symbol,
          size: lots,
          payment: usd(-amount),
          rate: undefined,
          hours: undefined,
        }))
      : [],
  );
  return toFundings(postings, markets);
}

type WsLiquidation = Extract<WsUserEvent, { readonly liquidation: unknown }>['liquidation'];

/** Steps of liquidations of one commit; whoever takes the other side has no name. */
export const liquidationsOf = ({ at, events }: AccountUpdate, user: string): readonly WsLiquidation[] =>
  events.flatMap((event): WsLiquidation[] =>
    event.type === 'LiquidationStepped'
      ? [
          {
            lid: at,
            liquidator: NOBODY,
            liquidated_user: user,
            liquidated_ntl_pos: formatUsd(absoluteNotional(event.closePrice, event.closedSize)),
            liquidated_account_value: formatUsd(event.before.equity),
          },
        ]
      : [],
  );

/** Deposits and liquidations of one commit. */
export function ledgerUpdatesOf({ at, events }: AccountUpdate, instrumentOf: InstrumentOf): LedgerUpdate[] {
  return events.flatMap((event): LedgerUpdate[] => {
    if (event.type === 'DepositCredited') {
      return [{ time: at, hash: ZERO_HASH, delta: { type: 'deposit', usdc: formatUsd(event.amount) } }];
    }
    if (event.type !== 'LiquidationStepped') return [];
    const update = toLiquidationUpdate({ ...event, at, equityBefore: event.before.equity }, instrumentOf);
    return update === undefined ? [] : [update];
  });
}
