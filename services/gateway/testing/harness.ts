/** A gateway over a fake engine and a fake feed, on ephemeral ports. */
import { addressOf, type ExchangeAction, type Network, signExchange } from '@perps/contracts/hyperliquid';
import type { AliasKind, Identity } from '@perps/adapters/aws';
import { systemClock } from '@perps/adapters/node';
import { type LeaseStore, silentLogger } from '@perps/runtime/ports';
import { createMemoryHistory, createMemoryLeases, type MemoryHistory } from '@perps/runtime/testing';
import type { Identities } from '../engine/accounts.ts';
import { type GatewayOptions, startGateway } from '../server.ts';
import { type FakeEngine, SHARDS, startFakeEngine } from './fake-engine.ts';
import { type FakeFeed, startFakeFeed } from './fake-feed.ts';

export interface Harness {
  readonly url: string;
  readonly wsUrl: string;
  readonly engine: FakeEngine;
  readonly feed: FakeFeed;
  readonly leases: LeaseStore;
  readonly history: MemoryHistory;
  readonly identities: Identities & { readonly claims: Map<string, Identity> };
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  info(body: unknown): Promise<unknown>;
  /** Signs with `key` and posts to `/exchange`. */
  act(key: string, action: ExchangeAction, extra?: Envelope): Promise<Answer>;
  close(): Promise<void>;
}

export interface Envelope {
  readonly nonce?: number;
  readonly network?: Network;
  readonly expiresAfter?: number;
  readonly vaultAddress?: string;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
  readonly headers: Headers;
}

/** Private keys of tests: 32 bytes of one digit. */
export const keyOf = (digit: number): string => `0x${String(digit).repeat(64)}`;
export const ALICE = keyOf(1);
export const AGENT = keyOf(2);
export const STRANGER = keyOf(3);
export const addressOfKey = addressOf;

function memoryIdentities(): Identities & { readonly claims: Map<string, Identity> } {
  const claims = new Map<string, Identity>();
  const find = (kind: AliasKind, address: string) => claims.get(`${kind}:${address}`);
  return {
    claims,
    findSigner: async (address) => find('wallet', address) ?? find('agent', address),
    claim: async (identity) => {
      const known = find(identity.kind, identity.address);
      if (known !== undefined && known.accountId !== identity.accountId) {
        return { status: 'taken', accountId: known.accountId };
      }
      claims.set(`${identity.kind}:${identity.address}`, identity);
      return { status: 'claimed' };
    },
  };
}

/** Tests of receipts bring their own. */
const NO_RECEIPTS: GatewayOptions['receipts'] = {
  isPublic: false,
  store: { find: async () => undefined },
  key: { publicKey: async () => ({ keyId: '00'.repeat(32), publicKey: '' }) },
};

let lastNonce = 0;
/** Fresh and rising. */
export function nextNonce(): number {
  lastNonce = Math.max(Date.now(), lastNonce + 1);
  return lastNonce;
}

export async function startHarness(options: Partial<GatewayOptions> = {}): Promise<Harness> {
  const engine = await startFakeEngine();
  const feed = await startFakeFeed();
  const leases = createMemoryLeases(systemClock);
  await engine.claimLeases(leases);
  const identities = memoryIdentities();
  const history = createMemoryHistory();
  const gateway = await startGateway({
    port: 0,
    host: '127.0.0.1',
    network: 'Testnet',
    shardCount: SHARDS,
    feedUrl: feed.url,
    trustProxy: false,
    leases,
    identities,
    history,
    receipts: NO_RECEIPTS,
    clock: systemClock,
    logger: silentLogger,
    ...options,
  });
  const url = `http://127.0.0.1:${gateway.port}`;

  async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, text, json: parse(text), headers: response.headers };
  }

  const harness: Harness = {
    url,
    wsUrl: `ws://127.0.0.1:${gateway.port}/ws`,
    engine,
    feed,
    leases,
    history,
    identities,
    post,
    info: async (body) => (await post('/info', body)).json,
    act: (key, action, extra = {}) =>
      post(
        '/exchange',
        signExchange({ action, nonce: extra.nonce ?? nextNonce(), network: 'Testnet', privateKey: key, ...extra }),
      ),
    async close() {
      await gateway.stop();
      await engine.close();
      await feed.close();
    },
  };
  await healthy(url);
  return harness;
}

/** Resolves when the gateway says that orders can be decided. */
async function healthy(url: string): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const response = await fetch(`${url}/health`);
    await response.arrayBuffer();
    if (response.ok) return;
    await systemClock.sleep(10);
  }
  throw new Error('the gateway did not become healthy');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
