/** The projector of the read tables on DynamoDB, wired: for the function that follows the journal and for the rebuild. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createBatchCodec } from '@perps/contracts/journal';
import type { ReadTable } from '@perps/contracts/projection';
import type { ShardEvent } from '@perps/domain/shard';
import { createProjector, type Projector } from '@perps/runtime/projection';
import { z } from 'zod';
import { journalClientOf } from './clients.ts';
import { createDynamoJournal } from './dynamo-journal.ts';
import { createDynamoReadModel } from './dynamo-read-model.ts';

const tableName = z.string().min(3);

/** Names of the tables it reads and writes. */
export const readTablesConfig = z.object({
  JOURNAL_TABLE: tableName,
  CHECKPOINTS_TABLE: tableName,
  WALLETS_TABLE: tableName,
  BALANCE_LOGS_TABLE: tableName,
  BALANCE_SAMPLES_TABLE: tableName,
  ORDERS_TABLE: tableName,
  POSITIONS_TABLE: tableName,
  FILLS_TABLE: tableName,
  LIQUIDATIONS_TABLE: tableName,
  FUNDING_SETTLEMENTS_TABLE: tableName,
});

export type ReadTablesConfig = z.infer<typeof readTablesConfig>;

/** Table name by read table. */
export const readTableNames = (config: ReadTablesConfig): Readonly<Record<ReadTable, string>> => ({
  wallets: config.WALLETS_TABLE,
  balance_logs: config.BALANCE_LOGS_TABLE,
  balance_samples: config.BALANCE_SAMPLES_TABLE,
  orders: config.ORDERS_TABLE,
  positions: config.POSITIONS_TABLE,
  fills: config.FILLS_TABLE,
  liquidations: config.LIQUIDATIONS_TABLE,
  funding_settlements: config.FUNDING_SETTLEMENTS_TABLE,
});

/** Creates the projector. */
export function createReadTablesProjector(client: DynamoDBClient, config: ReadTablesConfig): Projector {
  return createProjector({
    journal: createDynamoJournal({
      client: journalClientOf(client),
      tableName: config.JOURNAL_TABLE,
    }),
    codec: createBatchCodec<ShardEvent>(),
    store: createDynamoReadModel({
      client,
      tables: readTableNames(config),
      checkpointsTable: config.CHECKPOINTS_TABLE,
    }),
  });
}
