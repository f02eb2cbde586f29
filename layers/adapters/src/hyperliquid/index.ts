export { createVenueHttp, VenueTransportError, type VenueHttp } from './http.ts';
export { createInfoClient, type InfoClient, VenueInfoError } from './info.ts';
export {
  createMarketUpstream,
  type MarketUpstream,
  type UpstreamEvents,
  type UpstreamOptions,
  type UpstreamStatus,
} from './upstream.ts';
export type { ParsedBbo, ParsedBook, ParsedContext, ParsedUniverse } from './parse.ts';
export { createWeightBudget, type WeightBudget, type WeightPriority } from './weight-budget.ts';
