/**
 * What third-party Hyperliquid clients must be able to do, unchanged, against any server that speaks the protocol:
 * the venue simulator and our own gateway run the very same suite.
 */
import { afterAll, beforeAll, describe } from '@jest/globals';
import { describeCcxt } from './ccxt-client.ts';
import { describeNktkasOrders } from './nktkas-orders.ts';
import { describeNktkasLiquidation } from './nktkas-liquidation.ts';
import { describeNktkasMoney } from './nktkas-money.ts';
import { describeNktkasStreams } from './nktkas-streams.ts';
import { describeNktkasTriggerStreams } from './nktkas-trigger-streams.ts';
import { describeNktkasTriggers } from './nktkas-triggers.ts';
import { describeProtocolEdges } from './protocol-edges.ts';

export interface HyperliquidTarget {
  /** Base address of `/info` and `/exchange`. */
  readonly url: string;
  readonly wsUrl: string;
  /** The control door of the simulated venue that makes the prices. */
  readonly control: string;
  /** The signing network of the server. */
  readonly isTestnet: boolean;
  /** Funded with 50,000 USD or more, without positions and orders. */
  readonly wallet: { readonly address: string; readonly privateKey: string };
  close(): Promise<void>;
}

/** Gives the running target to a group of tests; throws outside a test. */
export type CurrentTarget = () => HyperliquidTarget;

/** Defines the suite; `start` is called once before all tests. */
export function describeHyperliquidClients(name: string, start: () => Promise<HyperliquidTarget>): void {
  describe(`third-party clients on ${name}`, () => {
    let running: HyperliquidTarget | undefined;
    const target: CurrentTarget = () => {
      if (running === undefined) throw new Error('the target is not running');
      return running;
    };
    beforeAll(async () => {
      running = await start();
    });
    afterAll(async () => {
      await running?.close();
    });
    describeNktkasOrders(target);
    describeNktkasTriggers(target);
    describeNktkasMoney(target);
    describeNktkasLiquidation(target);
    describeNktkasStreams(target);
    describeNktkasTriggerStreams(target);
    describeCcxt(target);
    describeProtocolEdges(target);
  });
}
