/** Which processes make the system, and the environment each one gets. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalCloud } from '../cloud/index.ts';
import type { Deployment } from '../cloud/template.ts';
import type { Keyring } from './accounts.ts';
import type { Agents } from './agents.ts';
import type { ChildSpec } from './child.ts';
import { clockShift } from './clock-offset.ts';
import type { PortName, Ports } from './ports.ts';
import type { VenueAddresses } from './venue.ts';

export const SERVICES = ['market-data', 'engine', 'gateway'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** How the simulated market moves. */
export interface MarketOptions {
  readonly seed?: number;
  /** 1-minute candles to replay. */
  readonly replay?: string;
  /** Annual volatility, e.g. 0.6. */
  readonly volatility?: number;
  /** Where coins start, USD. */
  readonly prices?: Readonly<Record<string, number>>;
  /** Maximum leverage by coin, one flat tier each, in place of the venue's own tables. */
  readonly leverages?: Readonly<Record<string, number>>;
}

export interface SpecOptions {
  readonly root: string;
  readonly dir: string;
  readonly logLevel: string;
  readonly cloud: LocalCloud;
  readonly deployment: Deployment;
  readonly ports: Ports;
  readonly venue: VenueAddresses;
  readonly keyring: Keyring;
  readonly market: MarketOptions;
  readonly agents: Agents;
  /** Further flags of Node by process. */
  readonly flags: Readonly<Partial<Record<PortName, readonly string[]>>>;
  /** Added to the time of day of every process. */
  readonly clockOffsetMs: number;
}

const urlOf = (ports: Ports, name: PortName): string => `http://127.0.0.1:${ports[name]}`;
const rpcOf = (ports: Ports, name: PortName): string => `ws://127.0.0.1:${ports[name]}/rpc`;

/** Where a process answers `/health`. */
export const healthUrl = urlOf;

function spec(options: SpecOptions, name: PortName, rest: Pick<ChildSpec, 'file' | 'args' | 'env'>): ChildSpec {
  const { flags, env } = clockShift(options.clockOffsetMs);
  return {
    name,
    file: join(options.root, rest.file),
    args: rest.args,
    flags: [...flags, ...(options.flags[name] ?? [])],
    cwd: options.root,
    env: { HOST: '127.0.0.1', PORT: String(options.ports[name]), LOG_LEVEL: options.logLevel, ...rest.env, ...env },
    logFile: join(options.dir, 'logs', `${name}.log`),
  };
}

/** The simulated venue; undefined where it is not built yet. */
export function venueSpec(options: SpecOptions): ChildSpec | undefined {
  const file = 'local/hyperliquid/main.ts';
  if (!existsSync(join(options.root, file))) return undefined;
  const { seed, replay, volatility, prices = {}, leverages = {} } = options.market;
  const given = { seed, replay, volatility, port: options.ports.venue, 'control-port': options.ports['venue-control'] };
  const args = Object.entries({ ...given, 'data-file': join(options.dir, 'venue.json') }).flatMap(([flag, value]) =>
    value === undefined ? [] : [`--${flag}`, String(value)],
  );
  for (const [coin, leverage] of Object.entries(leverages)) args.push('--leverage', `${coin}=${leverage}`);
  for (const [coin, price] of Object.entries(prices)) args.push('--price', `${coin}=${price}`);
  return spec(options, 'venue', { file, args, env: {} });
}

/** A service with its container's environment from the template and this machine's addresses over it. */
export function serviceSpec(options: SpecOptions, name: ServiceName): ChildSpec | undefined {
  const file = `services/${name}/main.ts`;
  if (!existsSync(join(options.root, file))) return undefined;
  const container = options.deployment.containers.find((candidate) => candidate.name === name);
  const { cloud, ports, venue, keyring } = options;
  const local = {
    VENUE_URL: venue.url,
    VENUE_WS_URL: venue.wsUrl,
    VENUE_NETWORK: 'Testnet',
    MARKET_DATA_URL: rpcOf(ports, 'market-data'),
    ADVERTISED_URL: rpcOf(ports, 'engine'),
    HL_TRADING_ACCOUNT: keyring.trading.address,
    // No balancer stands before the gateway here.
    TRUST_PROXY: 'false',
    // The person at this machine is operator and trader.
    DISCLOSE_ROUTE: 'true',
  };
  const given = container?.environment ?? {};
  const env = {
    ...given,
    ...pick(local, given),
    ...(name === 'engine' ? { ...ENGINE_SETTINGS, ...options.agents.settings } : {}),
    ...cloud.env,
  };
  return spec(options, name, { file, args: [marker(options)], env: { ...env, ...addressOf(options, name) } });
}

/** A killed engine's shards are free sooner than on AWS, where a longer pause of a task is less rare. */
const ENGINE_SETTINGS = { LEASE_TTL_MS: '3000' };

/** The folder on the command line tells a later start whose orphan a process is. */
const marker = ({ dir }: SpecOptions): string => `--system=${dir}`;

/** Only what the container declares is replaced: a name the template lacks would be missing on AWS too. */
const pick = (values: Readonly<Record<string, string>>, names: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => name in names));

const addressOf = ({ ports, logLevel }: SpecOptions, name: ServiceName) => ({
  HOST: '127.0.0.1',
  PORT: String(ports[name]),
  LOG_LEVEL: logLevel,
});
