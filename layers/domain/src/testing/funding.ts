/** A shard whose accounts hold and trade without a book: hours close, rates come, money moves. For tests only. */
import { type AccountEvent, positionKey } from '../account/index.ts';
import { openDraft, emit } from '../account/draft.ts';
import { postAccrued } from '../account/post-funding.ts';
import { fundingIndexOf, type FundingRate } from '../funding/index.ts';
import { type MarketView } from '../market/index.ts';
import { type Rate, rate, size, type Size, usd, type Usd, ZERO_USD } from '../money/index.ts';
import { accountsToPost, fundingCorrections, fundingPosting } from '../shard/funding-queries.ts';
import {
  apply,
  decideCommand,
  deserialize,
  initialShard,
  serialize,
  type ShardCommand,
  type ShardState,
} from '../shard/index.ts';
import type { Route } from '../routing/index.ts';
import { BTC, context, ETH, market, NOW, OWNER, sizeOf } from './fixtures.ts';

const HOUR = 3_600_000;

export interface Trade {
  readonly accountId: string;
  readonly route: Route;
  readonly symbol?: string;
  /** Signed lots to add. */
  readonly lots: Size;
  readonly executedAt?: number;
  readonly isolatedMargin?: Usd;
}

/** BTC at 100,000 and ETH at 4,000 unless told otherwise; every account is rich. */
export class FundingWorld {
  state: ShardState = initialShard(0);
  at = NOW;
  /** Hourly, as the market says before each hour. */
  cachedRate: Rate = rate(100_000_000n);
  markAgeMs = 100;
  #commands = 0;

  markets(): Readonly<Record<string, MarketView>> {
    const over = { fundingRate: this.cachedRate, markAgeMs: this.markAgeMs };
    return { BTC: market(BTC, { mark: '100000' }, over), ETH: market(ETH, { mark: '4000' }, over) };
  }

  submit(command: Record<string, unknown> & { readonly type: ShardCommand['type'] }): boolean {
    this.#commands += 1;
    const base = { commandId: `c${this.#commands}`, receivedAt: this.at, shard: 0 };
    const full = { ...base, ...command } as unknown as ShardCommand;
    const venue = { isAvailable: true, nextNonce: 0, slot: 0, expiresAfterMs: 5_000 };
    const decided = decideCommand(this.state, full, { at: this.at, markets: this.markets(), venue });
    if (decided.outcome === 'refused') return false;
    const { streamId, events, result } = decided;
    apply(this.state, { commandId: full.commandId, streamId, at: this.at, events, result });
    return true;
  }

  open(accountId: string, wallet: Usd): void {
    this.submit({ type: 'OpenAccount', accountId, owner: OWNER });
    const depositId = `deposit:${accountId}`;
    if (wallet > 0n) this.submit({ type: 'CreditDeposit', accountId, depositId, chain: 'test', amount: wallet });
  }

