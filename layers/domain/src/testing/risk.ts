/** Accounts in trouble, for tests: positions as texts, a check at marks, and what it moved. */
import type { AccountCommand, AccountEvent, AccountState, DecisionContext, Position } from '../account/index.ts';
import { accountDecider, decideAccount } from '../account/index.ts';
import type { MarketView } from '../market/index.ts';
import { magnitude, usd } from '../money/index.ts';
import { BTC, context, dollars, ETH, funded, market, NOW, priceOf, sizeOf, text } from './fixtures.ts';
import { render } from './spec.ts';

/** Maintenance of 0.4 % is half of 1/125, of 0.5 % half of 1/100, of 5 % half of 1/10. */
export const BTC_04 = { ...BTC, maxLeverage: 125 };
export const ETH_05 = { ...ETH, maxLeverage: 100 };

export const at = (mark: string, over: Partial<MarketView> = {}) => market(BTC_04, { mark }, over);
export const eth = (mark: string, over: Partial<MarketView> = {}) => market(ETH_05, { mark }, over);

export interface PositionText {
  readonly symbol?: string;
  readonly route?: Position['route'];
  readonly size: string;
  readonly entry: string;
  readonly margin?: string;
  readonly leverage?: number;
  readonly decimals?: number;
}

export function position(words: PositionText): Position {
  const symbol = words.symbol ?? 'BTC';
  const decimals = words.decimals ?? (symbol === 'BTC' ? 5 : 4);
  const lots = sizeOf(words.size, decimals);
  return {
    positionId: `p-${symbol}-${words.route ?? 'INTERNAL'}`,
    symbol,
    route: words.route ?? 'INTERNAL',
    size: lots,
    entryNotional: usd(priceOf(words.entry, decimals) * magnitude(lots)),
    marginMode: words.margin === undefined ? 'cross' : 'isolated',
    leverage: words.leverage ?? 10,
    isolatedMargin: dollars(words.margin ?? '0'),
    openedAt: NOW,
    fundingIndex: 0n,
    fundingPaid: usd(0n),
  };
}

export const holding = (wallet: string, ...positions: readonly Position[]): AccountState => ({
  ...funded(wallet),
  positions: Object.fromEntries(positions.map((one) => [`${one.symbol}:${one.route}`, one])),
});

export const check = (over: Partial<DecisionContext>, later = 0): Extract<AccountCommand, { type: 'CheckRisk' }> => ({
  type: 'CheckRisk',
  commandId: `risk-${later}`,
  accountId: 'u1',
  at: NOW + later,
  receivedAt: NOW + later,
  context: context(over),
});

export function run(
  state: AccountState,
  command: AccountCommand,
): { state: AccountState; events: readonly AccountEvent[] } {
  const { events, states } = decideAccount(state, command);
  let after = state;
  for (const event of events) after = accountDecider.evolve(after, event);
  if (render(after) !== render(states?.at(-1) ?? state)) throw new Error('The draft and its events differ.');
  if (after.wallet < 0n) throw new Error('A wallet is below zero.');
  return { state: after, events };
}

/** Σ of what a platform account got. */
export function received(events: readonly AccountEvent[], platform: string): string {
  const transfers = events.flatMap((event) => ('transfers' in event ? event.transfers : []));
  let sum = 0n;
  for (const posting of transfers.flatMap(({ postings }) => postings)) {
    if ('platform' in posting && posting.platform === platform) sum += posting.amount;
  }
  return text(usd(sum));
}

export const types = (events: readonly AccountEvent[]): readonly string[] => events.map(({ type }) => type);
export const only = <Type extends AccountEvent['type']>(events: readonly AccountEvent[], type: Type) =>
  events.filter((event): event is Extract<AccountEvent, { type: Type }> => event.type === type);
