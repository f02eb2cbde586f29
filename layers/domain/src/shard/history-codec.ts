/** Orders and fills as bytes. Their field order is the format: a change of it is a new `SHARD_SCHEMA_VERSION`. */
import type { EndStatus, Grouping, Order, OrderLeg, TimeInForce, Trigger, TriggerOrder } from '../account/index.ts';
import { price, size, usd } from '../money/index.ts';
import type { RoutingDecision, RoutingMode, RoutingReason } from '../routing/index.ts';
import { type EndedRecord, type FillRecord, NO_TRANSACTION, triggerRecord } from './history.ts';
import {
  type Packer,
  putAmount,
  putByte,
  putNumber,
  putText,
  takeAmount,
  takeByte,
  takeNumber,
  takeText,
  type Unpacker,
  wordsOf,
} from './packing.ts';

const STATUSES = wordsOf<EndStatus>({
  filled: 0,
  canceled: 1,
  rejected: 2,
  expired: 3,
  iocCancelRejected: 4,
  reduceOnlyCanceled: 5,
  marginCanceled: 6,
  selfTradeCanceled: 7,
  neverArrived: 8,
  triggered: 9,
  siblingFilledCanceled: 10,
  scheduledCancel: 11,
  liquidatedCanceled: 12,
  badTriggerPxRejected: 13,
  positionIncreaseAtOpenInterestCapRejected: 14,
});
const REASONS = wordsOf<RoutingReason>({
  within_threshold: 0,
  over_threshold: 1,
  hl_mode: 2,
  closes_internal_position: 3,
  closes_hyperliquid_position: 4,
  symbol_not_internalised: 5,
  betting_disabled: 6,
  hl_latency_exceeded: 7,
  quote_stale: 8,
  price_held: 9,
  volatility_exceeded: 10,
  held: 11,
  net_exposure_limit: 12,
  total_exposure_limit: 13,
  user_internal_cap: 14,
  split_window: 15,
});
const MODES = wordsOf<RoutingMode>({ HL_MODE: 0, NORMAL_MODE: 1, BETTING_MODE: 2 });
const TIMES_IN_FORCE = wordsOf<TimeInForce>({ GTC: 0, IOC: 1, ALO: 2 });
const GROUPINGS = wordsOf<Grouping>({ na: 0, normalTpsl: 1, positionTpsl: 2 });
const LEG_STATUSES = wordsOf<OrderLeg['status']>({ pending: 0, open: 1, done: 2 });
const CANCEL_CAUSES = wordsOf<NonNullable<OrderLeg['cancelCause']>>({
  user: 0,
  expired: 1,
  reduceOnly: 2,
  scheduled: 3,
  liquidated: 4,
});

/** Yes-or-no facts in one number, the first the lowest bit. */
function bitsOf(...facts: readonly boolean[]): number {
  let bits = 0;
  for (let index = 0; index < facts.length; index += 1) bits |= facts[index] === true ? 1 << index : 0;
  return bits;
}
const hasBit = (bits: number, index: number): boolean => ((bits >> index) & 1) === 1;

/** The order id comes first: a search need not read further. */
export function putOrderRecord(packer: Packer, record: EndedRecord): void {
  const { order, status, cause, statusAt, untriggered } = record;
  putNumber(packer, order.orderId);
  putByte(packer, bitsOf(cause !== undefined, untriggered !== undefined));
  STATUSES.put(packer, status);
  putNumber(packer, statusAt);
  if (cause !== undefined) putText(packer, cause);
  if (untriggered === undefined) putOrder(packer, order);
  else putTrigger(packer, untriggered);
}

export function takeOrderRecord(unpacker: Unpacker, accountId: string): EndedRecord {
  const orderId = takeNumber(unpacker);
  const bits = takeByte(unpacker);
  const status = STATUSES.take(unpacker);
  const statusAt = takeNumber(unpacker);
  const cause = hasBit(bits, 0) ? { cause: takeText(unpacker) } : {};
  if (!hasBit(bits, 1)) return { accountId, order: takeOrder(unpacker, orderId), status, ...cause, statusAt };
  return { ...triggerRecord(accountId, takeTrigger(unpacker, orderId)), status, ...cause, statusAt };
}

function putOrder(packer: Packer, order: Order): void {
  const { cloid, expiresAt, trigger, liquidationId, twapId } = order;
  putByte(
    packer,
    bitsOf(
      order.side === 'buy',
      order.reduceOnly,
      cloid !== undefined,
      expiresAt !== undefined,
      trigger !== undefined,
      liquidationId !== undefined,
      twapId !== undefined,
    ),
  );
  if (cloid !== undefined) putText(packer, cloid);
  if (expiresAt !== undefined) putNumber(packer, expiresAt);
  if (trigger !== undefined) putCondition(packer, trigger);
  if (liquidationId !== undefined) putText(packer, liquidationId);
  if (twapId !== undefined) putNumber(packer, twapId);
  putText(packer, order.symbol);
  putAmount(packer, order.size);
  putAmount(packer, order.limitPrice);
  TIMES_IN_FORCE.put(packer, order.timeInForce);
  putAmount(packer, order.filledSize);
  putAmount(packer, order.filledNotional);
  putAmount(packer, order.orderMargin);
  putNumber(packer, order.placedAt);
  putNumber(packer, order.legs.length);
  for (const leg of order.legs) putLeg(packer, leg);
}

