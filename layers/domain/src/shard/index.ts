/** The shard: many accounts in one journal, and the indexes derived from them. */
export * from './state.ts';
export * from './history.ts';
export { liquidationRecords, type LiquidationRecords } from './liquidation-records.ts';
export { HISTORY_BYTES_MAX } from './history-log.ts';
export * from './resting-index.ts';
export { type IndexedTrigger, REACHED_MAX, reachedTriggers } from './trigger-index.ts';
export { DUE_MAX, type DueTimer, dueTimers } from './timers.ts';
export * from './results.ts';
export * from './messages.ts';
export * from './decide.ts';
export { apply } from './apply.ts';
export * from './queries.ts';
export {
  accountsTouched,
  liquidationsDue,
  refreshRisk,
  type RiskScopeFound,
  slowRiskCheck,
  slowRiskCheckOf,
} from './risk.ts';
export { deserialize, serialize, type SerializedShard, SHARD_SCHEMA_VERSION } from './serialize.ts';
export { checks } from './checks.ts';
export { CACHED_RATE_MS_MAX } from './funding.ts';
export * from './funding-queries.ts';
export { HOUR_MS } from '../funding/index.ts';
