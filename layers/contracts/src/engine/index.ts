export * from './commands.ts';
export * from './placement.ts';
export * from './queue.ts';
