import type { AccountEvent, CommandResult, VenueFate, VenueFill, VenueOrderRequest } from '@perps/domain/account';
import {
  crossedOrders,
  isShardWide,
  liveRecord,
  orderRecord,
  pendingVenueOrders,
  triggerRecord,
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
import { createFundingLoop, type FundingLoop } from './funding-loop.ts';
import type { HostCommand, HostShard } from './host-commands.ts';
import { createRestingOrders } from './resting-orders.ts';
import { createRiskLoop, type RiskLoop } from './risk-loop.ts';
import { createTimers } from './timers.ts';
import { createTriggerLoop, type TriggerLoop } from './triggers.ts';
import { createSettlements, type Settlements } from './settlement.ts';
import type { TradingCommand } from './trading-machine.ts';
import { type CommittedEntry, createUpdateFollower } from './updates.ts';
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
  /** The bbo of the symbol moved. */
  onTick(symbol: string): void;
  /** Its accepted mark, oracle or funding moved. */
  onMark(symbol: string): void;
  /** Events were applied, here or in a replay; they are not durable yet. */
  applied(events: readonly ShardEvent[]): void;
  /** Regular work, a few times a second. */
  onTurn(): void;
  /** What people must know, in words. */
  reasons(): readonly string[];
  readonly venueOrders: VenueOrders;
}

export const createTradingShard = (options: TradingShardOptions): TradingShard => new OwnedShard(options);

type Addressed = Pick<VenueOrderRequest, 'venueCloid' | 'accountId'>;

class OwnedShard implements TradingShard {
  readonly shard: number;
  readonly host: TradingHost;
  readonly venueOrders: VenueOrders;
  readonly #options: TradingShardOptions;
  readonly #settlements: Settlements;
  readonly #follower = createUpdateFollower();
  readonly #resting: { onTick(symbol: string): void };
  readonly #triggers: TriggerLoop;
  readonly #risk: RiskLoop;
  readonly #timers: { onTurn(): void };
  readonly #funding: FundingLoop;
  /** The newest state, ahead of the journal: for the host's own decisions only, never for an answer. */
  #peek: ShardState | undefined;
  #hostCommands = 0;

