export * from './ports.ts';
export { type CommandSink, STOP_CAUSE } from './commands.ts';
export { projectedUntil, type ProgressOptions } from './progress.ts';
export { resolveDeviation, type Resolution } from './resolve.ts';
export {
  type DeviationOptions,
  type DeviationRun,
  EXPLAINED,
  FUNDING_SETTLING_MS,
  hoursDue,
  runDeviation,
  SETTLING_MS,
} from './run.ts';
