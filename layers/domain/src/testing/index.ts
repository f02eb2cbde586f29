export * from './spec.ts';
export * from './fixtures.ts';
export * from './risk.ts';
export * from './orders.ts';
export * from './risk-facts.ts';
