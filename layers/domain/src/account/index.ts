export type { Route, RoutingPolicy } from '../routing/model.ts';
export * from './model.ts';
