/** An engine of one process for the gateway's tests: the real RPC in front of a table of accounts. */
import { createRpcServer, type RpcHandler, RpcError, type RpcServer } from '@perps/adapters/rpc';
import {
  type AccountUpdate,
  accountIdOf,
  type DoorCommand,
  type EngineMethods,
  type FillRecord,
  shardResource,
  UPDATES_TOPIC,
} from '@perps/contracts/engine';
import type { AccountState, CommandResult } from '@perps/domain/account';
import { type LeaseStore, silentLogger } from '@perps/runtime/ports';
import { FakeAccounts, patch, SHARDS } from './fake-accounts.ts';

export { SHARDS };

type Scripted = CommandResult | { readonly code: string } | 'never';

export interface FakeEngine {
  /** Commands that reached the engine, in order. */
  readonly commands: DoorCommand[];
  openAccount(owner: string, wallet: bigint): string;
  account(owner: string): AccountState | undefined;
  /** Changes an account outside of any command. */
  change(owner: string, change: Partial<AccountState>): void;
  /** Fills from before the test, oldest first. */
  addFills(owner: string, fills: readonly FillRecord[]): void;
  publish(update: AccountUpdate): void;
  /** Answers the next command so, whatever it is. */
  answerNext(answer: Scripted): void;
  claimLeases(leases: LeaseStore): Promise<void>;
  close(): Promise<void>;
}

export async function startFakeEngine(): Promise<FakeEngine> {
  const commands: DoorCommand[] = [];
  const scripted: Scripted[] = [];
  let server: RpcServer | undefined;
  const publish = (update: AccountUpdate): void => server?.publish(UPDATES_TOPIC, update);
  const accounts = new FakeAccounts(publish);

  const handlers = { submit: submitHandler({ accounts, commands, scripted }), ...queryHandlers(accounts) };
  server = await createRpcServer({ handlers, topics: { [UPDATES_TOPIC]: {} }, logger: silentLogger });
  const rpc = server;
  const address = `ws://127.0.0.1:${rpc.port}`;
  return {
    commands,
    openAccount: (owner, wallet) => accounts.open(owner, wallet),
    account: (owner) => accounts.find(accountIdOf(owner))?.state,
    change(owner, change) {
      const account = accounts.find(accountIdOf(owner));
      if (account !== undefined) patch(account, change);
    },
    addFills: (owner, fills) => void accounts.find(accountIdOf(owner))?.fills.push(...fills),
    publish,
    answerNext: (answer) => void scripted.push(answer),
    async claimLeases(leases) {
      for (let shard = 0; shard < SHARDS; shard += 1) {
        await leases.acquire({ resource: shardResource(shard), owner: address, address, ttlMs: 600_000 });
      }
    },
    close: () => rpc.close(),
  };
}

/** Remembers results by command id, as an engine does. */
function submitHandler(deps: {
  readonly accounts: FakeAccounts;
  readonly commands: DoorCommand[];
  readonly scripted: Scripted[];
}): RpcHandler {
  const results = new Map<string, CommandResult>();
  return async (params) => {
    const command = params as DoorCommand;
    deps.commands.push(command);
    const script = deps.scripted.shift();
    if (script === 'never') return new Promise(() => undefined);
    if (script !== undefined && 'code' in script) throw new RpcError(script.code, script.code);
    const result = results.get(command.commandId) ?? script ?? deps.accounts.decide(command);
    results.set(command.commandId, result);
    return result;
  };
}

function queryHandlers(accounts: FakeAccounts): Record<string, RpcHandler> {
  const ofAccount = (params: unknown) => accounts.find((params as EngineMethods['account']['params']).accountId);
  return {
    account: async (params) => {
      const state = ofAccount(params)?.state;
      return state === undefined ? undefined : { ...state, funding: {} };
    },
    orders: async (params) => [...(ofAccount(params)?.records.values() ?? [])].toReversed(),
    fills: async (params) => ofAccount(params)?.fills.toReversed() ?? [],
    order: async (params) => {
      const { orderId, cloid } = params as EngineMethods['order']['params'];
      const records = [...(ofAccount(params)?.records.values() ?? [])].toReversed();
      return records.find(({ order }) => (orderId === undefined ? order.cloid === cloid : order.orderId === orderId));
    },
  };
}
