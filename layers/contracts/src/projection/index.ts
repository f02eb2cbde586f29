export * from './model.ts';
export * from './notice.ts';
export { VENUE_BUCKETS } from './positions.ts';
export { project, type AccountFacts, type Projected } from './project.ts';
export { type FundingRates, NO_RATES, rememberRates } from './rates.ts';
