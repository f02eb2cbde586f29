/** @nktkas/hyperliquid, set up for a target. */
import { ExchangeClient, HttpTransport, InfoClient, SubscriptionClient, WebSocketTransport } from '@nktkas/hyperliquid';
import { formatPrice, formatSize } from '@nktkas/hyperliquid/utils';
import { Wallet } from 'ethers';
import type { HyperliquidTarget } from './hyperliquid-clients.ts';

export interface Coin {
  readonly name: string;
  readonly assetId: number;
  readonly szDecimals: number;
  readonly mid: number;
}

export interface NktkasClient {
  readonly info: InfoClient;
  readonly exchange: ExchangeClient;
  readonly user: `0x${string}`;
  /** The coin as the target lists it now: ids differ between networks and are never assumed. */
  coin(name: string): Promise<Coin>;
}

export function createNktkasClient(target: HyperliquidTarget, privateKey = target.wallet.privateKey): NktkasClient {
  const transport = new HttpTransport({ isTestnet: target.isTestnet, apiUrl: target.url });
  const info = new InfoClient({ transport });
  return {
    info,
    exchange: new ExchangeClient({ transport, wallet: new Wallet(privateKey) }),
    user: target.wallet.address.toLowerCase() as `0x${string}`,
    coin: async (name) => {
      const [meta, mids] = [await info.meta(), await info.allMids()];
      const assetId = meta.universe.findIndex((entry) => entry.name === name);
      const entry = meta.universe[assetId];
      if (entry === undefined) throw new Error(`no coin ${name}`);
      return { name, assetId, szDecimals: entry.szDecimals, mid: Number(mids[name]) };
    },
  };
}

export interface NktkasStreams {
  readonly transport: WebSocketTransport;
  readonly subscriptions: SubscriptionClient;
}

export function createNktkasStreams(target: HyperliquidTarget): NktkasStreams {
  const transport = new WebSocketTransport({ isTestnet: target.isTestnet, url: target.wsUrl });
  return { transport, subscriptions: new SubscriptionClient({ transport }) };
}

type Tif = 'Gtc' | 'Ioc' | 'Alo';

export interface OrderIntent {
  readonly isBuy: boolean;
  /** As a multiple of the mid. */
  readonly atMidTimes: number;
  readonly usd: number;
  readonly tif: Tif;
  readonly isReduceOnly?: boolean;
  readonly cloid?: `0x${string}`;
}

/** An order of about `usd` USD in the venue's own precision. */
export function orderFor(coin: Coin, intent: OrderIntent) {
  return {
    a: coin.assetId,
    b: intent.isBuy,
    p: formatPrice(coin.mid * intent.atMidTimes, coin.szDecimals),
    s: formatSize(intent.usd / coin.mid, coin.szDecimals),
    r: intent.isReduceOnly ?? false,
    t: { limit: { tif: intent.tif } },
    ...(intent.cloid === undefined ? {} : { c: intent.cloid }),
  };
}

export interface TriggerIntent {
  readonly isBuy: boolean;
  readonly kind: 'tp' | 'sl';
  /** Trigger and limit as multiples of `price`; a market one takes a limit a tenth beyond its trigger. */
  readonly at: number;
  readonly limit?: number;
  readonly size: string;
  readonly isReduceOnly?: boolean;
  readonly cloid?: `0x${string}`;
}

/** A stop or a take-profit around a price; with a limit it is a limit order when it fires, else a market order. */
export function triggerAround(price: number, coin: Coin, intent: TriggerIntent) {
  const { isBuy, kind, at, limit } = intent;
  const text = (times: number): string => formatPrice(price * times, coin.szDecimals);
  return {
    a: coin.assetId,
    b: isBuy,
    p: text(limit ?? at * (isBuy ? 1.08 : 0.92)),
    s: intent.size,
    r: intent.isReduceOnly ?? true,
    t: { trigger: { isMarket: limit === undefined, triggerPx: text(at), tpsl: kind } },
    ...(intent.cloid === undefined ? {} : { c: intent.cloid }),
  };
}

/** 16 random bytes. */
export function randomCloid(): `0x${string}` {
  return `0x${Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex')}`;
}

/** The oid of the only status of an order answer. */
export function oidOf(answer: Awaited<ReturnType<ExchangeClient['order']>>): number {
  const [status] = answer.response.data.statuses;
  if (typeof status === 'object' && 'resting' in status) return status.resting.oid;
  if (typeof status === 'object' && 'filled' in status) return status.filled.oid;
  throw new Error(`no oid in ${JSON.stringify(status)}`);
}
