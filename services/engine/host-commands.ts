/** What the engine itself asks of its shard: nobody signed it, and it is idempotent by the state it meets. */
import type { CommandResult, Pricing } from '@perps/domain/account';
import type { ShardCommand, ShardState } from '@perps/domain/shard';

/** A command before it has an id and a time. */
export type HostCommand = ShardCommand extends infer Command
  ? Command extends ShardCommand
    ? Omit<Command, 'commandId' | 'receivedAt'>
    : never
  : never;

export interface HostShard {
  /** The newest state, ahead of the journal: for the host's own decisions only, never for an answer. */
  state(): ShardState | undefined;
  /** Marks and accrued funding of this moment. */
  pricing(): Pricing;
  /** Decides now; resolves once durable. `subject` makes the id readable. */
  command(subject: string, command: HostCommand): Promise<CommandResult>;
}
