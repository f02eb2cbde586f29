import { parseArgs } from 'node:util';
import { startTestSystem } from '../support/system.ts';
import { describeCampaign, failuresOf, killUnderLoad } from './kill-under-load.ts';

const HELP = `npm run soak -- [--kills N] [--seed S] [--traders N] [--help]

Starts the whole system in a temporary folder, kills its engine with SIGKILL at random moments while traders send
orders, and compares every answer with the books.
  --kills N     how many kills (default 100)
  --seed S      the random choices (default 1)
  --traders N   accounts under load at once (default 16)
Exits 1 where an acknowledged order is missing, one is booked twice, one stays without an answer, or sums differ.`;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    traders: { type: 'string', default: '16' },
    help: { type: 'boolean', default: false },
  },
});

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${name} takes a whole number from 1, not ${text}`);
  return value;
}

async function main(): Promise<boolean> {
  if (values.help) {
    console.log(HELP);
    return true;
  }
  const kills = positive('--kills', values.kills);
  const seed = positive('--seed', values.seed);
  const traders = positive('--traders', values.traders);
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort());
  const system = await startTestSystem({ volatility: 0, signal: interruption.signal, onProgress: print });
  const interrupted = new Promise<never>((_resolve, reject) => {
    interruption.signal.addEventListener('abort', () => reject(new Error('interrupted')), { once: true });
  });
  try {
    const campaign = killUnderLoad(system, { kills, seed, traders, onProgress: print });
    const report = await Promise.race([campaign, interrupted]);
    for (const failure of failuresOf(report)) console.error(failure);
    print(`seed ${seed}: ${describeCampaign(report)}`);
    return failuresOf(report).length === 0;
  } finally {
    await system.stop();
  }
}

function print(line: string): void {
  console.log(`${new Date().toISOString()} ${line}`);
}

main().then(
  (isRight) => process.exit(isRight ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
