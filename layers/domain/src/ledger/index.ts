export * from './model.ts';
export * from './transfer.ts';
export * from './profit-and-loss.ts';
export * from './balances.ts';
export * from './liquidation.ts';
