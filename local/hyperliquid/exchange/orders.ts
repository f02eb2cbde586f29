/** Orders, cancels and modifications. */
import {
  errAnswer,
  errorTexts,
  okCancels,
  okDefault,
  okOrders,
  type CancelStatusItem,
  type ExchangeActionOf,
  type ExchangeAnswer,
  type OrderStatusItem,
} from '@perps/contracts/hyperliquid';
import { endOrder, followGroup } from '../lifecycle.ts';
import type { OrderRecord } from '../orders.ts';
import type { OrderRequest, Placement } from '../placement.ts';
import { placeGroup, placeSingle, refuseGrouping } from './groups.ts';
import { placeTrigger } from '../triggers.ts';
import type { Venue } from '../venue.ts';
import type { ActionContext } from './index.ts';
import { readOrder, type Builder } from './order-wire.ts';

/** Refuses the whole request where its payload alone shows that it cannot be; otherwise one status per order. */
export function placeOrders(context: ActionContext, action: ExchangeActionOf<'order'>): ExchangeAnswer {
  if (action.orders.length === 0) return errAnswer(errorTexts.noOrders);
  const builderError = refuseBuilder(context, action.builder);
  if (builderError !== undefined) return errAnswer(builderError);
  const requests: OrderRequest[] = [];
  for (const wire of action.orders) {
    const isOnPosition = action.grouping === 'positionTpsl' && 'trigger' in wire.t;
    const parsed = readOrder(context, wire, { builder: action.builder, isOnPosition });
    if (typeof parsed === 'string') return errAnswer(parsed);
    requests.push(parsed);
  }
  const groupingError = refuseGrouping(action.grouping, requests);
  if (groupingError !== undefined) return errAnswer(groupingError);
  return okOrders(placeGroup(context.venue, action.grouping, requests));
}

function refuseBuilder(context: ActionContext, builder: Builder): string | undefined {
  if (builder === undefined || builder.f === 0) return undefined;
  const approved = context.account.builderFees.get(builder.b) ?? 0;
  return builder.f > approved ? errorTexts.builderNotApproved : undefined;
}

export function cancelByOid(context: ActionContext, action: ExchangeActionOf<'cancel'>): ExchangeAnswer {
  return okCancels(
    action.cancels.map(({ a, o }) => cancelOne(context, { assetId: a, order: context.venue.orders.get(o) })),
  );
}

export function cancelByCloid(context: ActionContext, action: ExchangeActionOf<'cancelByCloid'>): ExchangeAnswer {
  const { venue, account } = context;
  return okCancels(
    action.cancels.map(({ asset, cloid }) =>
      cancelOne(context, { assetId: asset, order: venue.orders.byCloid(account.address, cloid) }),
    ),
  );
}

function cancelOne(
  context: ActionContext,
  target: { readonly assetId: number; readonly order: OrderRecord | undefined },
): CancelStatusItem {
  const { assetId, order } = target;
  if (order === undefined || order.assetId !== assetId || !isOwnOpen(context, order)) {
    return { error: errorTexts.neverPlaced(assetId) };
  }
  endOrder(context.venue, order.oid, 'canceled');
  return 'success';
}

const isOwnOpen = (context: ActionContext, order: OrderRecord): boolean =>
  order.user === context.account.address && order.status === 'open';

function findOrder(context: ActionContext, id: number | string): OrderRecord | undefined {
  const { venue, account } = context;
  return typeof id === 'number' ? venue.orders.get(id) : venue.orders.byCloid(account.address, id);
}

type Modification = ExchangeActionOf<'batchModify'>['modifies'][number];

/** Refused as a whole: the old order still stands. */
type ModifyOutcome =
  | { readonly isRefused: true; readonly error: string }
  | { readonly isRefused: false; readonly status: OrderStatusItem };

/** Cancels and places anew under a new oid; what waited for the old one's fill waits for the new one's. */
function modifyOne(context: ActionContext, modification: Modification): ModifyOutcome {
  const old = findOrder(context, modification.oid);
  if (old === undefined || !isOwnOpen(context, old)) return { isRefused: true, error: errorTexts.cannotModify };
  const builder = old.builder === undefined ? undefined : { b: old.builder.address, f: old.builder.fee };
  const isOnPosition = old.trigger?.position !== undefined && 'trigger' in modification.order.t;
  const request = readOrder(context, modification.order, { builder, isOnPosition });
  if (typeof request === 'string') return { isRefused: true, error: request };
  return { isRefused: false, status: replaceOrder(context.venue, old, request) };
}

function replaceOrder(venue: Venue, old: OrderRecord, request: OrderRequest): OrderStatusItem {
  const { childOids = [], siblingOids = [] } = old;
  old.childOids = [];
  old.siblingOids = [];
  const { waitsFor } = old;
  endOrder(venue, old.oid, 'canceled');
  const { item, order } = placeAnew(venue, request, waitsFor);
  for (const oid of childOids) if (order === undefined) endOrder(venue, oid, 'canceled');
  if (order === undefined) return item;
  order.childOids = childOids;
  order.siblingOids = siblingOids;
  for (const record of venue.orders.open(order.user)) {
    record.siblingOids = record.siblingOids?.map((oid) => (oid === old.oid ? order.oid : oid)) ?? [];
    record.childOids = record.childOids?.map((oid) => (oid === old.oid ? order.oid : oid)) ?? [];
  }
  followGroup(venue, order);
  return item;
}

/** A child that waits for its parent's fill goes on waiting for it. */
function placeAnew(venue: Venue, request: OrderRequest, waitsFor: OrderRecord['waitsFor']): Placement {
  const { trigger, market } = request;
  if (trigger === undefined || waitsFor !== 'fill') return placeSingle(venue, request);
  return placeTrigger(venue, { ...request, trigger }, { waitsFor, reference: market.mark });
}

/** Answers without the new oid; a refused new order leaves the old one cancelled. */
export function modify(context: ActionContext, action: ExchangeActionOf<'modify'>): ExchangeAnswer {
  const outcome = modifyOne(context, action);
  if (outcome.isRefused) return errAnswer(outcome.error);
  const { status } = outcome;
  if (typeof status === 'object' && 'error' in status) return errAnswer(errorTexts.modifyPlacement(status.error));
  return okDefault();
}

export function batchModify(context: ActionContext, action: ExchangeActionOf<'batchModify'>): ExchangeAnswer {
  if (action.modifies.length === 0) return errAnswer(errorTexts.noOrders);
  return okOrders(
    action.modifies.map((modification) => {
      const outcome = modifyOne(context, modification);
      return outcome.isRefused ? { error: outcome.error } : outcome.status;
    }),
  );
}
