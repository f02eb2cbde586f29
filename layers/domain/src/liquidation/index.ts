export * from './requirement.ts';
export { initialRiskIndex, reached, type RiskIndex, ROUTES } from './risk-index.ts';
export { bandAccount, type Banded } from './band-account.ts';
