export * from './model.ts';
export * from './accrued.ts';
export * from './events.ts';
export * from './holders.ts';
export * from './settle.ts';
export * from './reconcile.ts';
export * from './serialize.ts';
