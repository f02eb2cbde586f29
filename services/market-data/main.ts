/** market-data: one upstream to the venue, fanned out to engines, gateway and risk. */
import { createLogger, createMetrics, runService, systemClock, systemRandom } from '@perps/adapters/node';
import { loadConfig } from './config.ts';
import { startMarketData } from './service.ts';

const config = loadConfig(process.env);
const logger = createLogger({ service: 'market-data', level: config.LOG_LEVEL });
const metrics = createMetrics({ service: 'market-data' });

await runService(logger, () => startMarketData({ config, clock: systemClock, random: systemRandom, logger, metrics }));
