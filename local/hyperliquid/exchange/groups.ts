/** Orders placed together: single ones, a parent with its take-profit and stop, and the two that guard a position. */
import { errorTexts, type OrderStatusItem } from '@perps/contracts/hyperliquid';
import { followPosition } from '../lifecycle.ts';
import type { OrderRecord } from '../orders.ts';
import { placeOrder, type OrderRequest, type Placement } from '../placement.ts';
import { placeTrigger, type TriggerRequest } from '../triggers.ts';
import type { Venue } from '../venue.ts';
import type { Grouping } from './order-wire.ts';

const isTrigger = (request: OrderRequest): request is TriggerRequest => request.trigger !== undefined;

/** A parent has at most a take-profit and a stop. */
const TRIGGERS_MAX = 2;

/** The text that refuses the whole request where the orders do not make up such a group. */
export function refuseGrouping(grouping: Grouping, requests: readonly OrderRequest[]): string | undefined {
  const triggers = requests.filter(isTrigger);
  switch (grouping) {
    case 'na':
      return undefined;
    case 'normalTpsl': {
      const isParentFirst = requests[0] !== undefined && !isTrigger(requests[0]);
      const isWellFormed = isParentFirst && triggers.length === requests.length - 1;
      return isWellFormed && isPairAtMost(triggers) ? undefined : errorTexts.unexpectedTriggers;
    }
    case 'positionTpsl':
      return triggers.length === requests.length && isPairAtMost(triggers) ? undefined : errorTexts.unexpectedTriggers;
  }
}

const isPairAtMost = (triggers: readonly TriggerRequest[]): boolean =>
  triggers.length > 0 &&
  triggers.length <= TRIGGERS_MAX &&
  new Set(triggers.map(({ trigger }) => trigger.kind)).size === triggers.length;

/** Places the orders of an action; one status each, in their order. */
export function placeGroup(
  venue: Venue,
  grouping: Grouping,
  requests: readonly OrderRequest[],
): readonly OrderStatusItem[] {
  const [first, ...rest] = requests;
  if (first === undefined) return [];
  if (grouping === 'normalTpsl') return placeWithChildren(venue, first, rest.filter(isTrigger));
  if (grouping === 'positionTpsl') return placeSiblings(venue, requests.filter(isTrigger));
  return requests.map((request) => placeSingle(venue, request).item);
}

/** An order on its own, of either kind. */
export function placeSingle(venue: Venue, request: OrderRequest): Placement {
  if (!isTrigger(request)) return placeOrder(venue, request);
  return placeTrigger(venue, request, { waitsFor: 'trigger', reference: request.market.mark });
}

function placeSiblings(venue: Venue, requests: readonly TriggerRequest[]): readonly OrderStatusItem[] {
  const placed = requests.map((request) => placeSingle(venue, request));
  link(placed);
  return placed.map(({ item }) => (isRefused(item) ? item : 'waitingForTrigger'));
}

const isRefused = (item: OrderStatusItem): boolean => typeof item === 'object' && 'error' in item;

/** They end each other. */
function link(placed: readonly Placement[]): void {
  const orders = placed.flatMap(({ order }) => order ?? []);
  for (const order of orders) {
    order.siblingOids = orders.filter((other) => other !== order).map(({ oid }) => oid);
  }
}

/**
 * Places a parent and what waits for its fill. Children of a refused parent are refused with it;
 * those of one that is already filled, or that could not wait and got a part, wait for the mark at once.
 */
function placeWithChildren(
  venue: Venue,
  parent: OrderRequest,
  children: readonly TriggerRequest[],
): readonly OrderStatusItem[] {
  const isTaking = parent.market.book.wouldCross(parent.side, parent.price);
  const reference = isTaking ? parent.market.mark : parent.price;
  const { item, order } = placeOrder(venue, parent);
  if (order === undefined || isRefused(item)) return [item, ...children.map(() => item)];
  const isOpen = order.status === 'open';
  const placed = children.map((child) =>
    placeTrigger(venue, { ...child, isReduceOnly: true }, { waitsFor: 'fill', reference }),
  );
  link(placed);
  const orders = placed.flatMap((placement) => placement.order ?? []);
  order.childOids = orders.map(({ oid }) => oid);
  if (!isOpen) armAll(venue, parent, orders);
  const word = isOpen ? 'waitingForFill' : 'waitingForTrigger';
  return [item, ...placed.map((placement) => (isRefused(placement.item) ? placement.item : word))];
}

function armAll(venue: Venue, parent: OrderRequest, children: readonly OrderRecord[]): void {
  for (const child of children) child.waitsFor = 'trigger';
  followPosition(venue, parent.account, parent.market);
}
