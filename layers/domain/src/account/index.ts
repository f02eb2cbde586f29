export type { Route, RoutingPolicy } from '../routing/model.ts';
export * from './model.ts';
export * from './commands.ts';
export * from './events.ts';
export * from './results.ts';
export * from './venue-cloid.ts';
export * from './twap-model.ts';
export { nextVenueSliceAt } from './venue-slices.ts';
export { runningTwap } from './twap-end.ts';
export { ID_STRIDE } from './draft.ts';
export { type AccountDecision, accountDecider, decideAccount } from './decide.ts';
export { NAMED_AGENTS_MAX, shortHash, ZERO_ADDRESS } from './agents.ts';
export { MARK_AGE_MS_MAX, MINIMUM_ORDER_VALUE } from './order-checks.ts';
export {
  CLOSED_VENUE_ORDERS_MAX,
  DEFAULT_LEVERAGE,
  findOrder,
  findTrigger,
  findVenueOrder,
  isActive,
  leverageSettingOf,
  OPEN_ORDERS_MAX,
  openOrdersMax,
  positionKey,
  remainingOf,
} from './state.ts';
export { orderOf } from './order-list.ts';
export { EMPTY, NONE } from './records.ts';
export * from './pricing.ts';
export { availableMargin, openingLeft, orderMargins, unrealizedPnl } from './margin.ts';
export { liquidationPrice, type LiquidationFacts } from './liquidation-price.ts';
export * from './view.ts';
export { firesAtOrBelow } from './triggers.ts';
export { accountTradingState, isPaused, isTriggerHeld, marketState } from './trading-state.ts';
export { filledOrder } from './evolve.ts';
