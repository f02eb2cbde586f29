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
export { createHyperliquidVenue, type HyperliquidVenue, type HyperliquidVenueOptions } from './venue.ts';
export { fateOfAnswer, type VenueAnswer, type VenueCancelAnswer } from './answers.ts';
export type {
  AccountFill,
  SzDecimalsOf,
  VenueAccountState,
  VenueOpenOrder,
  VenueOrderStatus,
  VenueOrderUpdate,
} from './account-parse.ts';
export type { AccountQueries } from './account-queries.ts';
export {
  createFundingQueries,
  type FundingBooked,
  type FundingMarket,
  type FundingQueries,
  oracleOf,
} from './funding-queries.ts';
export type { LookupRequest } from './lookup.ts';
export { createVenueBooks } from './venue-books.ts';
export type { AgentTypedData, VenueSignature, VenueSigner } from './signing.ts';
