/** Accounts without money rules: Gtc and Alo orders rest, Ioc orders fill at their limit. */
import {
  type AccountUpdate,
  accountIdOf,
  type DoorCommand,
  type FillRecord,
  type OrderRecord,
  shardOf,
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
  type Signed,
} from '@perps/domain/account';
import { usd, ZERO_SIZE, ZERO_USD } from '@perps/domain/money';
import { judgeNonceOf, withNonce } from '@perps/domain/nonces';

export const SHARDS = 2;

export interface FakeAccount {
  state: AccountState;
  /** By order id, in the order of their placing. */
  readonly records: Map<number, OrderRecord>;
  readonly fills: FillRecord[];
}

interface Changes {
  readonly orders: OrderRecord[];
  readonly fills: FillRecord[];
}

const refused = (rejection: Rejection): CommandResult => ({ kind: 'refused', rejection });

export class FakeAccounts {
  readonly #accounts = new Map<string, FakeAccount>();
  readonly #publish: (update: AccountUpdate) => void;
  #lastId = 1_000;
  #seq = 0;

  constructor(publish: (update: AccountUpdate) => void) {
    this.#publish = publish;
  }

  open(owner: string, wallet: bigint): string {
    const accountId = accountIdOf(owner);
    const state = { ...accountDecider.initialState(accountId), owner, wallet: usd(wallet) };
    this.#accounts.set(accountId, { state, records: new Map(), fills: [] });
    return accountId;
  }

  find(accountId: string): FakeAccount | undefined {
    return this.#accounts.get(accountId);
  }

  decide(command: DoorCommand): CommandResult {
    const account = this.find(command.accountId);
    if (account === undefined) return refused({ reason: 'UnknownAccount' });
    const rejection = command.signed === undefined ? undefined : consume(account, command.signed);
    if (rejection !== undefined) return refused(rejection);
    switch (command.type) {
      case 'PlaceOrders':
        return this.#place(account, command.orders);
      case 'CancelOrders':
        return this.#cancel(account, command.targets);
      case 'ModifyOrders':
        this.#cancel(
          account,
          command.modifies.map(({ order, target }) => ({ symbol: order.symbol, ...target })),
        );
        return this.#place(
          account,
          command.modifies.map(({ order }) => order),
        );
      case 'ApproveAgent':
        patch(account, { agents: [...account.state.agents, command.agent] });
        return { kind: 'done' };
      default:
        return { kind: 'done' };
    }
  }

  #place(account: FakeAccount, requests: readonly OrderRequest[]): CommandResult {
    const changes: Changes = { orders: [], fills: [] };
    const orders = requests.map((request) => this.#placeOne(account, request, changes));
    this.#announce(account, changes);
    return { kind: 'orders', orders };
  }

  #placeOne(account: FakeAccount, request: OrderRequest, changes: Changes): OrderOutcome {
    this.#lastId += 1;
    const orderId = this.#lastId;
    const isFilled = request.timeInForce === 'IOC';
    const order: Order = {
      ...request,
      orderId,
      legs: [],
      filledSize: isFilled ? request.size : ZERO_SIZE,
      filledNotional: ZERO_USD,
      orderMargin: ZERO_USD,
      placedAt: Date.now(),
    };
    record(account, order, { status: isFilled ? 'filled' : 'open', changes });
    const ids = { orderId, ...(request.cloid === undefined ? {} : { cloid: request.cloid }) };
    if (!isFilled) {
      patch(account, { orders: [...account.state.orders, order] });
      return { status: 'resting', ...ids };
    }
    const fill = fillOf(account.state.accountId, order);
    account.fills.push(fill);
    changes.fills.push(fill);
    const { size: filledSize, limitPrice: averagePrice, symbol } = request;
    return { status: 'filled', ...ids, filledSize, averagePrice, symbol };
  }

  #cancel(account: FakeAccount, targets: readonly OrderTarget[]): CommandResult {
    const changes: Changes = { orders: [], fills: [] };
    const cancels = targets.map((target): CancelOutcome => {
      const order = account.state.orders.find((candidate) =>
        'orderId' in target ? candidate.orderId === target.orderId : candidate.cloid === target.cloid,
      );
      if (order === undefined) return { status: 'refused', rejection: { reason: 'OrderNotFound' } };
      patch(account, { orders: account.state.orders.filter(({ orderId }) => orderId !== order.orderId) });
      record(account, order, { status: 'canceled', changes });
      return { status: 'canceled' };
    });
    this.#announce(account, changes);
    return { kind: 'cancels', cancels };
  }

  #announce({ state: { accountId } }: FakeAccount, changes: Changes): void {
    this.#seq += 1;
    const shard = shardOf(accountId, SHARDS);
    this.#publish({ shard, seq: this.#seq, accountId, at: Date.now(), events: [], ...changes });
  }
}

/** Changes the account outside of any command. */
export function patch(account: FakeAccount, change: Partial<AccountState>): void {
  account.state = { ...account.state, ...change };
}

function consume(account: FakeAccount, { signer, nonce }: Signed): Rejection | undefined {
  const { state } = account;
  if (state.owner !== signer && !state.agents.some(({ address }) => address === signer)) {
    return { reason: 'UnknownSigner', signer };
  }
  const judged = judgeNonceOf(state.nonces, { signer, nonce }, Date.now());
  if (judged.verdict === 'duplicate') return { reason: 'DuplicateNonce', nonce };
  if (judged.verdict === 'tooLow') return { reason: 'NonceTooLow', nonce, floor: judged.floor };
  if (judged.verdict === 'tooHigh') return { reason: 'NonceTooHigh', nonce, ceiling: judged.ceiling };
  patch(account, { nonces: withNonce(state.nonces, { signer, nonce }) });
  return undefined;
}

function record(
  account: FakeAccount,
  order: Order,
  how: { readonly status: OrderRecord['status']; readonly changes: Changes },
): void {
  const { accountId } = account.state;
  const told: OrderRecord = { accountId, order, status: how.status, statusAt: Date.now() };
  account.records.set(order.orderId, told);
  how.changes.orders.push(told);
}

const fillOf = (accountId: string, order: Order): FillRecord => ({
  accountId,
  tradeId: order.orderId,
  orderId: order.orderId,
  ...(order.cloid === undefined ? {} : { cloid: order.cloid }),
  symbol: order.symbol,
  side: order.side,
  price: order.limitPrice,
  size: order.size,
  startSize: ZERO_SIZE,
  closedPnl: ZERO_USD,
  fee: usd(1n),
  builderFee: ZERO_USD,
  liquidity: 'taker',
  route: 'INTERNAL',
  time: Date.now(),
  hash: `0x${'1'.repeat(64)}`,
});
