/** Trigger orders and what happens to them, for tests; numbers are texts as a trader writes them. */
import {
  type AccountCommand,
  accountDecider,
  type AccountEvent,
  type AccountState,
  type CommandResult,
  decideAccount,
  type DecisionContext,
  type Grouping,
  type OrderRequest,
  type Position,
  type Trigger,
} from '../account/index.ts';
import { size, usd } from '../money/index.ts';
import { context, market, BTC, ETH, NOW, order, type OrderText, priceOf, SOL } from './fixtures.ts';
import { deepFreeze } from './spec.ts';

const INSTRUMENTS: Readonly<Record<string, typeof BTC>> = { BTC, ETH, SOL };

export interface TriggerText extends OrderText {
  readonly at: string;
  readonly kind: Trigger['kind'];
  /** A market one unless told otherwise. */
  readonly isLimit?: boolean;
}

/** Reduce-only unless told otherwise. */
export const triggerOrder = (words: TriggerText): OrderRequest => {
  const { szDecimals } = INSTRUMENTS[words.symbol ?? 'BTC'] ?? BTC;
  return {
    ...order({ reduceOnly: true, ...words }),
    trigger: { price: priceOf(words.at, szDecimals), kind: words.kind, isMarket: words.isLimit !== true },
  };
};

/** The fixture's markets, with these marks (and bbo). */
export const marketsAt = (marks: Readonly<Record<string, string>>): DecisionContext['markets'] => ({
  ...context().markets,
  ...Object.fromEntries(
    Object.entries(marks).map(([symbol, mark]) => [symbol, market(INSTRUMENTS[symbol] ?? BTC, { mark })]),
  ),
});

type Bare<Command> = Command extends AccountCommand
  ? Omit<Command, 'commandId' | 'accountId' | 'at' | 'receivedAt' | 'context'>
  : never;

export interface Ran {
  readonly events: readonly AccountEvent[];
  readonly types: readonly string[];
  readonly result: CommandResult;
  readonly after: AccountState;
}

/** Decides a command on frozen facts, folds its events; ids go on where the state stands. */
export function trade(
  state: AccountState,
  command: Bare<AccountCommand>,
  over: Partial<DecisionContext> & { readonly at?: number } = {},
): Ran {
  const { at = NOW, ...facts } = over;
  const used = [...state.orders.map(({ orderId }) => orderId), ...Object.keys(state.triggers).map(Number)];
  const nextOrderId = Math.max(0, ...used) + 64;
  const full = {
    commandId: 'c1',
    accountId: state.accountId,
    at,
    receivedAt: at,
    context: context({ ids: { nextOrderId, nextTradeId: 64, shard: 0 }, ...facts }),
    ...command,
  };
  const { events, result } = decideAccount(deepFreeze(state), deepFreeze(full));
  const after = events.reduce(accountDecider.evolve, state);
  return { events, result, after, types: events.map(({ type }) => type) };
}

export const placed = (
  state: AccountState,
  orders: readonly OrderRequest[],
  over: Parameters<typeof trade>[2] & { readonly grouping?: Grouping } = {},
): Ran => {
  const { grouping, ...rest } = over;
  return trade(state, { type: 'PlaceOrders', orders, ...(grouping === undefined ? {} : { grouping }) }, rest);
};

/** What each order of the command was told: its status, or why it was refused. */
export const told = ({ result }: Ran): readonly string[] =>
  result.kind === 'orders'
    ? result.orders.map((one) => (one.status === 'refused' ? one.rejection.reason : one.status))
    : result.kind === 'refused'
      ? [result.rejection.reason]
      : [result.kind];

/** With these positions; entry at the fixture's marks, cross at 10. */
export function withSizes(
  state: AccountState,
  ...sizes: readonly (readonly [key: string, lots: bigint])[]
): AccountState {
  const positions = sizes.map(([key, lots]): readonly [string, Position] => {
    const [symbol = '', route] = key.split(':');
    const mark = context().markets[symbol]?.markPrice ?? 0n;
    return [
      key,
      {
        positionId: `p-${key}`,
        symbol,
        route: route === 'HYPERLIQUID' ? 'HYPERLIQUID' : 'INTERNAL',
        size: size(lots),
        entryNotional: usd((lots < 0n ? -lots : lots) * mark),
        marginMode: 'cross',
        leverage: 10,
        isolatedMargin: usd(0n),
        openedAt: NOW,
        fundingIndex: 0n,
        fundingPaid: usd(0n),
      },
    ];
  });
  return { ...state, positions: { ...state.positions, ...Object.fromEntries(positions) } };
}
