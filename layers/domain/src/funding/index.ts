export * from './model.ts';
export * from './accrued.ts';
export * from './events.ts';
