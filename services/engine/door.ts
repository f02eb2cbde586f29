import type { AccountPicture, EngineCommand, EngineMethods } from '@perps/contracts/engine';
import { shardOf } from '@perps/contracts/engine';
import { accountOf, fillRecords, orderRecord, orderRecords, type ShardState } from '@perps/domain/shard';
import { RpcError, type RpcHandler } from '@perps/adapters/rpc';
import { NotOwnerError } from '@perps/runtime/shard';
import type { TradingShard } from './shard.ts';

/** The engine's RPC methods over the shards this process owns at the moment. */
export function engineHandlers(options: {
  readonly shardCount: number;
  readonly shard: (index: number) => TradingShard | undefined;
}): Readonly<Record<keyof EngineMethods, RpcHandler>> {
  const owned = (index: number): TradingShard => {
    const shard = options.shard(index);
    if (shard === undefined) throw new RpcError('NotOwner', `shard ${index} is not here`);
    return shard;
  };
  const home = (accountId: string): TradingShard => owned(shardOf(accountId, options.shardCount));

  return {
    submit: async (params) => {
      const command = commandOf(params);
      const shard = 'accountId' in command ? home(command.accountId) : owned(command.shard);
      try {
        return await shard.submit(command);
      } catch (cause) {
        throw isUndecided(cause) ? new RpcError('Timeout', 'the journal left the command undecided', { cause }) : cause;
      }
    },
    account: async (params) => {
      const { accountId } = paramsOf<'account'>(params);
      return await home(accountId).host.query((state) => pictureOf(state, accountId));
    },
    order: async (params) => {
      const wanted = paramsOf<'order'>(params);
      return await home(wanted.accountId).host.query((state) => orderRecord(state, wanted));
    },
    orders: async (params) => {
      const { accountId } = paramsOf<'orders'>(params);
      return await home(accountId).host.query((state) => orderRecords(state, accountId));
    },
    platform: async (params) => {
      const index = isRecord(params) ? params['shard'] : undefined;
      if (typeof index !== 'number') throw new RpcError('BadRequest', 'shard is missing');
      return await owned(index).host.query((state) => Object.fromEntries(state.platform));
    },
    fills: async (params) => {
      const { accountId } = paramsOf<'fills'>(params);
      return await home(accountId).host.query((state) => fillRecords(state, accountId));
    },
  };
}

/**
 * A commit that failed names its cause, and may have landed all the same: the next owner knows. `NotOwner` would tell
 * the door that nothing has happened.
 */
const isUndecided = (error: unknown): boolean => error instanceof NotOwnerError && error.cause !== undefined;

/** Doors validate what traders send; here only the shape that routing rests on is checked. */
function commandOf(params: unknown): EngineCommand {
  const isCommand = isRecord(params) && typeof params['type'] === 'string' && typeof params['commandId'] === 'string';
  const isPlaced = isRecord(params) && (typeof params['accountId'] === 'string' || typeof params['shard'] === 'number');
  if (!isCommand || !isPlaced) throw new RpcError('BadRequest', 'not a command');
  return params as unknown as EngineCommand;
}

function paramsOf<Method extends Exclude<keyof EngineMethods, 'submit' | 'platform'>>(
  params: unknown,
): EngineMethods[Method]['params'] {
  if (!isRecord(params) || typeof params['accountId'] !== 'string')
    throw new RpcError('BadRequest', 'accountId is missing');
  return params as unknown as EngineMethods[Method]['params'];
}

/** The indexes as they are now: the shard's own change in place. */
function pictureOf(state: ShardState, accountId: string): AccountPicture | undefined {
  const account = accountOf(state, accountId);
  return account === undefined ? undefined : { ...account, funding: { ...state.funding.indexes } };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
