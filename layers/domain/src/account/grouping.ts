/** Orders of one command as a group: plain orders, an entry with its TP/SL, or the TP/SL of a position. */
import type { AccountCommand, OrderRequest } from './commands.ts';
import { type Draft, takeOrderId } from './draft.ts';
import { placeOrder } from './place-orders.ts';
import {
  checkTrigger,
  childOf,
  entryReference,
  isTriggerRequest,
  PLAIN,
  placeTrigger,
  restTrigger,
  type TriggerSetting,
} from './place-triggers.ts';
import type { OrderOutcome, Rejection } from './results.ts';

/** Places the orders of a command; one outcome each, in their order. */
export function placeOrders(
  draft: Draft,
  { orders, grouping = 'na' }: Extract<AccountCommand, { type: 'PlaceOrders' }>,
): readonly OrderOutcome[] {
  if (grouping === 'normalTpsl') return placeWithChildren(draft, orders);
  if (grouping === 'positionTpsl') return placeSiblings(draft, orders, { ...PLAIN, grouping });
  return orders.map((order) => placeAny(draft, order));
}

/** An order by itself, of either kind. */
export const placeAny = (draft: Draft, request: OrderRequest): OrderOutcome =>
  isTriggerRequest(request) ? placeTrigger(draft, request, PLAIN) : placeOrder(draft, request);

/**
 * The first order is the entry, the others are its take-profit and stop. They wait for its fill; of one that has
 * filled already they wait for the mark. Those of a refused entry are refused with it.
 */
function placeWithChildren(draft: Draft, orders: readonly OrderRequest[]): readonly OrderOutcome[] {
  const [entry, ...children] = orders;
  if (entry === undefined) return [];
  const view = draft.context.markets[entry.symbol];
  const reference = view === undefined ? undefined : entryReference(view, entry);
  const outcome = isTriggerRequest(entry) ? MALFORMED : placeOrder(draft, entry);
  if (outcome.status === 'refused') return orders.map(() => outcome);
  const filled = outcome.status === 'filled' ? outcome.filledSize : undefined;
  const setting: TriggerSetting = {
    grouping: 'normalTpsl',
    parentId: outcome.orderId,
    siblings: [],
    isArmed: filled !== undefined,
    ...(reference === undefined ? {} : { reference }),
  };
  const placed = children.map((child) => {
    if (child.side === entry.side || child.symbol !== entry.symbol) return { ...child, trigger: undefined };
    return filled === undefined || !isTriggerRequest(child) ? child : childOf(child, filled);
  });
  return [outcome, ...placeSiblings(draft, placed, setting)];
}

/** Trigger orders that end each other; one that is refused leaves the others standing. */
function placeSiblings(draft: Draft, requests: readonly Sibling[], setting: TriggerSetting): readonly OrderOutcome[] {
  const checked = requests.map((request, index) => {
    if (!isTriggerRequest(request)) return MALFORMED;
    const isRepeated = requests.slice(0, index).some(({ cloid }) => cloid !== undefined && cloid === request.cloid);
    const rejection = isRepeated ? DUPLICATE : checkTrigger(draft, request, setting);
    return rejection === undefined ? { request, orderId: takeOrderId(draft) } : refused(rejection);
  });
  const orderIds = checked.flatMap((one) => ('orderId' in one ? one.orderId : []));
  return checked.map((one) => {
    if (!('orderId' in one)) return one;
    const siblings = orderIds.filter((orderId) => orderId !== one.orderId);
    return restTrigger(draft, { ...one, setting: { ...setting, siblings } });
  });
}

/** A child that cannot close what its entry opens has no trigger here, and is refused. */
type Sibling = Omit<OrderRequest, 'trigger'> & { readonly trigger?: OrderRequest['trigger'] | undefined };
type Refused = Extract<OrderOutcome, { status: 'refused' }>;

const refused = (rejection: Rejection): Refused => ({ status: 'refused', rejection });
const MALFORMED = refused({ reason: 'InvalidTriggerPrice' });
const DUPLICATE: Rejection = { reason: 'DuplicateCloid' };
