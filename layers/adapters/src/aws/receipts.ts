/** The issuer of receipts on DynamoDB and KMS, wired: for the function that follows the journal. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KMSClient } from '@aws-sdk/client-kms';
import { createBatchCodec } from '@perps/contracts/journal';
import type { ShardEvent } from '@perps/domain/shard';
import type { Clock } from '@perps/runtime/ports';
import { createReceiptIssuer, type ReceiptIssuer } from '@perps/runtime/receipts';
import { z } from 'zod';
import { journalClientOf } from './clients.ts';
import { createDynamoJournal } from './dynamo-journal.ts';
import { createDynamoCheckpoints } from './dynamo-read-model.ts';
import { createDynamoReceipts } from './dynamo-receipts.ts';
import { createKmsReceiptKey } from './kms-receipt-key.ts';

const name = z.string().min(3);

/** Where receipts are kept, and the key they are signed with. */
export const receiptsConfig = z.object({
  JOURNAL_TABLE: name,
  CHECKPOINTS_TABLE: name,
  RECEIPTS_TABLE: name,
  RECEIPT_KEY_ID: name,
});

export type ReceiptsConfig = z.infer<typeof receiptsConfig>;

/** The name of this consumer in the checkpoints table. */
const CONSUMER = 'receipts';

/** Creates the issuer. */
export function createReceipts(
  clients: { readonly dynamo: DynamoDBClient; readonly kms: KMSClient; readonly clock: Pick<Clock, 'now'> },
  config: ReceiptsConfig,
): ReceiptIssuer {
  const { dynamo: client, kms, clock } = clients;
  return createReceiptIssuer({
    journal: createDynamoJournal({ client: journalClientOf(client), tableName: config.JOURNAL_TABLE }),
    codec: createBatchCodec<ShardEvent>(),
    checkpoints: createDynamoCheckpoints({ client, checkpointsTable: config.CHECKPOINTS_TABLE, consumer: CONSUMER }),
    store: createDynamoReceipts({ client, tableName: config.RECEIPTS_TABLE }),
    signer: createKmsReceiptKey({ client: kms, keyId: config.RECEIPT_KEY_ID }),
    clock,
  });
}
