/** The whole system on one machine: cloud, functions, venue and services, from an empty folder to ready. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RoutingPolicy } from '@perps/domain/routing';
import { createWallet, LOCAL_POLICY, openKeyring, type Keyring, type Wallet } from './accounts.ts';
import type { AgentSigning } from './agents.ts';
import { superviseChild, type Child, type ChildSpec } from './child.ts';
import { claimInstance, writeJson, type Instance } from './instance.ts';
import { startPlatform, type Platform } from './platform.ts';
import { choosePorts, isFree, type Ports } from './ports.ts';
import { shownBalance, unhealthy, waitUntil } from './readiness.ts';
import { healthUrl, SERVICES, serviceSpec, venueSpec, type MarketOptions, type ServiceName } from './services.ts';
import { approveAgent, fundVenueAccount, venueAddresses, type VenueAddresses } from './venue.ts';
import type { TableRow } from './table-rows.ts';

export interface LocalSystemOptions extends MarketOptions {
  /** Where everything lives; default `.local` of the repository. */
  readonly dir?: string;
  /** Wipe the folder first. */
  readonly fresh?: boolean;
  /** The gateway's port; must be free. Absent: last time's, `preferredPort`, or any. */
  readonly port?: number;
  /** Taken where it is free. */
  readonly preferredPort?: number;
  readonly logLevel?: string;
  /** Who signs venue orders: KMS every time (default), or keys that KMS unseals into the engine's memory. */
  readonly agentSigning?: AgentSigning;
  /** Further flags of Node by process: to trace or profile one. */
  readonly flags?: Readonly<Partial<Record<ProcessName, readonly string[]>>>;
  /** Added to the time of day of every process and function, so that an hour can be near. */
  readonly clockOffsetMs?: number;
  /** Told what happens; default: nobody. */
  readonly onProgress?: (line: string) => void;
  /** Aborted: the start is given up and everything stopped. */
  readonly signal?: AbortSignal;
  /** The repository; default: where this file lies. */
  readonly root?: string;
}

export type ProcessName = ServiceName | 'venue';

export interface System {
  readonly dir: string;
  readonly url: string;
  readonly wsUrl: string;
  readonly venue: VenueAddresses & { readonly accounts: { readonly trading: string; readonly hedge: string } };
  /** Demo accounts, funded. */
  readonly wallets: readonly Wallet[];
  /** Parts of the repository that are not there yet. */
  readonly missing: readonly string[];
  /** A new account with a balance (whole USD), ready to trade. */
  createTrader(options?: { readonly balance?: number }): Promise<Wallet>;
  process(name: ProcessName): Child | undefined;
  /** Runs a function of the template (by its folder's name), as a person does from the console. */
  invoke(functionName: string, event: unknown): Promise<unknown>;
  /** All rows of a table, by the variable that names it to the functions (`BALANCE_LOGS_TABLE`). */
  rows(variable: string): Promise<readonly TableRow[]>;
  /** Gives every shard a routing policy; the version must grow. */
  setPolicy(policy: RoutingPolicy): Promise<void>;
  /** The engine's internal door. */
  readonly engineUrl: string;
  /** Until every service says that it is healthy. */
  waitReady(): Promise<void>;
  stop(): Promise<void>;
}

const READY_MS_MAX = 60_000;
const ACCOUNT_MS_MAX = 60_000;
const REPOSITORY = resolve(import.meta.dirname, '../..');
/** Kept by `fresh`: a cache of what only depends on the sources. */
const KEPT = new Set(['assemblies', 'instance.json']);

interface Running {
  readonly options: LocalSystemOptions;
  readonly root: string;
  readonly dir: string;
  readonly instance: Instance;
  readonly platform: Platform;
  readonly ports: Ports;
  readonly venue: VenueAddresses;
  readonly keyring: Keyring;
  readonly children: Map<string, Child>;
  readonly pids: Map<string, number>;
  readonly missing: string[];
  /** Aborted when the system goes down: nobody waits any longer. */
  readonly stopping: AbortController;
  stopped: Promise<void> | undefined;
  readonly say: (line: string) => void;
}

/** Brings the system up in its folder, as it was when it stopped; resolves when orders can be placed. */
export async function startLocalSystem(options: LocalSystemOptions = {}): Promise<System> {
  const running = await prepare(options);
  try {
    await bringUp(running);
  } catch (error) {
    await stop(running);
    throw error;
  }
  return toSystem(running);
}

