import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { replayCrashDay } from './crash-day.ts';
import { recordedDays } from './days.ts';
import { type NamedReport, toCsv, toTable } from './report.ts';

const HELP = `npm run replay -- --data FOLDER [--day YYYY-MM-DD]... [--accounts N] [--seed N] [--csv FILE] [--help]

Replays recorded days (1-minute candles, one CSV per coin: openTime,open,high,low,close[,volume]) over the real shard
with generated traders, and says what happened: who was warned and liquidated, what it cost, whether anybody was skipped.
  --data FOLDER   candle files, named COIN…_venue_1m_YYYY-MM-DD.csv
  --day DAY       only this day; may be repeated (default: all)
  --accounts N    generated traders (default 10,000)
  --seed N        of traders and of the ticks inside the candles (default 1)
  --csv FILE      also writes the report there
Exits 1 where an account was skipped, a check failed, or a balance went below zero.`;

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    day: { type: 'string', multiple: true },
    accounts: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    csv: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

function main(): boolean {
  if (values.help || values.data === undefined) {
    console.log(HELP);
    return values.help;
  }
  const wanted = values.day;
  const days = recordedDays(values.data).filter(({ day }) => wanted === undefined || wanted.includes(day));
  if (days.length === 0) {
    console.error(`no recorded day in ${values.data}`);
    return false;
  }
  const reports: NamedReport[] = [];
  for (const { day, markets } of days) {
    const symbols = markets.map(({ symbol }) => symbol);
    const report = replayCrashDay({
      markets,
      accounts: Number(values.accounts),
      seed: Number(values.seed),
      slowCheckEvery: 2_000,
      onProgress: (done, of) =>
        process.stderr.isTTY && process.stderr.write(`\r${day} ${Math.floor((100 * done) / of)} % `),
    });
    process.stderr.write('\r');
    const named = { day, symbols, report };
    reports.push(named);
    console.log(`${toTable([named])}\n`);
    for (const difference of report.differences) console.error(`  ${day}: ${difference}`);
  }
  if (values.csv !== undefined) writeFileSync(values.csv, toCsv(reports));
  return reports.every(({ report }) => report.skipped === 0 && report.differences.length === 0);
}

process.exitCode = main() ? 0 : 1;
