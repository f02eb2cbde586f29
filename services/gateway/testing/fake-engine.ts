/** An engine of one process for the gateway's tests: the real RPC in front of a table of accounts, no money rules. */
import { createRpcServer, type RpcHandler, RpcError, type RpcServer } from '@perps/adapters/rpc';
import {
  type AccountUpdate,
  accountIdOf,
  type EngineCommand,
  type FillRecord,
  type OrderRecord,
  shardOf,
  shardResource,
  UPDATES_TOPIC,
} from '@perps/contracts/engine';
import {
  accountDecider,
  type AccountState,
  type CancelOutcome,
  type CommandResult,
  type Order,
  type OrderOutcome,
  type OrderRequest,
  type OrderTarget,
  type Rejection,
} from '@perps/domain/account';
import { usd, ZERO_SIZE, ZERO_USD } from '@perps/domain/money';
import { consumeNonce, judgeNonce } from '@perps/domain/nonces';
import { type LeaseStore, silentLogger } from '@perps/runtime/ports';

export const SHARDS = 2;

interface Account {
  state: AccountState;
  readonly records: Map<number, OrderRecord>;
  readonly fills: FillRecord[];
}

export interface FakeEngine {
  /** Commands that reached the engine, in order. */
  readonly commands: EngineCommand[];
  readonly address: string;
  openAccount(owner: string, wallet: bigint): string;
  account(owner: string): AccountState | undefined;
  /** Changes an account outside of any command. */
  change(owner: string, patch: Partial<AccountState>): void;
  publish(update: AccountUpdate): void;
  /** Answers the next command so, whatever it is. */
  answerNext(answer: CommandResult | { readonly code: string } | 'never'): void;
  claimLeases(leases: LeaseStore): Promise<void>;
  close(): Promise<void>;
}

type Scripted = CommandResult | { readonly code: string } | 'never';

