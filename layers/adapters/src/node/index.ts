export { createLogger, createMetrics, systemClock, systemIds, systemRandom } from './platform.ts';
export { createHealthServer, runService, type Service, type ServiceHealth } from './service.ts';
