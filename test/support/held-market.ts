/** A market of the simulated venue, frozen and moved by hand: at the simulator itself, or behind our gateway. */
import type { InfoClient } from '@nktkas/hyperliquid';
import type { HyperliquidTarget } from './hyperliquid-clients.ts';
import { eventually } from './waiting.ts';

/** Freezes a coin there and waits until the target shows that mark and that mid. */
export async function holdAt(target: HyperliquidTarget, info: InfoClient, held: { coin: string; price: number }) {
  const { coin, price } = held;
  await steer(target, { coin, price: String(price), hold: true });
  await eventually(`${coin} held at ${price}`, async () => {
    const [meta, contexts] = await info.metaAndAssetCtxs();
    const context = contexts[meta.universe.findIndex(({ name }) => name === coin)];
    return Number(context?.markPx) === price && Math.abs(Number(context?.midPx) / price - 1) < 0.0005
      ? true
      : undefined;
  });
}

export const letGo = (target: HyperliquidTarget, coin: string): Promise<void> => steer(target, { coin, hold: false });

async function steer(target: HyperliquidTarget, body: unknown): Promise<void> {
  const response = await fetch(`${target.control}/price`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`the venue's control door: ${response.status} ${await response.text()}`);
}
