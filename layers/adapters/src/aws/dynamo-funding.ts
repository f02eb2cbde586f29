/** What users were charged for an hour of funding, from the read tables. */
import { paginateQuery, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { usd, type Usd } from '@perps/domain/money';
import { integer, MalformedItemError, text, textOf } from './items.ts';

/** The index of `funding_settlements` by hour, then symbol; it carries payment and route. */
export const FUNDING_BY_HOUR = 'by_hour';

/** Σ of what HYPERLIQUID positions received for the hour (ms), by symbol; 10⁻⁶ USD, negative = paid. */
export const createDynamoMirroredFunding =
  (client: DynamoDBClient, tableName: string) =>
  async (hour: number): Promise<ReadonlyMap<string, Usd>> => {
    const sums = new Map<string, Usd>();
    const pages = paginateQuery(
      { client },
      {
        TableName: tableName,
        IndexName: FUNDING_BY_HOUR,
        KeyConditionExpression: '#hour = :hour',
        FilterExpression: '#route = :route',
        ExpressionAttributeNames: { '#hour': 'hour', '#route': 'route' },
        ExpressionAttributeValues: { ':hour': integer(hour), ':route': text('HYPERLIQUID') },
      },
    );
    for await (const { Items: items = [] } of pages) {
      for (const item of items) {
        const payment = textOf(item, 'payment');
        if (!/^-?\d+$/.test(payment)) throw new MalformedItemError('attribute payment: expected an amount');
        const symbol = textOf(item, 'symbol');
        sums.set(symbol, usd((sums.get(symbol) ?? 0n) + BigInt(payment)));
      }
    }
    return sums;
  };
