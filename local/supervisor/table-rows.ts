/** A table's rows as people and tests look at them. */
import { ScanCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** Texts and numbers are texts here (amounts are integers of any length); everything else is left out. */
export type TableRow = Readonly<Record<string, string>>;

/** Reads a whole table: local ones are small. */
export async function scanTable(client: DynamoDBClient, tableName: string): Promise<readonly TableRow[]> {
  const rows: TableRow[] = [];
  let from: Record<string, AttributeValue> | undefined;
  do {
    const page = await client.send(new ScanCommand({ TableName: tableName, ExclusiveStartKey: from }));
    for (const item of page.Items ?? []) rows.push(rowOf(item));
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return rows;
}

const rowOf = (item: Readonly<Record<string, AttributeValue>>): TableRow =>
  Object.fromEntries(
    Object.entries(item).flatMap(([name, value]): [string, string][] => {
      const text = value.S ?? value.N;
      return text === undefined ? [] : [[name, text]];
    }),
  );
