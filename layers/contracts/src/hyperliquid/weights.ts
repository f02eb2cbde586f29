/** The weight of a request against the 1,200 per minute that an IP has. */
import type { ExchangeAction, ExchangeRequest } from './actions.ts';
import type { InfoRequest, InfoRequestType } from './info.ts';

export const WEIGHT_PER_MINUTE = 1200;
/** Items of a signed action; beyond, the whole request is refused. */
export const BATCH_ITEMS_MAX = 200;

const LIGHT_WEIGHT = 2;
const HEAVY_WEIGHT = 60;
const USUAL_WEIGHT = 20;
const LIGHT_TYPES: ReadonlySet<InfoRequestType> = new Set([
  'l2Book',
  'allMids',
  'clearinghouseState',
  'orderStatus',
  'spotClearinghouseState',
  'exchangeStatus',
]);
const ROWS_PER_WEIGHT: Readonly<Partial<Record<InfoRequestType, number>>> = {
  recentTrades: 20,
  historicalOrders: 20,
  userFills: 20,
  userFillsByTime: 20,
  fundingHistory: 20,
  userFunding: 20,
  userNonFundingLedgerUpdates: 20,
  twapHistory: 20,
  userTwapSliceFills: 20,
  userTwapSliceFillsByTime: 20,
  candleSnapshot: 60,
};
const ITEMS_PER_WEIGHT = 40;

/** Orders, cancels or modifications in an action; one for every other action. Also what an address's budget pays. */
export function actionItems(action: ExchangeAction): number {
  switch (action.type) {
    case 'order':
      return action.orders.length;
    case 'cancel':
    case 'cancelByCloid':
      return action.cancels.length;
    case 'batchModify':
      return action.modifies.length;
    default:
      return 1;
  }
}

/** Weight known before the answer is; rows of the answer come on top (`rowSurcharge`). */
export function requestWeight(request: InfoRequest | ExchangeRequest): number {
  if ('action' in request) return 1 + Math.floor(actionItems(request.action) / ITEMS_PER_WEIGHT);
  if (LIGHT_TYPES.has(request.type)) return LIGHT_WEIGHT;
  return request.type === 'userRole' ? HEAVY_WEIGHT : USUAL_WEIGHT;
}

/** Weight for `rows` rows of an answer to an info request; zero for types without a surcharge. */
export function rowSurcharge(type: InfoRequestType, rows: number): number {
  const rowsPerWeight = ROWS_PER_WEIGHT[type];
  return rowsPerWeight === undefined ? 0 : Math.floor(rows / rowsPerWeight);
}
