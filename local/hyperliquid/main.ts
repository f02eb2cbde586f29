/** Starts the venue simulator from the command line. */
import { parseArgs } from 'node:util';
import { createVenueSimulator, loadReplay, type RecordedCandle, type VenueSimulatorOptions } from './index.ts';

const HELP = `Simulated Hyperliquid: /info, /exchange and /ws as third-party clients know them.

  --port N            venue's port (default 3010, 0 = any free one)
  --control-port N    control door's port (default 3011)
  --host H            address to bind (default 127.0.0.1)
  --seed N            seed of prices and flow (default 1)
  --replay [COIN=]F   replay recorded candles (openTime,open,high,low,close,volume); may be given several times
  --speed X           how many times faster than recorded (default 1)
  --volatility X      multiplies the random walk's volatility, 0 stands still (default 1)
  --leverage COIN=N   maximum leverage of a coin, one flat tier; may be given several times
  --price COIN=USD    where a coin starts; may be given several times
  --weight N          request weight per minute and IP (default 1200, as the venue)
  --mainnet           accept mainnet signatures instead of testnet ones
  --fund ADDR=USD     an account with money; may be given several times
  --data-file F       remember accounts, orders and nonces in this file
  --help              this text

Control door: POST /faults {"kind","count"?,"ms"?,"account"?}, GET and DELETE /faults,
POST /price {"coin","price","overMs"?} or {"coin","price","hold":true,"spread"?} or {"coin","hold":false}
or {"coin","mark","ms"?}, POST /funding {"coin","rate"}, POST /hour {"time"?,"factor"?},
POST /fund {"address","amount"}, GET /state.
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '3010' },
    'control-port': { type: 'string', default: '3011' },
    host: { type: 'string', default: '127.0.0.1' },
    seed: { type: 'string', default: '1' },
    replay: { type: 'string', multiple: true, default: [] },
    speed: { type: 'string', default: '1' },
    volatility: { type: 'string', default: '1' },
    leverage: { type: 'string', multiple: true, default: [] },
    price: { type: 'string', multiple: true, default: [] },
    weight: { type: 'string' },
    mainnet: { type: 'boolean', default: false },
    fund: { type: 'string', multiple: true, default: [] },
    'data-file': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else await run();

async function run(): Promise<void> {
  const simulator = await createVenueSimulator(optionsOf());
  process.stdout.write(`ready ${simulator.url} ${simulator.wsUrl} control ${simulator.control}\n`);
  const stop = (): void => {
    void simulator.close().then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function optionsOf(): VenueSimulatorOptions {
  const replays: Record<string, readonly RecordedCandle[]> = {};
  for (const argument of values.replay) {
    const { coin, candles } = loadReplay(argument);
    replays[coin] = candles;
  }
  const stateFile = values['data-file'];
  return {
    port: numeric('port', values.port),
    controlPort: numeric('control-port', values['control-port']),
    host: values.host,
    seed: numeric('seed', values.seed),
    speed: numeric('speed', values.speed),
    volatility: numeric('volatility', values.volatility),
    network: values.mainnet ? 'Mainnet' : 'Testnet',
    replays,
    leverages: byCoin('leverage', values.leverage),
    prices: byCoin('price', values.price),
    ...(values.weight === undefined ? {} : { limits: { weightPerMinute: numeric('weight', values.weight) } }),
    accounts: values.fund.map((text) => {
      const [address = '', balance = '0'] = text.split('=', 2);
      return { address, balance };
    }),
    ...(stateFile === undefined ? {} : { stateFile }),
  };
}

function byCoin(name: string, texts: readonly string[]): Record<string, number> {
  const pairs = texts.map((text): [string, number] => {
    const [coin = '', value = ''] = text.split('=', 2);
    return [coin, numeric(name, value)];
  });
  return Object.fromEntries(pairs);
}

function numeric(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new TypeError(`--${name}: not a number: ${text}`);
  return value;
}
