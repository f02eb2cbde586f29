/** Facts of a journal entry → bodies of receipts. Pure: the same record gives the same bytes, always. */
import { createHash } from 'node:crypto';
import type { AccountEvent, OrderLeg, QuoteUsed } from '@perps/domain/account';
import { formatPrice, formatSize, formatUsd } from '@perps/domain/money';
import { LIQUIDATION_RULE, type ReceiptBody, type ReceiptQuote } from './model.ts';

/** Any event of the journal; only placements and fills are looked at. */
interface Fact {
  readonly type: string;
}
type Fill = Extract<AccountEvent, { type: 'OrderFilled' }>;
type Stepped = Extract<AccountEvent, { type: 'LiquidationStepped' }>;

/** The outcome of one command on one account, and the record it stands in. */
export interface JournaledFacts {
  readonly shard: number;
  readonly seq: number;
  /** The record's own token: 128 random bits that leave the journal only hashed, as salt. */
  readonly token: string;
  readonly accountId: string;
  readonly events: readonly Fact[];
}

/** One body per fill of the entry, in order, liquidation steps among them. A fill of a record too old to know its scale has none. */
export function receiptBodies(facts: JournaledFacts): readonly ReceiptBody[] {
  const events = facts.events.filter(isTold);
  const latencies = new Map(
    events.flatMap((event) => (event.type === 'OrderPlaced' ? [[event.order.orderId, event.routingLatencyMs]] : [])),
  );
  return events.flatMap((event) => {
    if (event.type === 'OrderFilled') return bodiesOf(facts, event, latencies.get(event.orderId));
    return event.type === 'LiquidationStepped' ? liquidationBodies(facts, event) : [];
  });
}

type Told = Extract<AccountEvent, { type: 'OrderPlaced' | 'OrderFilled' | 'LiquidationStepped' }>;

const TOLD: ReadonlySet<string> = new Set<Told['type']>(['OrderPlaced', 'OrderFilled', 'LiquidationStepped']);

const isTold = (event: Fact): event is Told => TOLD.has(event.type);

/** A step at the venue has the receipts of its fills. */
function liquidationBodies(facts: JournaledFacts, step: Stepped): readonly ReceiptBody[] {
  const { fill, markPrice } = step;
  if (fill === undefined || step.route !== 'INTERNAL') return [];
  const { szDecimals } = fill;
  return [
    {
      version: 1,
      tradeId: fill.tradeId,
      accountId: facts.accountId,
      orderId: fill.orderId,
      symbol: step.symbol,
      side: step.size > 0n ? 'sell' : 'buy',
      price: formatPrice(step.closePrice, szDecimals),
      size: formatSize(step.closedSize, szDecimals),
      szDecimals,
      fee: NO_FEE,
      builderFee: NO_FEE,
      liquidity: 'taker',
      route: step.route,
      rule: LIQUIDATION_RULE,
      mode: fill.mode,
      thresholdUsed: NO_FEE,
      policyVersion: fill.policyVersion,
      quote: quoteOf({ ...fill.quote, markPrice }, szDecimals),
      journal: { shard: facts.shard, seq: facts.seq },
      filledAt: fill.at,
      salt: saltOf(facts.token, fill.tradeId),
    },
  ];
}

const NO_FEE = '0.0';

function bodiesOf(facts: JournaledFacts, fill: Fill, routingLatencyMs: number | undefined): readonly ReceiptBody[] {
  const { szDecimals } = fill;
  const decision = legOf(fill)?.decision;
  if (szDecimals === undefined || decision === undefined) return [];
  return [
    {
      version: 1,
      tradeId: fill.tradeId,
      accountId: facts.accountId,
      orderId: fill.orderId,
      symbol: fill.symbol,
      side: fill.side,
      price: formatPrice(fill.price, szDecimals),
      size: formatSize(fill.size, szDecimals),
      szDecimals,
      fee: formatUsd(fill.fee),
      builderFee: formatUsd(fill.builderFee),
      liquidity: fill.liquidity,
      route: fill.route,
      rule: decision.reason,
      mode: decision.mode,
      thresholdUsed: formatUsd(decision.thresholdUsed),
      policyVersion: decision.policyVersion,
      ...(fill.quote === undefined ? {} : { quote: quoteOf(fill.quote, szDecimals) }),
      ...(routingLatencyMs === undefined ? {} : { routingLatencyMs }),
      ...(fill.venue === undefined ? {} : { venue: venueOf(fill.venue) }),
      journal: { shard: facts.shard, seq: facts.seq },
      filledAt: fill.at,
      salt: saltOf(facts.token, fill.tradeId),
    },
  ];
}

/** The leg that was filled: of the venue's order, else the newest of its route. */
function legOf({ legs, route, venue }: Fill): OrderLeg | undefined {
  const candidates = legs.filter((leg) => leg.route === route);
  return candidates.find((leg) => venue !== undefined && leg.venueOrderId === venue.venueOrderId) ?? candidates.at(-1);
}

function quoteOf(used: QuoteUsed, szDecimals: number): ReceiptQuote {
  return {
    ...(used.bid === undefined ? {} : { bid: formatPrice(used.bid, szDecimals) }),
    ...(used.ask === undefined ? {} : { ask: formatPrice(used.ask, szDecimals) }),
    mark: formatPrice(used.markPrice, szDecimals),
    oracle: formatPrice(used.oraclePrice, szDecimals),
    quoteAgeMs: used.quoteAgeMs,
    markAgeMs: used.markAgeMs,
    ...(used.bookHash === undefined ? {} : { bookHash: used.bookHash }),
  };
}

/** Field by field: the journal may hold more than a receipt tells. */
const venueOf = ({ tid, venueOrderId, hash, time }: NonNullable<Fill['venue']>): NonNullable<ReceiptBody['venue']> => ({
  tid,
  venueOrderId,
  hash,
  time,
});

const saltOf = (token: string, tradeId: number): string =>
  createHash('sha256').update(`hybrid-perps/receipts/salt\n${token}\n${tradeId}`).digest('hex').slice(0, 32);
