/**
 * P3, P4: the engine without its journal. An INTERNAL order decided and applied on a shard of 10,000 accounts beside an
 * order book's limit + market order; the routing decision alone; a command's JSON in to its events' JSON out.
 */
import { parsePrice, parseSize, usd } from '@perps/domain/money';
import { route, type RoutingFacts } from '@perps/domain/routing';
import {
  apply,
  decideCommand,
  initialShard,
  type ShardCommand,
  type ShardEvent,
  type ShardState,
} from '@perps/domain/shard';
import type { Benchmark, Figure } from './support/benchmark.ts';
import { loadPeer } from './support/peers.ts';
import { compare, type Contender, createLatencies, microsecondsAt, timingOf } from './support/timing.ts';
import {
  accountIdAt,
  BENCH_POLICY,
  factsAt,
  hashAt,
  internalOrder,
  openingCommands,
  ownerOf,
  START_AT,
} from './support/trading.ts';

const ACCOUNTS = 10_000;
const SZ_DECIMALS = 5;
const OPEN_LOOP_PER_SECOND = 5_000;
const OPEN_LOOP_MS = 3_000;

interface PeerBook {
  readonly limit: (order: object) => unknown;
  readonly market: (order: object) => unknown;
}
interface PeerModule {
  readonly OrderBook: new () => PeerBook;
}

export const benchmark: Benchmark = {
  name: 'core',
  title: `P3, P4, INTERNAL orders on a shard of ${ACCOUNTS.toLocaleString('en')} accounts, no I/O`,
  async run() {
    const peer = await loadPeer<PeerModule>('nodejs-order-book');
    const execute = createCore();
    const edge = createEdge();
    const contenders: Contender[] = [
      { name: 'core', operate: (index) => execute(internalOrder(index, ACCOUNTS)), batch: 5 },
      { name: 'edge', operate: edge, batch: 5 },
      { name: 'route', operate: routeOne, batch: 100 },
    ];
    if (peer !== undefined)
      contenders.push({ name: 'nodejs-order-book', operate: peerOrder(new peer.OrderBook()), batch: 5 });
    const timings = await compare(contenders, { rounds: 5 });
    const peerRate = timings.find(({ name }) => name === 'nodejs-order-book')?.perCpuSecond;
    const core = timingOf(timings, 'core');
    const coreFigure = {
      value: core.perCpuSecond,
      unit: 'orders per CPU s',
      p50: core.p50,
      p99: core.p99,
      spread: core.spread,
    };
    const edgeTiming = timingOf(timings, 'edge');
    const routing = timingOf(timings, 'route');
    return [
      {
        name: 'decide + apply one order',
        ...coreFigure,
        peers: [{ name: 'nodejs-order-book', value: peerRate }],
        goal: { kind: 'atLeast', value: 200_000 },
      },
      {
        name: 'the same, as a ratio',
        ...coreFigure,
        peers: [{ name: 'nodejs-order-book', value: peerRate }],
        goal: { kind: 'ratioAtLeast', value: 0.5, peer: 'nodejs-order-book' },
      },
      {
        name: 'route decision, p99',
        value: routing.p99,
        unit: 'µs',
        p50: routing.p50,
        p99: routing.p99,
        moreIsBetter: false,
        goal: { kind: 'atMost', value: 50 },
      },
      {
        name: 'command JSON in, events JSON out',
        value: edgeTiming.perCpuSecond,
        unit: 'orders per CPU s',
        p50: edgeTiming.p50,
        p99: edgeTiming.p99,
        spread: edgeTiming.spread,
        goal: { kind: 'atLeast', value: 60_000 },
      },
      await openLoop(edge),
    ];
  },
};

/** Decides, applies, and refuses to count anything but a filled INTERNAL order. */
function createCore(): (command: ShardCommand) => readonly ShardEvent[] {
  const state: ShardState = initialShard(0);
  const execute = (command: ShardCommand): readonly ShardEvent[] => {
    const at = command.receivedAt;
    const decision = decideCommand(state, command, factsAt(at));
    if (decision.outcome !== 'accepted') throw new Error(`Refused: ${JSON.stringify(decision.result)}`);
    const { streamId, events, result } = decision;
    apply(state, { commandId: command.commandId, streamId, at, events, result });
    return events;
  };
  for (const command of openingCommands(ACCOUNTS)) execute(command);
  return (command) => {
    const events = execute(command);
    if (!events.some(isInternalFill)) throw new Error('The order was not filled INTERNAL.');
    return events;
  };
}

