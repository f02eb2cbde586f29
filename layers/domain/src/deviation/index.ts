export * from './model.ts';
export * from './measure.ts';
export * from './compare.ts';
export * from './events.ts';
