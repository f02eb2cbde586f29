export * from './model.ts';
export * from './tick-and-lot.ts';
export * from './book-price.ts';
export * from './margin-tiers.ts';
export * from './price-acceptance.ts';
export * from './volatility.ts';
