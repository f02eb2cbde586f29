export * from './model.ts';
export * from './price-acceptance.ts';
