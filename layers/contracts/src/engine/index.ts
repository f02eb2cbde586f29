export * from './commands.ts';
export * from './placement.ts';