async function prepare(options: LocalSystemOptions): Promise<Running> {
  const say = options.onProgress ?? (() => undefined);
  const root = options.root ?? REPOSITORY;
  const dir = resolve(options.dir ?? join(root, '.local'));
  mkdirSync(dir, { recursive: true });
  const instance = await claimInstance(dir);
  try {
    if (options.fresh === true) wipe(dir);
    return await equip(options, { root, dir, instance, say });
  } catch (error) {
    instance.release();
    throw error;
  }
}

type Claimed = Pick<Running, 'root' | 'dir' | 'instance' | 'say'>;

async function equip(options: LocalSystemOptions, claimed: Claimed): Promise<Running> {
  const { root, dir, instance, say } = claimed;
  const stopping = new AbortController();
  options.signal?.addEventListener('abort', () => stopping.abort(), { once: true });
  const ports = await choosePorts(dir, await preferredPorts(dir, options));
  const pids = new Map<string, number>();
  say('starting the cloud, reading the template');
  const keyring = openKeyring(dir);
  const platform = await startPlatform({
    root,
    dir,
    tradingAccount: keyring.trading.address,
    agentSigning: options.agentSigning ?? 'kms',
    settings: { VENUE_URL: venueAddresses(ports).url, HL_TRADING_ACCOUNT: keyring.trading.address },
    clockOffsetMs: options.clockOffsetMs ?? 0,
    onError: say,
    onRestart: ({ reason, isLost }) => {
      if (stopping.signal.aborted) return;
      say(isLost ? `${reason}; it does not start again, stop and start the system` : `${reason}; started again`);
      instance.record({ ...platform.cloud.processes, ...Object.fromEntries(pids) });
    },
  });
  instance.record(platform.cloud.processes);
  return {
    ...claimed,
    options,
    platform,
    ports,
    venue: venueAddresses(ports),
    keyring,
    children: new Map(),
    pids,
    missing: [],
    stopping,
    stopped: undefined,
  };
}

function wipe(dir: string): void {
  for (const name of readdirSync(dir)) if (!KEPT.has(name)) rmSync(join(dir, name), { recursive: true, force: true });
}

async function preferredPorts(dir: string, { port, preferredPort }: LocalSystemOptions): Promise<Partial<Ports>> {
  if (port !== undefined) return { gateway: port };
  const isFirst = !existsSync(join(dir, 'ports.json'));
  return isFirst && preferredPort !== undefined && (await isFree(preferredPort)) ? { gateway: preferredPort } : {};
}

async function bringUp(running: Running): Promise<void> {
  const { dir, keyring, platform, say } = running;
  for (const name of platform.deployment.functions.map((one) => one.name)) {
    if (!platform.lambdas.running.includes(name)) running.missing.push(`functions: ${name}`);
  }
  say('starting the venue');
  startProcess(running, 'venue', venueSpec(specOptions(running)));
  await Promise.all([bootstrapVenue(running), bootstrapAccounts(dir, keyring, platform)]);
  say(`starting ${SERVICES.join(', ')}`);
  for (const name of SERVICES) startProcess(running, name, serviceSpec(specOptions(running), name));
  await waitReady(running);
  await Promise.all(keyring.wallets.map((wallet) => waitForAccount(running, wallet)));
  describe(running);
}

const specOptions = ({ root, dir, options, platform, ports, venue, keyring }: Running) => ({
  root,
  dir,
  logLevel: options.logLevel ?? 'info',
  cloud: platform.cloud,
  deployment: platform.deployment,
  ports,
  venue,
  keyring,
  market: options,
  agents: platform.agents,
  flags: options.flags ?? {},
  clockOffsetMs: options.clockOffsetMs ?? 0,
});

function startProcess(running: Running, name: ProcessName, spec: ChildSpec | undefined): void {
  if (spec === undefined) {
    running.missing.push(`process: ${name}`);
    running.say(`${name} is not there: left out`);
    return;
  }
  const child = superviseChild(spec, {
    onStart: (_name, pid) => {
      running.pids.set(name, pid);
      running.instance.record({ ...running.platform.cloud.processes, ...Object.fromEntries(running.pids) });
      if (!running.children.has(name)) return;
      describe(running);
      // A venue that lost its memory with its process needs the platform's accounts again.
      if (name === 'venue') bootstrapVenue(running).catch((error: unknown) => running.say(String(error)));
    },
    onDeath: (_name, reason) => running.say(`${name} died (${reason}): starting it again, see ${spec.logFile}`),
  });
  running.children.set(name, child);
}

