import type { CommandResult } from '@perps/domain/account';
import {
  apply,
  checks,
  decideCommand,
  deserialize,
  initialShard,
  known,
  type SerializedShard,
  serialize,
  SHARD_SCHEMA_VERSION,
  type ShardCommand,
  type ShardEvent,
  type ShardFacts,
  type ShardState,
} from '@perps/domain/shard';
import { type BatchCodec, createBatchCodec, packState, unpackState } from '@perps/contracts/journal';
import type { ShardMachine } from '@perps/runtime/shard';

/** A command with the facts of the moment it is decided in. */
export interface TradingCommand {
  readonly command: ShardCommand;
  readonly facts: ShardFacts;
}

export type TradingMachine = ShardMachine<ShardState, TradingCommand, ShardEvent, CommandResult>;

/** The domain's shard as the runtime hosts it. `onApplied` hears every entry at once, live or replayed. */
export function createTradingMachine(options: {
  readonly shard: number;
  readonly onApplied?: (events: readonly ShardEvent[]) => void;
}): TradingMachine {
  return {
    schemaVersion: SHARD_SCHEMA_VERSION,
    initial: () => initialShard(options.shard),
    commandId: ({ command }) => command.commandId,
    known: (state, { command }) => known(state, command),
    decide: (state, { command, facts }) => decideCommand(state, command, facts),
    apply(state, entry) {
      apply(state, entry);
      options.onApplied?.(entry.events);
    },
    serialize: (state) => packState(serialize(state)),
    deserialize: (bytes) => deserialize(unpackState<SerializedShard>(bytes)),
    checks,
  };
}

export const tradingCodec: BatchCodec<ShardEvent, CommandResult> = createBatchCodec<ShardEvent, CommandResult>();
