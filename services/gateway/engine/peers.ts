/** One connection per engine process, and the committed updates that come through it. */
import { createRpcClient, type RpcClient } from '@perps/adapters/rpc';
import { type AccountUpdate, UPDATES_TOPIC } from '@perps/contracts/engine';
import type { Clock, Logger } from '@perps/runtime/ports';

export interface Peers {
  /** Connects on the first use. */
  at(address: string): RpcClient;
  isConnected(address: string): boolean;
  /** Lets go of processes that own nothing any more, connects to those that do. */
  keepOnly(addresses: ReadonlySet<string>): void;
  close(): void;
}

export interface PeersOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onUpdate: (update: AccountUpdate) => void;
  /** The connection broke: updates may have been missed. */
  readonly onDropped: (address: string) => void;
}

export function createPeers(options: PeersOptions): Peers {
  const clients = new Map<string, RpcClient>();
  let isClosed = false;

  return {
    at,
    isConnected: (address) => clients.get(address)?.isConnected() ?? false,
    keepOnly(addresses) {
      if (isClosed) return;
      for (const address of addresses) at(address);
      for (const [address, client] of clients) {
        if (addresses.has(address)) continue;
        clients.delete(address);
        client.close();
      }
    },
    close() {
      isClosed = true;
      for (const client of clients.values()) client.close();
      clients.clear();
    },
  };

  function at(address: string): RpcClient {
    const known = clients.get(address);
    if (known !== undefined) return known;
    const { clock, logger } = options;
    const client = createRpcClient({ resolveUrl: () => Promise.resolve(rpcUrl(address)), logger, clock });
    clients.set(address, client);
    client.subscribe(UPDATES_TOPIC, (payload) => options.onUpdate(payload as AccountUpdate));
    client.onState((isConnected) => {
      if (!isConnected && !isClosed) options.onDropped(address);
    });
    return client;
  }
}

/** Owners publish where they listen; the path of the RPC is ours to know. */
export function rpcUrl(address: string): string {
  const url = new URL(address);
  if (url.pathname === '/' || url.pathname === '') url.pathname = '/rpc';
  return url.href;
}
