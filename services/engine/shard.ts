import type { AccountEvent, CommandResult, VenueFate, VenueFill, VenueOrderRequest } from '@perps/domain/account';
import {
  crossedOrders,
  liveRecord,
  orderRecord,
  pendingVenueOrders,
  type ShardCommand,
  type ShardEvent,
  type ShardFacts,
  type ShardState,
  venueOrderOf,
} from '@perps/domain/shard';
import type { AccountUpdate } from '@perps/contracts/engine';
import type { MarketBoard } from '@perps/runtime/markets';
import type { Clock, Logger, Metrics } from '@perps/runtime/ports';
import type { RecoveryReport, ShardHost } from '@perps/runtime/shard';
import { createRestingOrders } from './resting-orders.ts';
import { createSettlements } from './settlement.ts';
import type { TradingCommand } from './trading-machine.ts';
import { createUpdateFollower } from './updates.ts';
import { createVenueOrders, type VenueOrders, type VenuePort } from './venue-orders.ts';

export type TradingHost = ShardHost<ShardState, TradingCommand, ShardEvent, CommandResult>;

export interface TradingShardOptions {
  readonly shard: number;
  readonly host: TradingHost;
  readonly board: MarketBoard;
  readonly venue: VenuePort;
  readonly facts: () => ShardFacts;
  readonly publish: (update: AccountUpdate) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** One owned shard with everything that reacts to it. */
export interface TradingShard {
  readonly shard: number;
  readonly host: TradingHost;
  /** Recovers, then begins to follow; resolves when it takes commands. */
  start(): Promise<RecoveryReport>;
  /** Decides, commits, and waits (8 s at most) until the fate of venue legs is known. */
  submit(command: ShardCommand): Promise<CommandResult>;
  /** An execution of the venue's stream or of a back-fill; unknown cloids are answered false. */
  bookFill(venueCloid: string, fill: VenueFill): Promise<boolean>;
  resolve(venueCloid: string, fate: VenueFate): Promise<boolean>;
  onTick(symbol: string): void;
  readonly venueOrders: VenueOrders;
}

export function createTradingShard(options: TradingShardOptions): TradingShard {
  const { host, board, clock, facts, shard } = options;
  const settlements = createSettlements(clock);
  const follower = createUpdateFollower();
  const read = <Answer>(look: (state: ShardState) => Answer): Promise<Answer> => host.query(look);
  /** Newest state, ahead of the journal: for the host's own decisions only, never for an answer. */
  let peek: ShardState | undefined;
  const decide = (command: ShardCommand): Promise<CommandResult> => host.submit({ command, facts: facts() });
  const hostCommand = (commandId: string, accountId: string) => ({ commandId, accountId, receivedAt: clock.now() });

  const bookFill = (
    request: Pick<VenueOrderRequest, 'venueCloid' | 'accountId'>,
    fill: VenueFill,
  ): Promise<CommandResult> => {
    const { venueCloid, accountId } = request;
    return decide({
      type: 'BookVenueFill',
      ...hostCommand(`fill:${venueCloid}:${fill.tid}`, accountId),
      venueCloid,
      fill,
    });
  };
  let resolutions = 0;
  const resolve = (
    request: Pick<VenueOrderRequest, 'venueCloid' | 'accountId'>,
    fate: VenueFate,
  ): Promise<CommandResult> => {
    const { venueCloid, accountId } = request;
    // Idempotent by the order's state; two sources may say different true things of one order, so each has its own id.
    resolutions += 1;
    const commandId = `fate:${venueCloid}:${clock.now()}:${resolutions}`;
    return decide({ type: 'ResolveVenueOrder', ...hostCommand(commandId, accountId), venueCloid, fate });
  };

  const venueOrders = createVenueOrders({
    ...options,
    live(which) {
      if (peek === undefined) return [];
      const orders = which === 'all' ? [...peek.venueOrders.values()] : pendingVenueOrders(peek);
      return orders.map(({ request }) => request);
    },
    request: (venueCloid) => peek?.venueOrders.get(venueCloid)?.request,
    resolve,
    bookFill,
  });

  let firings = 0;
  const resting = createRestingOrders({
    ...options,
    crossed(symbol) {
      const view = board.view(symbol, clock.now());
      return peek === undefined || view === undefined ? [] : crossedOrders(peek, symbol, view.bbo);
    },
    fill({ accountId, orderId }) {
      firings += 1;
      return decide({
        type: 'FillResting',
        ...hostCommand(`cross:${orderId}:${clock.now()}:${firings}`, accountId),
        orderId,
      });
    },
  });

  async function start(): Promise<RecoveryReport> {
    const report = await host.start();
    await read((state) => {
      peek = state;
      const live = [...state.accounts.values()].flatMap(({ accountId, orders }) =>
        Object.values(orders).map((order) => liveRecord(accountId, order)),
      );
      follower.seed(live);
    });
    host.onCommitted(({ seq, entries }) => {
      for (const entry of entries) committed(seq, { ...entry, events: entry.events.filter(isAccountEvent) });
    });
    return report;
  }

  function committed(
    seq: number,
    entry: { readonly streamId: string; readonly at: number; readonly events: readonly AccountEvent[] },
  ): void {
    const update = follower.follow({ shard, seq }, entry);
    if (update === undefined) return;
    options.publish(update);
    settlements.touched(update.orders.map(({ order }) => order.orderId));
    venueOrders.committed(entry.events);
  }

  async function submit(command: ShardCommand): Promise<CommandResult> {
    const result = await decide(command);
    if (!('accountId' in command)) return result;
    const { accountId } = command;
    const recordOf = (orderId: number): ReturnType<typeof orderRecord> =>
      peek === undefined ? undefined : orderRecord(peek, { accountId, orderId });
    const settled = await settlements.settle(result, recordOf);
    // What was looked at may be newer than the journal: the answer leaves once all of it is durable.
    return settled === result ? result : read(() => settled);
  }

  return {
    shard,
    host,
    venueOrders,
    start,
    submit,
    onTick: (symbol) => resting.onTick(symbol),
    async bookFill(venueCloid, fill) {
      const found = peek === undefined ? undefined : venueOrderOf(peek, venueCloid);
      if (found === undefined) return false;
      await bookFill({ venueCloid, accountId: found.accountId }, fill);
      return true;
    },
    async resolve(venueCloid, fate) {
      const request = peek?.venueOrders.get(venueCloid)?.request;
      if (request === undefined) return false;
      await resolve(request, fate);
      return true;
    },
  };
}

const isAccountEvent = (event: ShardEvent): event is AccountEvent => event.type !== 'RoutingPolicySet';
