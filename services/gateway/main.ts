import {
  createDynamoClient,
  createDynamoHistory,
  createDynamoIdentities,
  createDynamoLeases,
  createDynamoReceipts,
  createKmsClient,
  createKmsReceiptKey,
  loadConfig,
} from '@perps/adapters/aws';
import { createLogger, runService, systemClock } from '@perps/adapters/node';
import { gatewayConfig } from './config.ts';
import { startGateway } from './server.ts';

const config = loadConfig(gatewayConfig);
const logger = createLogger({ service: 'gateway', level: config.LOG_LEVEL });
const client = createDynamoClient();

await runService(logger, async () => {
  const gateway = await startGateway({
    port: config.PORT,
    host: config.HOST,
    network: config.SIGNING_NETWORK,
    shardCount: config.SHARD_COUNT,
    feedUrl: config.MARKET_DATA_URL,
    weightPerMinute: config.RATE_LIMIT_WEIGHT_PER_MINUTE,
    trustProxy: config.TRUST_PROXY,
    leases: createDynamoLeases({ client, tableName: config.LEASES_TABLE, clock: systemClock }),
    identities: createDynamoIdentities({ client, tableName: config.IDENTITIES_TABLE }),
    receipts: {
      isPublic: config.DISCLOSE_ROUTE,
      store: createDynamoReceipts({ client, tableName: config.RECEIPTS_TABLE }),
      key: createKmsReceiptKey({ client: createKmsClient(), keyId: config.RECEIPT_KEY_ID }),
    },
    history: createDynamoHistory(client, config),
    clock: systemClock,
    logger,
  });
  logger.info('gateway listens', { port: gateway.port });
  return gateway;
});
