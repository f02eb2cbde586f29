/** Fills the read tables again from the journal, shard by shard, while the system runs. See `--help`. */
import { parseArgs } from 'node:util';
import { createDynamoClient, createReadTablesProjector, loadConfig, readTablesConfig } from '@perps/adapters/aws';
import { READ_TABLES } from '@perps/contracts/projection';

const USAGE = `usage: rebuild-read-tables.ts --shard N [--shard M …] | --all COUNT

Projects the journal of each shard from its first record into the read tables (${READ_TABLES.join(', ')}),
then deletes rows the journal does not explain. Readers see the old rows until they are replaced; the projector may go on.

Environment: AWS_REGION, credentials, and the table names the projector has:
  ${Object.keys(readTablesConfig.shape).join(' ')}`;

const { values } = parseArgs({
  options: {
    shard: { type: 'string', multiple: true, default: [] },
    all: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});

function chosenShards(): readonly number[] {
  const shards =
    values.all === undefined
      ? values.shard.map(Number)
      : Array.from({ length: Number(values.all) }, (_, shard) => shard);
  const areValid = shards.every((shard) => Number.isInteger(shard) && shard >= 0 && shard < 256);
  if (shards.length > 0 && areValid) return shards;
  throw new Error('name the shards: --shard 0, or --all with their number');
}

async function main(): Promise<void> {
  const projector = createReadTablesProjector(createDynamoClient(), loadConfig(readTablesConfig));
  for (const shard of chosenShards()) {
    const startedAt = performance.now();
    const { seq, pruned } = await projector.rebuild(shard);
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    console.log(`shard ${shard}: projected up to seq ${seq}, removed ${pruned} rows, ${seconds} s`);
  }
}

if (values.help === true) console.log(USAGE);
else await main();
