export type { Route, RoutingPolicy } from '../routing/model.ts';
export * from './model.ts';
export * from './commands.ts';
export * from './events.ts';
export * from './results.ts';