const isInternalFill = (event: ShardEvent): boolean => event.type === 'OrderFilled' && event.route === 'INTERNAL';

const asText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);

/** The text is written by one template inside the measured time: that is small, and against us. */
function createEdge(): (index: number) => string {
  const execute = createCore();
  return (index) => JSON.stringify(execute(readCommand(commandText(index))), asText);
}

interface OrderText {
  readonly signer: string;
  readonly accountId: string;
  readonly nonce: number;
  readonly hash: string;
  readonly order: { readonly b: boolean; readonly p: string; readonly s: string };
}

function commandText(index: number): string {
  const account = index % ACCOUNTS;
  const isBuy = (account + Math.floor(index / ACCOUNTS)) % 2 === 0;
  const nonce = START_AT + index;
  const order = `{"a":0,"b":${isBuy},"p":"${isBuy ? '101000' : '99000'}","s":"0.001","r":false,"t":{"limit":{"tif":"Ioc"}}}`;
  return `{"signer":"${ownerOf(account)}","accountId":"${accountIdAt(account)}","nonce":${nonce},"hash":"${hashAt(index)}","order":${order}}`;
}

function readCommand(text: string): ShardCommand {
  const { signer, accountId, nonce, hash, order } = JSON.parse(text) as OrderText;
  const size = parseSize(order.s, SZ_DECIMALS);
  const limitPrice = parsePrice(order.p, SZ_DECIMALS);
  if (size === undefined || limitPrice === undefined) throw new Error('The order is not on the grid.');
  const side = order.b ? 'buy' : 'sell';
  return {
    type: 'PlaceOrders',
    commandId: `${signer}:${nonce}`,
    accountId,
    receivedAt: nonce,
    signed: { signer, nonce, hash },
    orders: [{ symbol: 'BTC', side, size, limitPrice, timeInForce: 'IOC', reduceOnly: false }],
  };
}

const ROUTING: RoutingFacts = {
  symbol: 'BTC',
  notional: usd(100_000_000n),
  direction: 1,
  netExposure: usd(5_000_000_000n),
  totalExposure: usd(80_000_000_000n),
  userInternalNotional: usd(300_000_000n),
  userRecentInternalVolume: usd(200_000_000n),
  latencyMs: 30,
  quoteAgeMs: 20,
  isPriceHeld: false,
};

/** Facts of its own each time, so that the compiler cannot keep the answer. */
function routeOne(index: number): unknown {
  const decision = route({ ...ROUTING, notional: usd(BigInt(100_000_000 + (index % 1000))) }, BENCH_POLICY);
  if (decision.route !== 'INTERNAL') throw new Error(`Routed by ${decision.reason}.`);
  return decision;
}

/** A limit order and the market order that takes it: the book holds 200 levels a side. */
function peerOrder(book: PeerBook): (index: number) => unknown {
  const limit = (id: string, side: string, price: number) => book.limit({ id, side, size: 1, price });
  for (let level = 1; level <= 200; level += 1) {
    limit(`ask${level}`, 'sell', 100_000 + level);
    limit(`bid${level}`, 'buy', 100_000 - level);
  }
  return (index) => {
    const isBuy = index % 2 === 0;
    limit(`order${index}`, isBuy ? 'sell' : 'buy', 100_000 + (isBuy ? 0.5 : -0.5));
    return book.market({ side: isBuy ? 'buy' : 'sell', size: 1 });
  };
}

/** Orders come at their due times whether we are ready or not; late is what the order waited, too. */
async function openLoop(edge: (index: number) => string): Promise<Figure> {
  const latencies = createLatencies();
  const total = (OPEN_LOOP_PER_SECOND * OPEN_LOOP_MS) / 1000;
  const first = 10_000_000;
  const start = performance.now() + 10;
  for (let order = 0; order < total;) {
    const now = performance.now();
    const due = start + (order * 1000) / OPEN_LOOP_PER_SECOND;
    if (now < due) {
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    edge(first + order);
    latencies.recordValue(Math.max(1, Math.round((performance.now() - due) * 1_000_000)));
    order += 1;
  }
  return {
    name: `open loop at ${OPEN_LOOP_PER_SECOND.toLocaleString('en')}/s, p99.9`,
    value: microsecondsAt(latencies, 99.9) / 1000,
    unit: 'ms',
    p50: microsecondsAt(latencies, 50),
    p99: microsecondsAt(latencies, 99),
    moreIsBetter: false,
    goal: { kind: 'atMost', value: 2 },
  };
}
