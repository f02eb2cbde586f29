export * from './spec.ts';
export * from './fixtures.ts';
export * from './risk.ts';
