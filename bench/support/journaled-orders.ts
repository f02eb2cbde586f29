/** INTERNAL orders as the journal holds them, where only names and forms repeat: sizes and prices differ. */
import { accountIdOf } from '@perps/contracts/engine';
import type { JournalEntry } from '@perps/contracts/journal';
import type { CommandResult } from '@perps/domain/account';
import { price, type Price, size } from '@perps/domain/money';
import {
  apply,
  decideCommand,
  initialShard,
  type ShardCommand,
  type ShardEvent,
  type ShardFacts,
} from '@perps/domain/shard';
import { createSeededRandom } from '@perps/runtime/testing';
import { factsAt, internalOrder, openingCommands } from './trading.ts';

export type JournaledOrder = JournalEntry<ShardEvent, CommandResult>;

/** Far below the threshold, and small enough for all of them to stay INTERNAL. */
const ORDER_LOTS_MAX = 400;

/** The last `orders` of `former + orders`: of all sizes, on a market that moves with every order. */
export function journaledOrders(counts: {
  readonly accounts: number;
  readonly former: number;
  readonly orders: number;
}): readonly JournaledOrder[] {
  const state = initialShard(0);
  const random = createSeededRandom(1);
  const entries: JournaledOrder[] = [];
  const run = (written: ShardCommand, facts: ShardFacts): void => {
    const command = 'accountId' in written ? { ...written, accountId: accountIdOf(written.accountId) } : written;
    const decision = decideCommand(state, command, facts);
    if (decision.outcome === 'refused') throw new Error(`Refused: ${command.commandId}`);
    const { streamId, events, result } = decision;
    const entry = { commandId: command.commandId, streamId, at: facts.at + random.int(3), events, result };
    apply(state, entry);
    entries.push(entry);
  };
  for (const command of openingCommands(counts.accounts)) run(command, factsAt(command.receivedAt));
  for (let index = 0; index < counts.former + counts.orders; index += 1) {
    const command = internalOrder(index, counts.accounts);
    if (command.type !== 'PlaceOrders') continue;
    const orders = command.orders.map((order) => ({ ...order, size: size(BigInt(10 + random.int(ORDER_LOTS_MAX))) }));
    run({ ...command, orders }, movedFacts(command.receivedAt, random.int));
  }
  const counted = entries.slice(-counts.orders);
  const isRouted = counted.some(({ events }) => events.some(({ type }) => type === 'VenueOrderRequested'));
  if (isRouted) throw new Error('Some orders went to the venue.');
  return counted;
}

function movedFacts(at: number, upTo: (limit: number) => number): ShardFacts {
  const facts = factsAt(at);
  const { BTC } = facts.markets;
  if (BTC === undefined) throw new Error('The market is missing.');
  const mark = BTC.markPrice + BigInt(upTo(2_000)) - 1_000n;
  const by = (ticks: number): Price => price(mark + BigInt(ticks));
  const quoteAt = (at: Price) => ({ price: at, size: size(100_000_000n) });
  const [bid, ask] = [quoteAt(by(-1 - upTo(20))), quoteAt(by(1 + upTo(20)))];
  const moved = { markPrice: by(0), oraclePrice: by(upTo(50) - 25), markAgeMs: upTo(900), quoteAgeMs: upTo(200) };
  return { ...facts, markets: { BTC: { ...BTC, ...moved, bbo: { bid, ask }, bids: [bid], asks: [ask] } } };
}
