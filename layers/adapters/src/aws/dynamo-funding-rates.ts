/** A shard's funding rates as the projector remembers them: an item of the checkpoints table beside its checkpoint. */
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { rate } from '@perps/domain/money';
import type { ReadModelStore } from '@perps/runtime/projection';
import { z } from 'zod';
import { integer, integerOf, text, textOf } from './items.ts';

const CONSUMER = 'read-tables:funding-rates';

const storedRates = z.record(
  z.string(),
  z.array(
    z.tuple([
      z.number().int(),
      z
        .string()
        .regex(/^-?\d+$/)
        .transform((digits) => rate(BigInt(digits))),
    ]),
  ),
);

/** Creates the store of the rates; one item per shard. */
export function createDynamoFundingRates({
  client,
  checkpointsTable: TableName,
}: {
  readonly client: DynamoDBClient;
  readonly checkpointsTable: string;
}): Pick<ReadModelStore, 'rates' | 'saveRates'> {
  const keyOf = (shard: number) => ({ consumer: text(CONSUMER), shard: integer(shard) });
  return {
    rates: async (shard, generation) => {
      const { Item: item } = await client.send(
        new GetItemCommand({ TableName, Key: keyOf(shard), ConsistentRead: true }),
      );
      if (item === undefined || integerOf(item, 'generation') !== generation) return undefined;
      return {
        rates: storedRates.parse(JSON.parse(textOf(item, 'rates'))),
        appliedSeq: integerOf(item, 'applied_seq'),
      };
    },
    saveRates: async ({ shard, generation }, { rates, appliedSeq }) => {
      const digits = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
      try {
        await client.send(
          new PutItemCommand({
            TableName,
            Item: {
              ...keyOf(shard),
              generation: integer(generation),
              applied_seq: integer(appliedSeq),
              rates: text(JSON.stringify(rates, digits)),
            },
            ConditionExpression:
              'attribute_not_exists(consumer) OR generation < :generation OR (generation = :generation AND applied_seq < :seq)',
            ExpressionAttributeValues: { ':generation': integer(generation), ':seq': integer(appliedSeq) },
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}