  constructor(options: TradingShardOptions) {
    const { board, clock } = options;
    this.#options = options;
    this.shard = options.shard;
    this.host = options.host;
    this.#settlements = createSettlements(clock);
    this.venueOrders = createVenueOrders({
      ...options,
      live: (which) => this.#liveRequests(which),
      request: (venueCloid) => this.#peek?.venueOrders.get(venueCloid)?.request,
      resolve: (request, fate) => this.#resolve(request, fate),
      bookFill: (request, fill) => this.#bookFill(request, fill),
    });
    this.#resting = createRestingOrders({
      ...options,
      crossed: (symbol) => {
        const view = board.view(symbol, clock.now());
        return this.#peek === undefined || view === undefined ? [] : crossedOrders(this.#peek, symbol, view.bbo);
      },
      fill: ({ accountId, orderId }) => this.#command(`cross:${orderId}`, { type: 'FillResting', accountId, orderId }),
    });
    const shard = this.#asHost();
    const later = (task: () => void): void => void setImmediate(task);
    const onTakeover = (accountId: string): void => this.#stopInternalising(accountId);
    this.#triggers = createTriggerLoop({ ...options, shard, later });
    this.#risk = createRiskLoop({ ...options, shard, later, onTakeover });
    this.#timers = createTimers({ ...options, shard });
    this.#funding = createFundingLoop({ ...options, shardIndex: options.shard, shard });
  }

  /** What the loops see of this shard. */
  #asHost(): HostShard {
    const { facts } = this.#options;
    return {
      state: () => this.#peek,
      pricing: () => ({ markets: facts().markets, funding: this.#peek?.funding.indexes ?? {} }),
      command: (subject, command) => this.#command(subject, command),
    };
  }

  async start(): Promise<RecoveryReport> {
    const report = await this.host.start();
    await this.host.query((state) => {
      this.#peek = state;
      for (const { accountId, orders, triggers } of state.accounts.values()) {
        this.#follower.seed(Object.values(orders).map((order) => liveRecord(accountId, order)));
        this.#follower.seed(Object.values(triggers).map((trigger) => triggerRecord(accountId, trigger)));
      }
    });
    this.host.onCommitted(({ seq, entries }) => {
      for (const entry of entries) this.#committed(seq, { ...entry, events: entry.events.filter(isAccountEvent) });
    });
    return report;
  }

  async submit(command: ShardCommand): Promise<CommandResult> {
    const result = await this.#decide(command);
    if (!('accountId' in command)) return result;
    const { accountId } = command;
    const settled = await this.#settlements.settle(result, (orderId) =>
      this.#peek === undefined ? undefined : orderRecord(this.#peek, { accountId, orderId }),
    );
    // What was looked at may be newer than the journal: the answer leaves once all of it is durable.
    return settled === result ? result : this.host.query(() => settled);
  }

  async bookFill(venueCloid: string, fill: VenueFill): Promise<boolean> {
    const found = this.#peek === undefined ? undefined : venueOrderOf(this.#peek, venueCloid);
    if (found === undefined) return false;
    await this.#bookFill({ venueCloid, accountId: found.accountId }, fill);
    return true;
  }

  async resolve(venueCloid: string, fate: VenueFate): Promise<boolean> {
    const request = this.#peek?.venueOrders.get(venueCloid)?.request;
    if (request === undefined) return false;
    await this.#resolve(request, fate);
    return true;
  }

  applied(events: readonly ShardEvent[]): void {
    // Before the start is over it is replay: what was sent is looked up, never sent again.
    if (this.#peek !== undefined) this.venueOrders.decided(events);
  }

  onTick(symbol: string): void {
    this.#resting.onTick(symbol);
  }

  /** A stop protects its position before the platform has to: triggers first. */
  onMark(symbol: string): void {
    this.#triggers.onMark(symbol);
    this.#risk.onMark(symbol);
  }

  onTurn(): void {
    this.#funding.onTurn();
    this.#timers.onTurn();
    this.#risk.onTurn();
  }

  reasons(): readonly string[] {
    return this.#risk.reasons();
  }

  /** A liquidation that cannot be finished: nothing new is taken on the platform's own book until people have looked. */
  #stopInternalising(accountId: string): void {
    const policy = this.#peek?.policy;
    if (policy === undefined || policy.mode === 'HL_MODE') return;
    this.#command(`takeover:${accountId}`, {
      type: 'SetRoutingPolicy',
      shard: this.shard,
      policy: { ...policy, mode: 'HL_MODE' },
    }).catch((cause: unknown) => this.#options.logger.error('HL_MODE could not be set', { cause: String(cause) }));
  }

  /** Whoever holds at an hour is fixed before anything is decided after it. */
  #decide(command: ShardCommand): Promise<CommandResult> {
    this.#funding.closeHours();
    return this.host.submit({ command, facts: this.#options.facts() });
  }

  /** What the host itself commands is idempotent by the state it meets, so each attempt has an id of its own. */
  #command(subject: string, command: HostCommand): Promise<CommandResult> {
    const receivedAt = this.#options.clock.now();
    this.#hostCommands += 1;
    return this.#decide({ ...command, commandId: `${subject}:${receivedAt}:${this.#hostCommands}`, receivedAt });
  }

  #bookFill({ venueCloid, accountId }: Addressed, fill: VenueFill): Promise<CommandResult> {
    return this.#command(`fill:${venueCloid}`, { type: 'BookVenueFill', accountId, venueCloid, fill });
  }

  #resolve({ venueCloid, accountId }: Addressed, fate: VenueFate): Promise<CommandResult> {
    return this.#command(`fate:${venueCloid}`, { type: 'ResolveVenueOrder', accountId, venueCloid, fate });
  }

  #liveRequests(which: 'undecided' | 'all'): readonly VenueOrderRequest[] {
    if (this.#peek === undefined) return [];
    const orders = which === 'all' ? [...this.#peek.venueOrders.values()] : pendingVenueOrders(this.#peek);
    return orders.map(({ request }) => request);
  }

  #committed(seq: number, entry: CommittedEntry): void {
    // Before all else: an order waits for its bytes to leave, everybody else only for the picture.
    this.venueOrders.committed(entry.events);
    this.#risk.committed(entry.streamId, entry.events);
    const update = this.#follower.follow({ shard: this.shard, seq }, entry);
    if (update === undefined) return;
    this.#options.publish(update);
    this.#settlements.touched(update.orders.map(({ order }) => order.orderId));
  }
}

const isAccountEvent = (event: ShardEvent): event is AccountEvent => !isShardWide(event);