function takeOrder(unpacker: Unpacker, orderId: number): Order {
  const bits = takeByte(unpacker);
  const cloid = hasBit(bits, 2) ? { cloid: takeText(unpacker) } : {};
  const expiresAt = hasBit(bits, 3) ? { expiresAt: takeNumber(unpacker) } : {};
  const trigger = hasBit(bits, 4) ? { trigger: takeCondition(unpacker) } : {};
  const liquidationId = hasBit(bits, 5) ? { liquidationId: takeText(unpacker) } : {};
  const twapId = hasBit(bits, 6) ? { twapId: takeNumber(unpacker) } : {};
  return {
    orderId,
    ...cloid,
    symbol: takeText(unpacker),
    side: hasBit(bits, 0) ? 'buy' : 'sell',
    size: size(takeAmount(unpacker)),
    limitPrice: price(takeAmount(unpacker)),
    timeInForce: TIMES_IN_FORCE.take(unpacker),
    reduceOnly: hasBit(bits, 1),
    filledSize: size(takeAmount(unpacker)),
    filledNotional: usd(takeAmount(unpacker)),
    orderMargin: usd(takeAmount(unpacker)),
    placedAt: takeNumber(unpacker),
    legs: Array.from({ length: takeNumber(unpacker) }, () => takeLeg(unpacker)),
    ...expiresAt,
    ...trigger,
    ...liquidationId,
    ...twapId,
  };
}

function putLeg(packer: Packer, leg: OrderLeg): void {
  const { venueCloid, venueOrderId, isCancelRequested, cancelCause, openingSize, ending } = leg;
  putByte(
    packer,
    bitsOf(
      leg.route === 'INTERNAL',
      venueCloid !== undefined,
      venueOrderId !== undefined,
      isCancelRequested !== undefined,
      isCancelRequested === true,
      cancelCause !== undefined,
      openingSize !== undefined,
      ending !== undefined,
    ),
  );
  LEG_STATUSES.put(packer, leg.status);
  putAmount(packer, leg.size);
  putAmount(packer, leg.filledSize);
  putDecision(packer, leg.decision);
  if (venueCloid !== undefined) putText(packer, venueCloid);
  if (venueOrderId !== undefined) putNumber(packer, venueOrderId);
  if (cancelCause !== undefined) CANCEL_CAUSES.put(packer, cancelCause);
  if (openingSize !== undefined) putAmount(packer, openingSize);
  if (ending === undefined) return;
  putByte(packer, bitsOf(ending.cause !== undefined));
  putAmount(packer, ending.executedSize);
  STATUSES.put(packer, ending.status);
  if (ending.cause !== undefined) putText(packer, ending.cause);
}

function takeLeg(unpacker: Unpacker): OrderLeg {
  const bits = takeByte(unpacker);
  return {
    route: hasBit(bits, 0) ? 'INTERNAL' : 'HYPERLIQUID',
    status: LEG_STATUSES.take(unpacker),
    size: size(takeAmount(unpacker)),
    filledSize: size(takeAmount(unpacker)),
    decision: takeDecision(unpacker),
    ...(hasBit(bits, 1) ? { venueCloid: takeText(unpacker) } : {}),
    ...(hasBit(bits, 2) ? { venueOrderId: takeNumber(unpacker) } : {}),
    ...(hasBit(bits, 3) ? { isCancelRequested: hasBit(bits, 4) } : {}),
    ...(hasBit(bits, 5) ? { cancelCause: CANCEL_CAUSES.take(unpacker) } : {}),
    ...(hasBit(bits, 6) ? { openingSize: size(takeAmount(unpacker)) } : {}),
    ...(hasBit(bits, 7) ? { ending: takeEnding(unpacker) } : {}),
  };
}

function takeEnding(unpacker: Unpacker): NonNullable<OrderLeg['ending']> {
  const bits = takeByte(unpacker);
  const executedSize = size(takeAmount(unpacker));
  const status = STATUSES.take(unpacker);
  return { executedSize, status, ...(hasBit(bits, 0) ? { cause: takeText(unpacker) } : {}) };
}

function putDecision(packer: Packer, decision: RoutingDecision): void {
  putByte(packer, bitsOf(decision.route === 'INTERNAL'));
  REASONS.put(packer, decision.reason);
  MODES.put(packer, decision.mode);
  putAmount(packer, decision.thresholdUsed);
  putNumber(packer, decision.policyVersion);
}

const takeDecision = (unpacker: Unpacker): RoutingDecision => ({
  route: hasBit(takeByte(unpacker), 0) ? 'INTERNAL' : 'HYPERLIQUID',
  reason: REASONS.take(unpacker),
  mode: MODES.take(unpacker),
  thresholdUsed: usd(takeAmount(unpacker)),
  policyVersion: takeNumber(unpacker),
});

