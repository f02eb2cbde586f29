/** A random but lawful history of one shard: what its engine would have journaled, and the state it ends in. */
import { createBatchCodec, type JournalEntry } from '@perps/contracts/journal';
import { usd } from '@perps/domain/money';
import {
  apply,
  decideCommand,
  initialShard,
  type ShardCommand,
  type ShardEvent,
  type ShardFacts,
  type ShardState,
} from '@perps/domain/shard';
import { BTC, context, ETH, market, NOW, order, OWNER, POLICY, SOL, venueFill } from '@perps/domain/testing';
import type { JournalRecord } from '@perps/runtime/ports';
import { createSeededRandom, type SeededRandom } from '@perps/runtime/testing';

export interface ShardHistory {
  /** Every command that was decided, refused ones too, with the facts of its moment. */
  readonly commands: readonly { readonly command: ShardCommand; readonly facts: ShardFacts }[];
  readonly state: ShardState;
  readonly entries: readonly JournalEntry<ShardEvent>[];
  /** The journal: batches of a few entries, each continuing the one before. */
  readonly records: readonly JournalRecord[];
}

const USERS = ['alice', 'bob', 'carol', 'dave'];
const LOT_DECIMALS: Readonly<Record<string, number>> = { BTC: 5, ETH: 4, SOL: 2 };

/** Limits beyond (`near`) and well before (`far`) the market for a buy; digits that stand before a size's last one. */
const PRICES = {
  BTC: { near: '103500', far: '90000', size: '0.0' },
  ETH: { near: '4150', far: '3600', size: '0.' },
  SOL: { near: '208', far: '180', size: '' },
} as const;

export function createShardHistory(options: { shard: number; seed: number; commands: number }): ShardHistory {
  const { shard } = options;
  const commands: { command: ShardCommand; facts: ShardFacts }[] = [];
  const random = createSeededRandom(options.seed);
  const state = initialShard(shard);
  const entries: JournalEntry<ShardEvent>[] = [];
  for (let n = 0; n < options.commands; n += 1) {
    const at = NOW + n * 1_000;
    const command = opening(shard, n) ?? randomCommand(random, state, n);
    const moment = { ...facts(random), at };
    commands.push({ command, facts: moment });
    const decision = decideCommand(state, command, moment);
    if (decision.outcome === 'refused') continue;
    const { streamId, events, result } = decision;
    const entry = { commandId: command.commandId, streamId, at, events, result };
    entries.push(entry);
    apply(state, entry);
  }
  return { commands, state, entries, records: toRecords({ shard, entries, random }) };
}

function facts(random: SeededRandom) {
  const moved = (base: number, decimals: number): string => (base * (0.97 + random.next() * 0.06)).toFixed(decimals);
  return {
    markets: {
      BTC: market(BTC, { mark: moved(100_000, 0) }),
      ETH: market(ETH, { mark: moved(4_000, 0) }),
      SOL: market(SOL, { mark: moved(200, 1) }),
    },
    venue: context().venue,
  };
}

const setPolicy = (shard: number): ShardCommand => ({
  type: 'SetRoutingPolicy',
  commandId: 'policy',
  shard,
  receivedAt: NOW,
  policy: POLICY,
});

const base = (n: number, accountId: string) => ({ commandId: `c${n}`, accountId, receivedAt: NOW + n });

/** The policy, then every account opened and funded. */
function opening(shard: number, n: number): ShardCommand | undefined {
  if (n === 0) return setPolicy(shard);
  const user = USERS[(n - 1) % USERS.length] ?? '';
  if (n <= USERS.length) return { ...base(n, user), type: 'OpenAccount', owner: OWNER };
  return n <= 2 * USERS.length ? deposit(n, user, 1_000_000_000_000n) : undefined;
}

const deposit = (n: number, accountId: string, amount: bigint): ShardCommand => ({
  ...base(n, accountId),
  type: 'CreditDeposit',
  depositId: `d${n}`,
  chain: 'arbitrum',
  amount: usd(amount),
});

function randomCommand(random: SeededRandom, state: ShardState, n: number): ShardCommand {
  const user = random.pick(USERS);
  const account = state.accounts.get(user);
  const command = base(n, user);
  const dice = random.next();
  if (dice < 0.1) return deposit(n, user, 5_000_000n);
  if (dice < 0.2) {
    const setting = { marginMode: random.pick(['cross', 'isolated'] as const), leverage: 1 + random.int(20) };
    return { ...command, type: 'UpdateLeverage', symbol: random.pick(['BTC', 'ETH', 'SOL']), setting };
  }
  const open = Object.values(account?.orders ?? {});
  if (dice < 0.35 && open.length > 0) {
    const { symbol, orderId } = random.pick(open);
    return { ...command, type: 'CancelOrders', targets: [{ symbol, orderId }] };
  }
  const atVenue = [...state.venueOrders.values()].filter(({ accountId }) => accountId === user);
  if (dice < 0.6 && atVenue.length > 0) return venueAnswer(random, random.pick(atVenue).request, n);
  return placeOrder(random, command);
}

function venueAnswer(
  random: SeededRandom,
  request: { readonly venueCloid: string; readonly accountId: string; readonly symbol: string; readonly size: bigint },
  n: number,
): ShardCommand {
  const command = { ...base(n, request.accountId), venueCloid: request.venueCloid };
  if (random.chance(0.3)) {
    return { ...command, type: 'ResolveVenueOrder', fate: { kind: 'refused', cause: 'no liquidity' } };
  }
  const decimals = LOT_DECIMALS[request.symbol] ?? 0;
  const lots = request.size > 1n && random.chance(0.5) ? request.size / 2n : request.size;
  const whole = lots.toString().padStart(decimals + 1, '0');
  const size = `${whole.slice(0, -decimals)}.${whole.slice(-decimals)}`;
  const price = { BTC: '100000', ETH: '4000', SOL: '200' }[request.symbol] ?? '1';
  return { ...command, type: 'BookVenueFill', fill: venueFill({ tid: n, price, size, fee: '0.25' }, decimals) };
}

function placeOrder(random: SeededRandom, command: ReturnType<typeof base>): ShardCommand {
  const symbol = random.pick(['BTC', 'ETH', 'SOL'] as const);
  const { near, far, size } = PRICES[symbol];
  const isBuy = random.chance(0.5);
  const rests = random.chance(0.3);
  const limit = isBuy === rests ? far : near;
  return {
    ...command,
    type: 'PlaceOrders',
    orders: [
      order({
        symbol,
        side: isBuy ? 'buy' : 'sell',
        size: `${size}${1 + random.int(8)}`,
        limit,
        tif: rests ? 'GTC' : 'IOC',
        reduceOnly: random.chance(0.15),
      }),
    ],
  };
}

function toRecords(options: {
  readonly shard: number;
  readonly entries: readonly JournalEntry<ShardEvent>[];
  readonly random: SeededRandom;
}): readonly JournalRecord[] {
  const { shard, entries, random } = options;
  const codec = createBatchCodec<ShardEvent>();
  const started = { control: 'EpochStarted', epoch: 1, owner: 'engine-1', at: NOW } as const;
  const records: JournalRecord[] = [];
  const add = (body: Uint8Array): void => {
    const seq = records.length + 1;
    records.push({ shard, seq, epoch: 1, token: `t${seq}`, previousToken: seq === 1 ? '' : `t${seq - 1}`, body });
  };
  add(codec.encode([started]).body);
  for (let from = 0; from < entries.length;) {
    const { body, count } = codec.encode(entries.slice(from, from + 1 + random.int(4)));
    add(body);
    from += count;
  }
  return records;
}
