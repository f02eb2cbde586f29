import type { CancelOutcome, CommandResult, OrderOutcome } from '@perps/domain/account';
import { averagePrice } from '@perps/domain/money';
import type { OrderRecord } from '@perps/contracts/engine';
import type { Clock } from '@perps/runtime/ports';

/** An undecided venue leg is answered as resting after this long (spec 01). */
export const ANSWER_MS_MAX = 8_000;

export interface Settlements {
  /** Tells that these orders changed (after commit). */
  touched(orderIds: Iterable<number>): void;
  /** The result with every `pending` outcome replaced by what became of its order, at the latest after 8 s. */
  settle(result: CommandResult, recordOf: (orderId: number) => OrderRecord | undefined): Promise<CommandResult>;
}

/** Lets callers wait until the fate of their orders at the venue is certain. */
export function createSettlements(clock: Clock): Settlements {
  const waiting = new Map<number, Set<() => void>>();

  return {
    touched(orderIds) {
      for (const orderId of orderIds) for (const wake of waiting.get(orderId) ?? []) wake();
    },
    async settle(result, recordOf) {
      const orderIds = pendingOrders(result);
      if (orderIds.length === 0) return result;
      const isSettled = (orderId: number): boolean =>
        recordOf(orderId)?.status !== 'pending' && !isCancelOpen(result, recordOf(orderId));
      await Promise.all(orderIds.map((orderId) => untilSettled(orderId, isSettled)));
      return withFates(result, recordOf);
    },
  };

  async function untilSettled(orderId: number, isSettled: (orderId: number) => boolean): Promise<void> {
    if (isSettled(orderId)) return;
    const deadline = new AbortController();
    const wakes = waiting.get(orderId) ?? new Set<() => void>();
    waiting.set(orderId, wakes);
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        if (isSettled(orderId)) resolve();
      };
      wakes.add(wake);
      void clock.sleep(ANSWER_MS_MAX, deadline.signal).then(() => {
        wakes.delete(wake);
        if (wakes.size === 0) waiting.delete(orderId);
        resolve();
      });
    });
    // With a reason of our own: the default one is an error with a stack, for every order.
    deadline.abort('settled');
  }
}

/** Orders a result leaves undecided. */
function pendingOrders(result: CommandResult): readonly number[] {
  if (result.kind === 'orders')
    return result.orders.flatMap((outcome) => (outcome.status === 'pending' ? [outcome.orderId] : []));
  if (result.kind === 'cancels')
    return result.cancels.flatMap((outcome) => (outcome.status === 'pending' ? [outcome.orderId] : []));
  return [];
}

/** A cancel is certain when its order has ended, or when the venue refused the cancel. */
function isCancelOpen(result: CommandResult, record: OrderRecord | undefined): boolean {
  if (result.kind !== 'cancels' || record === undefined) return false;
  return record.status === 'open' && record.order.legs.some((leg) => leg.isCancelRequested === true);
}

function withFates(result: CommandResult, recordOf: (orderId: number) => OrderRecord | undefined): CommandResult {
  if (result.kind === 'orders') {
    const orders = result.orders.map((outcome) =>
      outcome.status === 'pending' ? fateOfOrder(outcome, recordOf(outcome.orderId)) : outcome,
    );
    const [entry] = orders;
    const isEntry = orders.some(({ status }) => status === 'waitingForFill');
    if (isEntry && entry?.status === 'refused') return { kind: 'orders', orders: orders.map(() => entry) };
    return {
      kind: 'orders',
      orders: orders.map((outcome) =>
        outcome.status === 'waitingForFill' ? fateOfChild(outcome, entry, recordOf(outcome.orderId)) : outcome,
      ),
    };
  }
  if (result.kind === 'cancels') {
    return {
      kind: 'cancels',
      cancels: result.cancels.map((outcome) =>
        outcome.status === 'pending' ? fateOfCancel(outcome, recordOf(outcome.orderId)) : outcome,
      ),
    };
  }
  return result;
}

/** What a door tells of an order: executed parts first, then resting, then why not. */
export function fateOfOrder(
  pending: Extract<OrderOutcome, { status: 'pending' }>,
  record: OrderRecord | undefined,
): OrderOutcome {
  if (record === undefined) return pending;
  const { order, status } = record;
  const identity = { orderId: order.orderId, ...(order.cloid === undefined ? {} : { cloid: order.cloid }) };
  if (order.filledSize > 0n) {
    const average = averagePrice(order.filledNotional, order.filledSize);
    return { status: 'filled', ...identity, filledSize: order.filledSize, averagePrice: average, symbol: order.symbol };
  }
  if (status === 'open') return { status: 'resting', ...identity };
  if (status === 'pending') return pending;
  if (status === 'rejected')
    return { status: 'refused', rejection: { reason: 'VenueRefused', cause: record.cause ?? 'rejected' } };
  return { status: 'refused', rejection: { reason: 'NothingToMatch' } };
}

/** It waits for the mark where its entry has filled meanwhile. */
function fateOfChild(
  child: Extract<OrderOutcome, { status: 'waitingForFill' }>,
  entry: OrderOutcome | undefined,
  record: OrderRecord | undefined,
): OrderOutcome {
  if (entry?.status !== 'filled' || record === undefined) return child;
  const isWaitingForFill = record.untriggered?.isArmed === false && record.status === 'untriggered';
  return isWaitingForFill ? child : { ...child, status: 'waitingForTrigger' };
}

function fateOfCancel(
  pending: Extract<CancelOutcome, { status: 'pending' }>,
  record: OrderRecord | undefined,
): CancelOutcome {
  if (record === undefined || record.status === 'pending') return pending;
  if (record.status === 'canceled') return { status: 'canceled' };
  return { status: 'refused', rejection: { reason: 'OrderNotFound' } };
}
