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
  type OrderWire,
} from '@perps/contracts/hyperliquid';
import type { Market } from '../market.ts';
import { endRestingOrder } from '../matching.ts';
import type { OrderRecord } from '../orders.ts';
import { placeOrder, type OrderRequest } from '../placement.ts';
import { formatMoney, parsePx, parseSz } from '../ticks.ts';
import type { ActionContext } from './index.ts';

type Builder = ExchangeActionOf<'order'>['builder'];

/** Refuses the whole request where its payload alone shows that it cannot be; otherwise one status per order. */
export function placeOrders(context: ActionContext, action: ExchangeActionOf<'order'>): ExchangeAnswer {
  if (action.orders.length === 0) return errAnswer(errorTexts.noOrders);
  const builderError = refuseBuilder(context, action.builder);
  if (builderError !== undefined) return errAnswer(builderError);
  const requests: OrderRequest[] = [];
  for (const wire of action.orders) {
    const parsed = readOrder(context, wire, action.builder);
    if (typeof parsed === 'string') return errAnswer(parsed);
    requests.push(parsed);
  }
  return okOrders(requests.map((request) => placeOrder(context.venue, request)));
}

function refuseBuilder(context: ActionContext, builder: Builder): string | undefined {
  if (builder === undefined || builder.f === 0) return undefined;
  const approved = context.account.builderFees.get(builder.b) ?? 0;
  return builder.f > approved ? errorTexts.builderNotApproved : undefined;
}

/** The order in numbers of its market, or the text that refuses the whole request. */
function readOrder(context: ActionContext, wire: OrderWire, builder: Builder): OrderRequest | string {
  const market = context.venue.markets[wire.a];
  if (market === undefined || market.asset.isDelisted) return errorTexts.requestInvalidPrice;
  if ('trigger' in wire.t) return errorTexts.unexpectedTriggers;
  const price = parsePx(market.asset, wire.p);
  const size = parseSz(market.asset, wire.s);
  if (price === undefined || price === 0n) return errorTexts.requestInvalidPrice;
  if (size === undefined) return errorTexts.requestInvalidSize;
  if (size === 0n) return errorTexts.zeroSize;
  if (isOutOfBand(market, price)) return errorTexts.priceOutOfBand(BAND_PERCENT);
  return {
    account: context.account,
    market,
    side: wire.b ? 'B' : 'A',
    price,
    size,
    tif: wire.t.limit.tif,
    isReduceOnly: wire.r,
    cloid: wire.c,
    builder: builder === undefined ? undefined : { address: builder.b, fee: builder.f },
    hash: context.hash,
  };
}

const BAND_PERCENT = 80;

const isOutOfBand = (market: Market, price: bigint): boolean =>
  price * 100n > market.mark * BigInt(100 + BAND_PERCENT) || price * 100n < market.mark * BigInt(100 - BAND_PERCENT);

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
  endRestingOrder(context.venue, order.oid, 'canceled');
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

/** Cancels and places anew under a new oid. */
function modifyOne(context: ActionContext, modification: Modification): ModifyOutcome {
  const old = findOrder(context, modification.oid);
  if (old === undefined || !isOwnOpen(context, old)) return { isRefused: true, error: errorTexts.cannotModify };
  const builder = old.builder === undefined ? undefined : { b: old.builder.address, f: old.builder.fee };
  const request = readOrder(context, modification.order, builder);
  if (typeof request === 'string') return { isRefused: true, error: request };
  endRestingOrder(context.venue, old.oid, 'canceled');
  return { isRefused: false, status: placeOrder(context.venue, request) };
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

const SCHEDULE_AHEAD_MS_MIN = 5_000;

/** The dead man's switch; needs a traded volume, as at the venue. */
export function scheduleCancel(context: ActionContext, action: ExchangeActionOf<'scheduleCancel'>): ExchangeAnswer {
  const { venue, account } = context;
  const required = BigInt(Math.round(venue.rules.scheduleCancelVolume)) * 1_000_000n;
  if (account.volume < required) return errAnswer(errorTexts.scheduleCancelVolume(formatMoney(account.volume)));
  if (action.time !== undefined && action.time < venue.clock.now() + SCHEDULE_AHEAD_MS_MIN) {
    return errAnswer('Scheduled cancel time too early, must be at least 5 seconds from now.');
  }
  account.scheduledCancelAt = action.time;
  return okDefault();
}
