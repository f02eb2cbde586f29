export * from './spec.ts';
export * from './fixtures.ts';
