/** What a shard is asked and what it answers. Types, and which stream they belong to. */
import type {
  AccountCommand,
  AccountEvent,
  CommandResult,
  FeeSchedule,
  Markets,
  VenueContext,
} from '../account/index.ts';
import type { DeviationEvent } from '../deviation/index.ts';
import type { FundingEvent, FundingRate } from '../funding/index.ts';
import type { Usd } from '../money/index.ts';
import type { Route, RoutingPolicy } from '../routing/index.ts';
import { CONFIG_STREAM, FUNDING_STREAM } from './state.ts';

export type WithoutFacts<Command> = Command extends AccountCommand ? Omit<Command, 'context' | 'at'> : never;

/** Configuration enters a shard only as a journaled command (group `config` of its queue). */
export interface ConfigCommand {
  readonly type: 'SetRoutingPolicy';
  readonly commandId: string;
  readonly shard: number;
  readonly receivedAt: number;
  readonly policy: RoutingPolicy;
  readonly fees?: FeeSchedule;
}

interface FundingCommandBase {
  readonly commandId: string;
  readonly shard: number;
  readonly receivedAt: number;
  /** ms, a multiple of an hour. */
  readonly hour: number;
}

export type FundingCommand =
  /** Fixes the holders of every hour up to this one. The host sends it before its first decision of an hour. */
  | (FundingCommandBase & { readonly type: 'CloseFundingHour' })
  /** The venue's rates of a closed hour; each symbol and route is settled once. */
  | (FundingCommandBase & {
      readonly type: 'SettleFundingHour';
      readonly rates: readonly FundingRate[];
      readonly source: string;
    })
  /** What has accrued on these routes is to be posted; the host does it, account by account. */
  | (FundingCommandBase & { readonly type: 'StartFundingPosting'; readonly routes: readonly Route[] })
  /** The host has asked every account. */
  | (FundingCommandBase & { readonly type: 'FinishFundingPosting' });

interface DeviationCommandBase {
  readonly commandId: string;
  readonly shard: number;
  readonly receivedAt: number;
  readonly symbol: string;
}

/** Group `config` of the shard's queue, as settings. */
export type DeviationCommand =
  /** The reserve pays the amount (10⁻⁶ USD; negative = receives it) to the venue's account, once for the id. */
  | (DeviationCommandBase & { readonly type: 'CoverDeviation'; readonly id: string; readonly amount: Usd })
  /** Stops opens of the symbol at the venue for a cause, or takes that cause back; the newest word holds. */
  | (DeviationCommandBase & {
      readonly type: 'StopVenueOpens';
      readonly cause: string;
      readonly isStopped: boolean;
      readonly decidedAt: number;
    });

/** Any command, before the shard has added time, market and its own facts. */
export type ShardCommand = WithoutFacts<AccountCommand> | ConfigCommand | FundingCommand | DeviationCommand;

export interface RoutingPolicySet {
  readonly type: 'RoutingPolicySet';
  readonly policy: RoutingPolicy;
  readonly fees: FeeSchedule;
}

export type ShardEvent = AccountEvent | ShardWideEvent;
export type ShardWideEvent = RoutingPolicySet | FundingEvent | DeviationEvent;

/** Facts of the whole shard, not of an account. */
export const isShardWide = (event: ShardEvent): event is ShardWideEvent => SHARD_WIDE.has(event.type);

const SHARD_WIDE: ReadonlySet<string> = new Set<ShardWideEvent['type']>([
  'RoutingPolicySet',
  'HourClosed',
  'FundingSettled',
  'FundingPostingStarted',
  'FundingPostingDone',
  'DeviationCovered',
  'VenueOpensSet',
]);

/** What the host knows of the moment. `venue.nextNonce` is a floor: the shard takes a higher one where it has used it. */
export interface ShardFacts {
  readonly at: number;
  readonly markets: Markets;
  readonly venue: VenueContext;
}

/** The facts of one command as they are journaled. */
export interface ShardEntry {
  readonly commandId: string;
  readonly streamId: string;
  readonly at: number;
  readonly events: readonly ShardEvent[];
  readonly result?: CommandResult;
}

/** `refused` = nothing happened that must be remembered: the sender is answered, nothing is journaled. */
export type ShardDecision =
  | {
      readonly outcome: 'accepted';
      readonly streamId: string;
      readonly events: readonly ShardEvent[];
      readonly result: CommandResult;
    }
  | { readonly outcome: 'refused'; readonly streamId: string; readonly result: CommandResult };

export function streamOf(command: ShardCommand): string {
  if (command.type === 'SetRoutingPolicy' || isDeviationCommand(command)) return CONFIG_STREAM;
  return 'accountId' in command ? command.accountId : FUNDING_STREAM;
}

export const isDeviationCommand = (command: ShardCommand): command is DeviationCommand =>
  command.type === 'CoverDeviation' || command.type === 'StopVenueOpens';
