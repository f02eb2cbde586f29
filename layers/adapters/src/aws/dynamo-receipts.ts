/** Receipts on DynamoDB, one item per trade, written once. */
import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { bodyHash, receipt as receiptSchema, type Receipt } from '@perps/contracts/receipts';
import { ReceiptConflictError, type ReceiptStore } from '@perps/runtime/receipts';
import { integer, text, textOf } from './items.ts';

export interface DynamoReceiptsOptions {
  readonly client: DynamoDBClient;
  /** Key `id` (string): the trade id. */
  readonly tableName: string;
}

/** Items of one request: one commit for all of them, in a store that orders wait for, too. */
const ITEMS_PER_TRANSACTION = 25;

/** Creates the store. */
export function createDynamoReceipts({ client, tableName }: DynamoReceiptsOptions): ReceiptStore {
  return {
    write: async (receipts) => {
      for (let from = 0; from < receipts.length; from += ITEMS_PER_TRANSACTION) {
        const puts = receipts.slice(from, from + ITEMS_PER_TRANSACTION).map((one) => putOf(tableName, one));
        await putAll(client, puts);
      }
    },
    find: async (tradeId) => {
      const answer = await client.send(
        new GetItemCommand({ TableName: tableName, Key: { id: text(String(tradeId)) } }),
      );
      return answer.Item === undefined ? undefined : receiptSchema.parse(JSON.parse(textOf(answer.Item, 'receipt')));
    },
  };
}

type Put = ReturnType<typeof putOf>;

function putOf(tableName: string, receipt: Receipt) {
  const { body } = receipt;
  return {
    TableName: tableName,
    Item: {
      id: text(String(body.tradeId)),
      user_id: text(body.accountId),
      filled_at: integer(body.filledAt),
      shard: integer(body.journal.shard),
      seq: integer(body.journal.seq),
      body_hash: text(bodyHash(body).toString('hex')),
      receipt: text(JSON.stringify(receipt)),
    },
    ConditionExpression: 'attribute_not_exists(id)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
}

/** All in one request; where one of them is there already, one by one. */
async function putAll(client: DynamoDBClient, puts: readonly Put[]): Promise<void> {
  try {
    await client.send(new TransactWriteItemsCommand({ TransactItems: puts.map((Put) => ({ Put })) }));
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    for (const put of puts) await putOne(client, put);
  }
}

async function putOne(client: DynamoDBClient, put: Put): Promise<void> {
  try {
    await client.send(new PutItemCommand(put));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    const stored = error.Item?.['body_hash']?.S;
    if (stored === put.Item.body_hash.S) return;
    throw new ReceiptConflictError(`trade ${put.Item.id.S} has a receipt of another fill`, { cause: error });
  }
}
