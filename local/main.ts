/** `npm start`: the whole system on this machine. */
import { parseArgs } from 'node:util';
import { systemClock } from '@perps/adapters/node';
import { startLocalSystem, type LocalSystemOptions, type System } from './supervisor/index.ts';

const HELP = `npm start -- [flags]

  --fresh            forget everything and start anew
  --dir FOLDER       where data live (default .local)
  --port N           port of the gateway (default 8600, or any free one)
  --replay FILE      the venue replays these 1-minute candles
  --seed N           seed of the venue's random prices
  --volatility X     multiplies the venue's volatility; 0 stands still
  --help

AWS_ENDPOINT_URL=http://… uses that emulator instead of the embedded one, see docs/localstack.md.`;

const PREFERRED_PORT = 8_600;
const LAUNCHER_POLL_MS = 250;

/** The flags as options; throws on what is not a flag or not a number. */
function readFlags(args: readonly string[]): LocalSystemOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      fresh: { type: 'boolean', default: false },
      dir: { type: 'string' },
      port: { type: 'string' },
      replay: { type: 'string' },
      seed: { type: 'string' },
      volatility: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const number = (name: 'port' | 'seed' | 'volatility') => {
    const text = values[name];
    if (text === undefined) return {};
    const value = Number(text);
    if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} ${text} is not a number`);
    return { [name]: value };
  };
  return {
    fresh: values.fresh,
    preferredPort: PREFERRED_PORT,
    ...(values.dir === undefined ? {} : { dir: values.dir }),
    ...(values.replay === undefined ? {} : { replay: values.replay }),
    ...number('port'),
    ...number('seed'),
    ...number('volatility'),
  };
}

function announce(system: System, seconds: string): void {
  const lines = system.wallets.map(
    ({ address, privateKey, balance }) =>
      `  ${address}  key ${privateKey}  funded with ${balance.toLocaleString('en-US')} USD`,
  );
  for (const part of system.missing) console.log(`not there yet: ${part}`);
  console.log(
    `ready ${system.url}  (websocket ${system.wsUrl}, Hyperliquid's protocol, signed for Testnet; ${seconds} s)`,
  );
  console.log(`demo wallets (local only):\n${lines.join('\n')}`);
  console.log(`try:
  curl -s ${system.url}/health
  curl -s ${system.url}/info -H 'content-type: application/json' -d '{"type":"allMids"}'
  curl -s -X POST ${system.venue.control}/price -H 'content-type: application/json' -d '{"coin":"BTC","price":"100000"}'
  any Hyperliquid client at ${system.url}: see README. Ctrl-C stops everything; data stay in ${system.dir}.`);
}

/** npm ends at SIGTERM without telling us: when the one who launched us is gone, so are we. */
function watchLauncher(onGone: () => void): void {
  const launcher = process.ppid;
  if (process.env['npm_lifecycle_event'] === undefined) return;
  setInterval(() => {
    if (process.ppid !== launcher) onGone();
  }, LAUNCHER_POLL_MS).unref();
}

async function main(): Promise<void> {
  const options = readFlags(process.argv.slice(2));
  if (options === 'help') {
    console.log(HELP);
    return;
  }
  const startedAt = systemClock.monotonic();
  const seconds = (): string => ((systemClock.monotonic() - startedAt) / 1_000).toFixed(1).padStart(5);
  const abort = new AbortController();
  const onProgress = (line: string): void => console.log(`${seconds()} s  ${line}`);
  const starting = startLocalSystem({ ...options, onProgress, signal: abort.signal });
  const stop = async (): Promise<void> => {
    if (abort.signal.aborted) return;
    console.log('stopping');
    abort.abort();
    const system = await starting.catch(() => undefined);
    await system?.stop();
    process.exit(0);
  };
  watchLauncher(() => void stop());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());
  try {
    announce(await starting, seconds().trim());
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