export async function startFakeEngine(): Promise<FakeEngine> {
  const accounts = new Map<string, Account>();
  const results = new Map<string, CommandResult>();
  const commands: EngineCommand[] = [];
  const scripted: Scripted[] = [];
  let server: RpcServer | undefined;
  let seq = 0;
  let lastId = 1_000;

  const ofAccount = (params: unknown): Account | undefined => accounts.get((params as { accountId: string }).accountId);

  const handlers: Record<string, RpcHandler> = {
    submit: async (params) => {
      const command = params as EngineCommand;
      commands.push(command);
      const script = scripted.shift();
      if (script === 'never') return new Promise(() => undefined);
      if (script !== undefined && 'code' in script) throw new RpcError(script.code, script.code);
      const known = results.get(command.commandId);
      const result = known ?? script ?? decide(command);
      results.set(command.commandId, result);
      return result;
    },
    account: async (params) => ofAccount(params)?.state,
    orders: async (params) => [...(ofAccount(params)?.records.values() ?? [])].toReversed(),
    fills: async (params) => ofAccount(params)?.fills.toReversed() ?? [],
    order: async (params) => {
      const { orderId, cloid } = params as { orderId?: number; cloid?: string };
      const records = [...(ofAccount(params)?.records.values() ?? [])].toReversed();
      return records.find(({ order }) => (orderId === undefined ? order.cloid === cloid : order.orderId === orderId));
    },
  };

  function decide(command: EngineCommand): CommandResult {
    if (command.type === 'SetRoutingPolicy') return { kind: 'done' };
    const account = accounts.get(command.accountId);
    if (account === undefined) return refused({ reason: 'UnknownAccount' });
    const rejection = checkSigner(account, command);
    if (rejection !== undefined) return refused(rejection);
    if (command.type === 'PlaceOrders') return place(account, command.orders);
    if (command.type === 'CancelOrders') return cancel(account, command.targets);
    if (command.type === 'ModifyOrders') {
      cancel(
        account,
        command.modifies.map(({ order, target }) => ({ symbol: order.symbol, ...target })),
      );
      return place(
        account,
        command.modifies.map(({ order }) => order),
      );
    }
    if (command.type === 'ApproveAgent') patch(account, { agents: [...account.state.agents, command.agent] });
    if (command.type === 'UpdateLeverage') patch(account, { leverage: { [command.symbol]: command.setting } });
    if (command.type === 'ApproveBuilderFee')
      patch(account, { builderFees: { [command.builder]: command.feeRateMax } });
    return { kind: 'done' };
  }

  function checkSigner(
    account: Account,
    { signed }: EngineCommand & { signed?: { signer: string; nonce: number } },
  ): Rejection | undefined {
    if (signed === undefined) return undefined;
    const { signer, nonce } = signed;
    const { state } = account;
    if (state.owner !== signer && !state.agents.some(({ address }) => address === signer)) {
      return { reason: 'UnknownSigner', signer };
    }
    const window = state.nonces[signer] ?? [];
    const judged = judgeNonce(window, nonce, Date.now());
    if (judged.verdict === 'duplicate') return { reason: 'DuplicateNonce', nonce };
    if (judged.verdict === 'tooLow') return { reason: 'NonceTooLow', nonce, floor: judged.floor };
    if (judged.verdict === 'tooHigh') return { reason: 'NonceTooHigh', nonce, ceiling: judged.ceiling };
    patch(account, { nonces: { ...state.nonces, [signer]: consumeNonce(window, nonce) } });
    return undefined;
  }

  /** Gtc and Alo rest, Ioc fills at its limit. */
  function place(account: Account, requests: readonly OrderRequest[]): CommandResult {
    const records: OrderRecord[] = [];
    const fills: FillRecord[] = [];
    const orders = requests.map((request): OrderOutcome => {
      lastId += 1;
      const isFilled = request.timeInForce === 'IOC';
      const order: Order = {
        ...request,
        orderId: lastId,
        legs: [],
        filledSize: isFilled ? request.size : ZERO_SIZE,
        filledNotional: ZERO_USD,
        orderMargin: ZERO_USD,
        placedAt: Date.now(),
      };
      const { accountId } = account.state;
      const record: OrderRecord = { accountId, order, status: isFilled ? 'filled' : 'open', statusAt: Date.now() };
      account.records.set(lastId, record);
      records.push(record);
      const ids = { orderId: lastId, ...(request.cloid === undefined ? {} : { cloid: request.cloid }) };
      if (!isFilled) {
        patch(account, { orders: { ...account.state.orders, [lastId]: order } });
        return { status: 'resting', ...ids };
      }
      const fill: FillRecord = {
        accountId,
        tradeId: lastId,
        ...ids,
        symbol: request.symbol,
        side: request.side,
        price: request.limitPrice,
        size: request.size,
        startSize: ZERO_SIZE,
        closedPnl: ZERO_USD,
        fee: usd(1n),
        builderFee: ZERO_USD,
        liquidity: 'taker',
        route: 'INTERNAL',
        time: Date.now(),
        hash: `0x${'1'.repeat(64)}`,
      };
      account.fills.push(fill);
      fills.push(fill);
      return {
        status: 'filled',
        ...ids,
        filledSize: request.size,
        averagePrice: request.limitPrice,
        symbol: request.symbol,
      };
    });
    publish({ ...update(account), orders: records, fills });
    return { kind: 'orders', orders };
  }

  function cancel(account: Account, targets: readonly OrderTarget[]): CommandResult {
    const records: OrderRecord[] = [];
    const cancels = targets.map((target): CancelOutcome => {
      const order = Object.values(account.state.orders).find((candidate) =>
        'orderId' in target ? candidate.orderId === target.orderId : candidate.cloid === target.cloid,
      );
      if (order === undefined) return { status: 'refused', rejection: { reason: 'OrderNotFound' } };
      const orders = Object.fromEntries(
        Object.entries(account.state.orders).filter(([id]) => id !== String(order.orderId)),
      );
      patch(account, { orders });
      const record: OrderRecord = {
        accountId: account.state.accountId,
        order,
        status: 'canceled',
        statusAt: Date.now(),
      };
      account.records.set(order.orderId, record);
      records.push(record);
      return { status: 'canceled' };
    });
    publish({ ...update(account), orders: records, fills: [] });
    return { kind: 'cancels', cancels };
  }

  function update(account: Account): AccountUpdate {
    seq += 1;
    const { accountId } = account.state;
    return { shard: shardOf(accountId, SHARDS), seq, accountId, at: Date.now(), events: [], orders: [], fills: [] };
  }

  function publish(update: AccountUpdate): void {
    server?.publish(UPDATES_TOPIC, update);
  }

  server = await createRpcServer({ handlers, topics: { [UPDATES_TOPIC]: {} }, logger: silentLogger });
  const rpc = server;
  const address = `ws://127.0.0.1:${rpc.port}`;
  return {
    commands,
    address,
    openAccount(owner, wallet) {
      const accountId = accountIdOf(owner);
      accounts.set(accountId, {
        state: { ...accountDecider.initialState(accountId), owner, wallet: usd(wallet) },
        records: new Map(),
        fills: [],
      });
      return accountId;
    },
    account: (owner) => accounts.get(accountIdOf(owner))?.state,
    change(owner, change) {
      const account = accounts.get(accountIdOf(owner));
      if (account !== undefined) patch(account, change);
    },
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

const refused = (rejection: Rejection): CommandResult => ({ kind: 'refused', rejection });

function patch(account: Account, change: Partial<AccountState>): void {
  account.state = { ...account.state, ...change };
}
