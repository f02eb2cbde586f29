/** Recorded days in a folder of candle files, `COIN…_venue_1m_YYYY-MM-DD[…].csv`; each coin once per day. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { coinOfFile, parseCandles } from '../../local/hyperliquid/replay.ts';
import type { CrashMarket } from './markets.ts';

export interface RecordedDay {
  readonly day: string;
  readonly markets: readonly CrashMarket[];
}

/** Days in order; throws where a file cannot be read as candles. */
export function recordedDays(folder: string): readonly RecordedDay[] {
  const days = new Map<string, CrashMarket[]>();
  for (const file of readdirSync(folder).sort()) {
    const day = /_(?:1m|5m)_(\d{4}-\d{2}-\d{2})/.exec(file)?.[1];
    const symbol = coinOfFile(file);
    if (day === undefined || symbol === undefined || !file.endsWith('.csv')) continue;
    const markets = days.get(day) ?? [];
    days.set(day, markets);
    if (markets.some((market) => market.symbol === symbol)) continue;
    markets.push({ symbol, candles: parseCandles(readFileSync(join(folder, file), 'utf8')) });
  }
  return [...days].map(([day, markets]) => ({ day, markets }));
}
