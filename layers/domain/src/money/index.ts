export * from './units.ts';
export * from './rounding.ts';
export * from './decimal.ts';
export * from './amounts.ts';
