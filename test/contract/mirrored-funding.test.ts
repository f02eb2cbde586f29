import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CreateTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { createDynamoMirroredFunding, FUNDING_BY_HOUR } from '@perps/adapters/aws';
import { startEmulators, type Emulators } from '../support/emulators.ts';

const HOUR = Date.UTC(2026, 10, 21, 8);
const TABLE = 'mirrored-funding';

let emulators: Emulators;
let rows = 0;

beforeAll(async () => {
  emulators = await startEmulators();
  const key = (AttributeName: string, KeyType: 'HASH' | 'RANGE') => ({ AttributeName, KeyType });
  await emulators.dynamo.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [key('id', 'HASH')],
      AttributeDefinitions: [
        { AttributeName: 'id', AttributeType: 'S' },
        { AttributeName: 'hour', AttributeType: 'N' },
        { AttributeName: 'symbol', AttributeType: 'S' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: FUNDING_BY_HOUR,
          KeySchema: [key('hour', 'HASH'), key('symbol', 'RANGE')],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['payment', 'route'] },
        },
      ],
    }),
  );
});
afterAll(() => emulators.close());

async function put(row: {
  readonly symbol: string;
  readonly route: string;
  readonly payment: string;
  readonly hour?: number;
}) {
  rows += 1;
  const { symbol, route, payment, hour = HOUR } = row;
  await emulators.dynamo.send(
    new PutItemCommand({
      TableName: TABLE,
      Item: {
        id: { S: String(rows) },
        hour: { N: String(hour) },
        symbol: { S: symbol },
        route: { S: route },
        payment: { S: payment },
      },
    }),
  );
}

describe('what was charged for an hour', () => {
  it('is summed by symbol, of HYPERLIQUID and that hour alone', async () => {
    const mirrored = createDynamoMirroredFunding(emulators.dynamo, TABLE);
    expect([...(await mirrored(HOUR))]).toEqual([]);
    await put({ symbol: 'BTC', route: 'HYPERLIQUID', payment: '-500000001' });
    await put({ symbol: 'BTC', route: 'HYPERLIQUID', payment: '2000000' });
    await put({ symbol: 'ETH', route: 'HYPERLIQUID', payment: '7' });
    await put({ symbol: 'BTC', route: 'INTERNAL', payment: '-9' });
    await put({ symbol: 'BTC', route: 'HYPERLIQUID', payment: '-9', hour: HOUR + 3_600_000 });
    expect([...(await mirrored(HOUR))]).toEqual([
      ['BTC', -498_000_001n],
      ['ETH', 7n],
    ]);
  });

  it('is not known where a row is not as it is written', async () => {
    await put({ symbol: 'SOL', route: 'HYPERLIQUID', payment: '1.5' });
    await expect(createDynamoMirroredFunding(emulators.dynamo, TABLE)(HOUR)).rejects.toMatchObject({
      code: 'MalformedItem',
    });
  });
});
