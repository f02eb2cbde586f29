export * from './requirement.ts';
export * from './risk-index.ts';
