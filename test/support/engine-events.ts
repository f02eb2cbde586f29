/** The engine's committed facts as its own readers get them, and policies given to its shards at once. */
import { UPDATES_TOPIC, type AccountUpdate } from '@perps/contracts/engine';
import type { AccountEvent, CommandResult } from '@perps/domain/account';
import type { RoutingPolicy } from '@perps/domain/routing';
import { engineOf, filledOf, LOCAL_SHARDS, type Market, type Trader } from './scenario.ts';
import type { System } from './system.ts';
import { createCollector, type Collector } from './waiting.ts';

export type EventOf<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>;

export interface EngineEvents extends Collector<AccountUpdate> {
  /** All events of a type so far, of every account. */
  all<Type extends AccountEvent['type']>(type: Type): readonly EventOf<Type>[];
  /** When the first event of a type was decided (ms); undefined while there is none. */
  firstAt(type: AccountEvent['type']): number | undefined;
}

/** Everything that is committed from now on; ends with `closeEngine`. */
export async function followEngine(system: System): Promise<EngineEvents> {
  const client = await engineOf(system);
  const collector = createCollector<AccountUpdate>();
  client.subscribe(UPDATES_TOPIC, (update) => collector.add(update as AccountUpdate));
  return {
    ...collector,
    firstAt: (type) => collector.events.find(({ events }) => events.some((event) => event.type === type))?.at,
    all: <Type extends AccountEvent['type']>(type: Type) =>
      collector.events.flatMap(({ events }) =>
        events.filter((event): event is EventOf<Type> & AccountEvent => event.type === type),
      ),
  };
}

/** Gives every shard the policy and waits until it is in force. */
export async function applyPolicy(system: System, policy: RoutingPolicy): Promise<void> {
  const client = await engineOf(system);
  for (let shard = 0; shard < LOCAL_SHARDS; shard += 1) {
    const commandId = `scenario:policy:${policy.version}:${shard}`;
    const command = { type: 'SetRoutingPolicy', commandId, shard, receivedAt: Date.now(), policy };
    const answer = (await client.request('submit', command)) as CommandResult;
    if (answer.kind === 'refused') throw new Error(`policy refused: ${answer.rejection.reason}`);
  }
}

export interface Opening {
  readonly coin: string;
  readonly isBuy: boolean;
  readonly size: string;
  /** Exactly what it fills at, USD. */
  readonly price: string;
  /** The coin's tick at that price, USD. */
  readonly tick: string;
}

/** Holds the market so that a market order fills exactly at `price`, and sends it. */
export async function openAt(market: Market, trader: Trader, opening: Opening): Promise<{ readonly oid: number }> {
  const { coin, isBuy, size, price, tick } = opening;
  const decimals = (tick.split('.')[1] ?? '').length;
  const mark = (Number(price) + (isBuy ? -1 : 1) * Number(tick)).toFixed(decimals);
  await market.hold(coin, mark, tick);
  const { avgPx, totalSz, oid } = filledOf(await trader.order({ coin, isBuy, size }));
  if (Number(avgPx) !== Number(price) || Number(totalSz) !== Number(size))
    throw new Error(`${coin}: filled ${totalSz} at ${avgPx} instead of ${size} at ${price}`);
  return { oid };
}
