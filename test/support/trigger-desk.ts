/** A trader with triggers in a market that stands still until it is moved. */
import type { ExchangeClient, FrontendOpenOrdersResponse } from '@nktkas/hyperliquid';
import { formatPrice, formatSize } from '@nktkas/hyperliquid/utils';
import { holdAt, letGo } from './held-market.ts';
import type { CurrentTarget } from './hyperliquid-clients.ts';
import {
  createNktkasClient,
  type Coin,
  type NktkasClient,
  orderFor,
  triggerAround,
  type TriggerIntent,
} from './nktkas-client.ts';
import { eventually } from './waiting.ts';

type Orders = Parameters<ExchangeClient['order']>[0]['orders'];
type Grouping = NonNullable<Parameters<ExchangeClient['order']>[0]['grouping']>;

export interface TriggerDesk {
  readonly client: NktkasClient;
  readonly coin: Coin;
  /** Where the market stood at first: whole, so that everything around it is on a tick. */
  readonly price: number;
  /** About 600 USD at that price. */
  readonly size: string;
  text(times: number): string;
  trigger(intent: Omit<TriggerIntent, 'isBuy' | 'size'> & Partial<TriggerIntent>): ReturnType<typeof triggerAround>;
  limit(intent: {
    readonly isBuy: boolean;
    readonly at: number;
    readonly tif?: 'Gtc' | 'Ioc';
  }): ReturnType<typeof orderFor>;
  place(orders: Orders, grouping?: Grouping): Promise<readonly unknown[]>;
  /** The text of the refusal of these orders. */
  refusalOf(orders: Orders, grouping?: Grouping): Promise<string>;
  /** Moves mark and book to so many times the first price. */
  move(times: number): Promise<void>;
  buy(): Promise<void>;
  /** Cancels everything, closes the position. */
  clear(): Promise<void>;
  heldSize(): Promise<number>;
  open(): Promise<FrontendOpenOrdersResponse>;
  /** Until `orderStatus` says so. */
  status(oid: number | `0x${string}`, wanted: string): Promise<FrontendOpenOrdersResponse[number]>;
  leave(): Promise<void>;
}

export async function openTriggerDesk(target: CurrentTarget, name: string): Promise<TriggerDesk> {
  const client = createNktkasClient(target());
  const coin = await client.coin(name);
  const price = Math.round(coin.mid);
  const held = { ...coin, mid: price };
  const size = formatSize(600 / price, coin.szDecimals);
  const { info, exchange, user } = client;

  const move = (times: number): Promise<void> =>
    holdAt(target(), info, { coin: name, price: Number(formatPrice(price * times, coin.szDecimals)) });
  const place = async (orders: Orders, grouping: Grouping = 'na') => {
    const answer = await exchange.order({ orders, grouping });
    return answer.response.data.statuses as readonly unknown[];
  };
  const open = async () => (await info.frontendOpenOrders({ user })).filter((order) => order.coin === name);
  const heldSize = async (): Promise<number> => {
    const state = await info.clearinghouseState({ user });
    return Number(state.assetPositions.find(({ position }) => position.coin === name)?.position.szi ?? 0);
  };
  const limit: TriggerDesk['limit'] = ({ isBuy, at, tif = 'Gtc' }) => ({
    ...orderFor(held, { isBuy, atMidTimes: at, usd: 600, tif }),
    s: size,
  });

  await move(1);
  return {
    client,
    coin,
    price,
    size,
    text: (times) => formatPrice(price * times, coin.szDecimals),
    trigger: (intent) => triggerAround(price, coin, { isBuy: false, size, ...intent }),
    limit,
    place,
    refusalOf: async (orders, grouping) =>
      place(orders, grouping).then(
        (statuses) => `accepted: ${JSON.stringify(statuses)}`,
        (refusal: unknown) => (refusal instanceof Error ? refusal.message : String(refusal)),
      ),
    move,
    buy: async () => {
      await place([limit({ isBuy: true, at: 1.04, tif: 'Ioc' })]);
    },
    clear: async () => {
      const shown = await open();
      // The children of an entry end with it.
      const children = new Set(
        shown.flatMap((order) => order.children as unknown as { oid: number }[]).map(({ oid }) => oid),
      );
      const mine = shown.filter(({ oid }) => !children.has(oid));
      if (mine.length > 0) await exchange.cancel({ cancels: mine.map(({ oid }) => ({ a: coin.assetId, o: oid })) });
      const left = await heldSize();
      if (left !== 0) {
        const isBuy = left < 0;
        const at = isBuy ? 1.06 : 0.94;
        await place([{ ...limit({ isBuy, at, tif: 'Ioc' }), s: formatSize(Math.abs(left), coin.szDecimals), r: true }]);
      }
    },
    heldSize,
    open,
    status: (oid, wanted) =>
      eventually(`order ${oid} ${wanted}`, async () => {
        const found = await info.orderStatus({ user, oid });
        return found.status === 'order' && found.order.status === wanted ? found.order.order : undefined;
      }),
    leave: () => letGo(target(), name),
  };
}

/** Ids of what rests. */
export function oidsOf(statuses: readonly unknown[]): number[] {
  return statuses.map((status) => {
    const { resting, filled } = status as { resting?: { oid: number }; filled?: { oid: number } };
    const oid = resting?.oid ?? filled?.oid;
    if (oid === undefined) throw new Error(`no oid in ${JSON.stringify(status)}`);
    return oid;
  });
}