/** Master accounts get their money and the engine's keys their rights; both are there already after a restart. */
async function bootstrapVenue(running: Running): Promise<void> {
  const { children, keyring, platform, venue, stopping } = running;
  if (!children.has('venue')) return;
  const wait = { what: 'venue', withinMs: READY_MS_MAX, signal: stopping.signal };
  await waitUntil(() => unreachable(venue.url), wait);
  await Promise.all([fundVenueAccount(venue, keyring.trading), fundVenueAccount(venue, keyring.hedge)]);
  for (const [slot, agent] of platform.agents.addresses.entries()) {
    await approveAgent(venue, { master: keyring.trading, agent, name: `engine-${slot}` });
  }
}

async function unreachable(url: string): Promise<string | undefined> {
  return fetch(`${url}/info`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"type":"allMids"}',
  }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok ? undefined : `status ${response.status}`;
    },
    (error: unknown) => String(error),
  );
}

/** Once per folder: an operator's later policy must not be undone by a restart. */
async function bootstrapAccounts(dir: string, keyring: Keyring, { treasury }: Platform): Promise<void> {
  const done = join(dir, 'bootstrapped.json');
  if (existsSync(done)) return;
  await treasury.setPolicy(LOCAL_POLICY);
  for (const wallet of keyring.wallets) await treasury.openAccount(wallet);
  writeJson(done, { policyVersion: LOCAL_POLICY.version });
}

/** Healthy; or, where a part of the system is not built yet and health is out of reach, answering. */
async function waitReady(running: Running): Promise<void> {
  const names = SERVICES.filter((name) => running.children.has(name));
  const isWhole = names.length === SERVICES.length && running.children.has('venue');
  const missing = async (name: ServiceName): Promise<string | undefined> => {
    const reason = await unhealthy(healthUrl(running.ports, name));
    return !isWhole && reason !== undefined && /^\d{3} /.test(reason) ? undefined : reason;
  };
  await Promise.all(
    names.map(async (name) => {
      await waitUntil(() => missing(name), {
        what: `${name} (log: ${join(running.dir, 'logs', `${name}.log`)})`,
        withinMs: READY_MS_MAX,
        signal: running.stopping.signal,
      });
      running.say(`${name} is healthy`);
    }),
  );
}

async function waitForAccount(running: Running, { address }: Wallet): Promise<void> {
  if (!running.children.has('gateway') || !running.children.has('engine')) return;
  const url = healthUrl(running.ports, 'gateway');
  await waitUntil(async () => ((await shownBalance(url, address)) ? undefined : 'no balance shown yet'), {
    what: `account ${address}`,
    withinMs: ACCOUNT_MS_MAX,
    signal: running.stopping.signal,
  });
}

/** `system.json`: the system as scripts find it. */
function describe(running: Running): void {
  const { dir, keyring, ports, venue, pids } = running;
  writeJson(join(dir, 'system.json'), {
    url: healthUrl(ports, 'gateway'),
    wsUrl: `ws://127.0.0.1:${ports.gateway}/ws`,
    isTestnet: true,
    venue: { ...venue, accounts: { trading: keyring.trading.address, hedge: keyring.hedge.address } },
    wallets: keyring.wallets,
    processes: Object.fromEntries(pids),
  });
}

function toSystem(running: Running): System {
  const { dir, keyring, ports, venue, children, missing } = running;
  return {
    dir,
    url: healthUrl(ports, 'gateway'),
    wsUrl: `ws://127.0.0.1:${ports.gateway}/ws`,
    venue: { ...venue, accounts: { trading: keyring.trading.address, hedge: keyring.hedge.address } },
    wallets: keyring.wallets,
    missing,
    createTrader: async ({ balance = 100_000 } = {}) => {
      const wallet = createWallet(balance);
      await running.platform.treasury.openAccount(wallet);
      if (balance > 0) await waitForAccount(running, wallet);
      return wallet;
    },
    process: (name) => children.get(name),
    invoke: (name, event) => running.platform.lambdas.invoke(name, event),
    rows: (variable) => running.platform.rows(variable),
    setPolicy: (policy) => running.platform.treasury.setPolicy(policy),
    engineUrl: `ws://127.0.0.1:${ports.engine}/rpc`,
    waitReady: () => waitReady(running),
    stop: () => stop(running),
  };
}

/** Services first, the cloud last; everything within 5 s. Repeated calls share one stop. */
function stop(running: Running): Promise<void> {
  running.stopping.abort();
  running.stopped ??= stopAll(running);
  return running.stopped;
}

async function stopAll({ children, platform, dir, instance }: Running): Promise<void> {
  await Promise.all([...children.values()].map((child) => child.stop()));
  await platform.close();
  rmSync(join(dir, 'system.json'), { force: true });
  instance.release();
}
