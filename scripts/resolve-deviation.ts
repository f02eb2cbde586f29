/** Closes a row of `deviation_logs` and, with its last open P0, releases the symbol's opens at the venue. See `--help`. */
import { parseArgs } from 'node:util';
import {
  commaList,
  createDynamoClient,
  createDynamoDeviations,
  createSqsClient,
  createSqsCommands,
  loadConfig,
} from '@perps/adapters/aws';
import { systemClock, systemIds } from '@perps/adapters/node';
import { resolveDeviation } from '@perps/runtime/deviation';
import { z } from 'zod';

const settings = z.object({ DEVIATION_LOGS_TABLE: z.string().min(3), COMMAND_QUEUE_URLS: commaList });

const USAGE = `usage: resolve-deviation.ts --id ID --note TEXT

Closes an open row of deviation_logs with a note that says what it was. Where nothing else stops the row's symbol, its
opens at Hyperliquid go on. Repeating it is harmless.

Environment: AWS_REGION, credentials, ${Object.keys(settings.shape).join(', ')} (by shard, comma-separated).`;

const { values } = parseArgs({
  options: { id: { type: 'string' }, note: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});

async function main(): Promise<void> {
  const { id, note } = values;
  if (id === undefined || note === undefined || note.trim() === '')
    throw new Error('name the row (--id) and say why (--note)');
  const { DEVIATION_LOGS_TABLE, COMMAND_QUEUE_URLS: queueUrls } = loadConfig(settings);
  const resolution = await resolveDeviation(
    {
      log: createDynamoDeviations(createDynamoClient(), DEVIATION_LOGS_TABLE),
      queue: createSqsCommands({ client: createSqsClient(), queueUrls, ids: systemIds }),
      shardCount: queueUrls.length,
      now: () => systemClock.now(),
    },
    { id, note },
  );
  if (resolution === undefined) throw new Error(`there is no row ${id}`);
  const { row, isReleased } = resolution;
  console.log(`${id} is ${row.status}: ${row.note ?? ''}`);
  console.log(isReleased ? `opens of ${row.symbol} at the venue are released` : 'nothing is released by it');
}

if (values.help === true) console.log(USAGE);
else await main();