  /** As an execution is booked: what has accrued is posted first. The position's PnL is nobody's matter here. */
  trade({ accountId, route, symbol = 'BTC', lots, executedAt, isolatedMargin }: Trade): void {
    const account = this.state.accounts.get(accountId);
    if (account === undefined) throw new Error(`${accountId} is not open`);
    const indexes = this.state.funding.indexes;
    const draft = openDraft(account, { at: this.at, receivedAt: this.at, context: context({ funding: indexes }) });
    const key = positionKey(symbol, route);
    postAccrued(draft, draft.state.positions[key]);
    const before = draft.state.positions[key];
    const held = size((before?.size ?? 0n) + lots);
    this.#commands += 1;
    const margin = isolatedMargin ?? ZERO_USD;
    const opened = {
      positionId: `p${this.#commands}`,
      symbol,
      route,
      entryNotional: ZERO_USD,
      marginMode: isolatedMargin === undefined ? ('cross' as const) : ('isolated' as const),
      leverage: 1,
      isolatedMargin: margin,
      openedAt: this.at,
      fundingIndex: fundingIndexOf(indexes, { symbol, route }),
      fundingPaid: ZERO_USD,
    };
    const position = held === 0n ? undefined : { ...(before ?? opened), size: held };
    const pot = `isolated:${position?.positionId ?? ''}` as const;
    const lock = {
      type: 'margin-lock' as const,
      ref: 'test',
      postings: [
        { pot: 'wallet' as const, amount: usd(-margin) },
        { pot, amount: margin },
      ],
    };
    emit(draft, {
      ...FILL,
      at: this.at,
      route,
      symbol,
      tradeId: this.#commands,
      positionId: position?.positionId ?? '',
      size: size(lots < 0n ? -lots : lots),
      side: lots < 0n ? 'sell' : 'buy',
      startSize: before?.size ?? size(0n),
      position,
      transfers: margin === 0n || before !== undefined ? [] : [lock],
      ...(executedAt === undefined
        ? {}
        : { venue: { tid: this.#commands, venueOrderId: 1, hash: '0x', time: executedAt } }),
    });
    apply(this.state, { commandId: `t${this.#commands}`, streamId: accountId, at: this.at, events: draft.events });
  }

  /** The next hour closes so long after it began; returns the hour. */
  close(lateMs = 50): number {
    const hour = Math.floor(this.at / HOUR) * HOUR + HOUR;
    this.at = hour + lateMs;
    this.submit({ type: 'CloseFundingHour', hour });
    return hour;
  }

  settle(hour: number, rates: readonly FundingRate[]): boolean {
    return this.submit({ type: 'SettleFundingHour', hour, rates, source: 'test' });
  }

  /** At most so many corrections; returns how many. */
  correct(max = 1_000): number {
    // Backwards: the order must not matter.
    const corrections = fundingCorrections(this.state, max).toReversed();
    for (const correction of corrections) this.submit({ ...correction });
    return corrections.length;
  }

  /** A posting of the routes, killed after so many accounts. */
  post(routes: readonly Route[], max = Number.POSITIVE_INFINITY): void {
    this.submit({ type: 'StartFundingPosting', hour: this.state.funding.closedHour, routes });
    this.resumePosting(max);
  }

  resumePosting(max = Number.POSITIVE_INFINITY): void {
    const posting = fundingPosting(this.state);
    if (posting === undefined) return;
    let left = max;
    for (const accountId of accountsToPost(this.state, posting.routes)) {
      if (left-- <= 0) return;
      this.submit({ type: 'PostFunding', accountId, routes: posting.routes });
    }
    this.submit({ type: 'FinishFundingPosting', hour: posting.hour });
  }

  /** From its snapshot, as another process would go on. */
  restart(): void {
    this.state = deserialize(serialize(this.state));
  }

  wallet(accountId: string): bigint {
    return this.state.accounts.get(accountId)?.wallet ?? 0n;
  }

  platform(account: 'funding' | 'risk-reserve' | 'rounding' | 'suspense' | 'venue:hl-trading' | 'bad-debt'): bigint {
    return this.state.platform.get(account) ?? 0n;
  }
}

const FILL: Omit<
  Extract<AccountEvent, { type: 'OrderFilled' }>,
  'at' | 'route' | 'symbol' | 'tradeId' | 'positionId' | 'size' | 'side' | 'startSize' | 'position' | 'transfers'
> = {
  type: 'OrderFilled',
  orderId: 0,
  price: context().markets['BTC']?.markPrice ?? (0n as never),
  liquidity: 'taker',
  fee: ZERO_USD,
  builderFee: ZERO_USD,
  closedPnl: ZERO_USD,
  legs: [],
  orderMargin: ZERO_USD,
  openedNotional: ZERO_USD,
};

/** BTC lots of a decimal. */
export const btc = (text: string): Size => sizeOf(text, BTC.szDecimals);
/** ETH lots of a decimal. */
export const eth = (text: string): Size => sizeOf(text, ETH.szDecimals);