function putCondition(packer: Packer, trigger: Trigger): void {
  putByte(packer, bitsOf(trigger.kind === 'stop', trigger.isMarket));
  putAmount(packer, trigger.price);
}

function takeCondition(unpacker: Unpacker): Trigger {
  const bits = takeByte(unpacker);
  return {
    price: price(takeAmount(unpacker)),
    kind: hasBit(bits, 0) ? 'stop' : 'takeProfit',
    isMarket: hasBit(bits, 1),
  };
}

function putTrigger(packer: Packer, trigger: TriggerOrder): void {
  const { cloid, parentId } = trigger;
  const { reduceOnly, isArmed } = trigger;
  putByte(packer, bitsOf(trigger.side === 'buy', reduceOnly, isArmed, cloid !== undefined, parentId !== undefined));
  if (cloid !== undefined) putText(packer, cloid);
  if (parentId !== undefined) putNumber(packer, parentId);
  putText(packer, trigger.symbol);
  putAmount(packer, trigger.size);
  putAmount(packer, trigger.limitPrice);
  putCondition(packer, trigger.trigger);
  GROUPINGS.put(packer, trigger.grouping);
  putNumber(packer, trigger.placedAt);
  putNumber(packer, trigger.siblings.length);
  for (const siblingId of trigger.siblings) putNumber(packer, siblingId);
}

function takeTrigger(unpacker: Unpacker, orderId: number): TriggerOrder {
  const bits = takeByte(unpacker);
  const cloid = hasBit(bits, 3) ? { cloid: takeText(unpacker) } : {};
  const parentId = hasBit(bits, 4) ? { parentId: takeNumber(unpacker) } : {};
  return {
    orderId,
    ...cloid,
    symbol: takeText(unpacker),
    side: hasBit(bits, 0) ? 'buy' : 'sell',
    size: size(takeAmount(unpacker)),
    limitPrice: price(takeAmount(unpacker)),
    reduceOnly: hasBit(bits, 1),
    trigger: takeCondition(unpacker),
    grouping: GROUPINGS.take(unpacker),
    placedAt: takeNumber(unpacker),
    siblings: Array.from({ length: takeNumber(unpacker) }, () => takeNumber(unpacker)),
    isArmed: hasBit(bits, 2),
    ...parentId,
  };
}

export function putFillRecord(packer: Packer, fill: FillRecord): void {
  const { cloid, twapId, liquidationMark } = fill;
  const isOwn = fill.hash === NO_TRANSACTION;
  putByte(
    packer,
    bitsOf(
      fill.side === 'buy',
      fill.liquidity === 'taker',
      fill.route === 'INTERNAL',
      cloid !== undefined,
      isOwn,
      twapId !== undefined,
      liquidationMark !== undefined,
    ),
  );
  if (cloid !== undefined) putText(packer, cloid);
  if (!isOwn) putText(packer, fill.hash);
  if (twapId !== undefined) putNumber(packer, twapId);
  if (liquidationMark !== undefined) putAmount(packer, liquidationMark);
  putNumber(packer, fill.tradeId);
  putNumber(packer, fill.orderId);
  putText(packer, fill.symbol);
  putAmount(packer, fill.price);
  putAmount(packer, fill.size);
  putAmount(packer, fill.startSize);
  putAmount(packer, fill.closedPnl);
  putAmount(packer, fill.fee);
  putAmount(packer, fill.builderFee);
  putNumber(packer, fill.time);
}

export function takeFillRecord(unpacker: Unpacker, accountId: string): FillRecord {
  const bits = takeByte(unpacker);
  const cloid = hasBit(bits, 3) ? { cloid: takeText(unpacker) } : {};
  const hash = hasBit(bits, 4) ? NO_TRANSACTION : takeText(unpacker);
  const twapId = hasBit(bits, 5) ? { twapId: takeNumber(unpacker) } : {};
  const liquidationMark = hasBit(bits, 6) ? { liquidationMark: price(takeAmount(unpacker)) } : {};
  return {
    accountId,
    tradeId: takeNumber(unpacker),
    orderId: takeNumber(unpacker),
    ...cloid,
    symbol: takeText(unpacker),
    side: hasBit(bits, 0) ? 'buy' : 'sell',
    price: price(takeAmount(unpacker)),
    size: size(takeAmount(unpacker)),
    startSize: size(takeAmount(unpacker)),
    closedPnl: usd(takeAmount(unpacker)),
    fee: usd(takeAmount(unpacker)),
    builderFee: usd(takeAmount(unpacker)),
    liquidity: hasBit(bits, 1) ? 'taker' : 'maker',
    route: hasBit(bits, 2) ? 'INTERNAL' : 'HYPERLIQUID',
    time: takeNumber(unpacker),
    hash,
    ...twapId,
    ...liquidationMark,
  };
}
