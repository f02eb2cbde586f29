/** P2: an order's way to a signed body, against the clients that others use; and back to its signer. */
import { hyperliquid as CcxtHyperliquid } from 'ccxt';
import { Wallet } from 'ethers';
import * as fc from 'fast-check';
import { signL1Action } from '@nktkas/hyperliquid/signing';
import {
  addressOf,
  type L1Action,
  parseExchangeRequest,
  recoverSigner,
  signExchange,
} from '@perps/contracts/hyperliquid';
import { l1Action } from '../layers/contracts/src/hyperliquid/testing/arbitraries.ts';
import type { Benchmark, Figure } from './support/benchmark.ts';
import { loadPeer } from './support/peers.ts';
import { compare, type Contender, type Timing, timingOf } from './support/timing.ts';

/** A throw-away key. */
const PRIVATE_KEY = `0x${'46'.repeat(32)}`;
const NONCE = 1_790_000_000_000;
const EQUALITY_CASES = 10_000;
const CCXT_CASES = 1_000;
const SEED = 7;

type NktkasWallet = Parameters<typeof signL1Action>[0]['wallet'];
interface Viem {
  readonly privateKeyToAccount: (privateKey: string) => NktkasWallet;
}

const orders = Array.from({ length: 1024 }, (_, index) => ({
  type: 'order' as const,
  orders: [
    {
      a: index % 200,
      b: index % 2 === 0,
      p: String(60_000 + index),
      s: `0.${String(index + 1).padStart(5, '0')}`.replace(/0+$/, ''),
      r: false,
      t: { limit: { tif: 'Ioc' as const } },
      c: `0x${index.toString(16).padStart(32, '0')}`,
    },
  ],
  grouping: 'na' as const,
}));
const orderAt = (index: number) => orders[index % orders.length] ?? fail();
function fail(): never {
  throw new Error('The list of orders is never empty.');
}

const ours = (action: L1Action, nonce: number) =>
  signExchange({ action, nonce, network: 'Mainnet', privateKey: PRIVATE_KEY });

export const benchmark: Benchmark = {
  name: 'signing',
  title: 'P2, signing and recovering one order',
  async run() {
    const viem = await loadPeer<Viem>('viem/accounts');
    const account = viem?.privateKeyToAccount(PRIVATE_KEY);
    const wallet = new Wallet(PRIVATE_KEY);
    const exchange = new CcxtHyperliquid({ privateKey: PRIVATE_KEY, walletAddress: wallet.address });
    const contenders: Contender[] = [
      { name: 'ours', operate: (index) => ours(orderAt(index), NONCE + index) },
      {
        name: 'nktkas + ethers',
        operate: (index) => signL1Action({ wallet, action: orderAt(index), nonce: NONCE + index }),
      },
      { name: 'ccxt', operate: (index) => exchange.signL1Action(orderAt(index), NONCE + index) as unknown },
    ];
    if (account !== undefined) {
      contenders.push({
        name: 'nktkas + viem',
        operate: (index) => signL1Action({ wallet: account, action: orderAt(index), nonce: NONCE + index }),
      });
    }
    const timings = await compare(contenders);
    return [signingFigure(timings), await equalityFigure(wallet), ccxtEqualityFigure(exchange), await recoveryFigure()];
  },
};

function signingFigure(timings: readonly Timing[]): Figure {
  const { perSecond, p50, p99, spread } = timingOf(timings, 'ours');
  const peers = ['nktkas + viem', 'nktkas + ethers', 'ccxt'].map((name) => ({
    name,
    value: timings.find((timing) => timing.name === name)?.perSecond,
  }));
  return {
    name: 'sign one order',
    value: perSecond,
    unit: 'orders/s',
    p50,
    p99,
    spread,
    peers,
    goal: { kind: 'ratioAtLeast', value: 3, peer: 'nktkas + viem' },
  };
}

async function equalityFigure(wallet: Wallet): Promise<Figure> {
  const actions = fc.sample(l1Action, { numRuns: EQUALITY_CASES, seed: SEED });
  let different = 0;
  for (const [index, action] of actions.entries()) {
    const theirs = await signL1Action({ wallet, action: { ...action }, nonce: NONCE + index });
    if (JSON.stringify(ours(action, NONCE + index).signature) !== JSON.stringify(theirs)) different += 1;
  }
  return holdsFigure(`${EQUALITY_CASES.toLocaleString('en')} random actions as nktkas signs them`, different);
}

/** ccxt leaves leading zeros away and sends another key order than it hashes, so parts are compared as numbers. */
function ccxtEqualityFigure(exchange: CcxtHyperliquid): Figure {
  let different = 0;
  for (let index = 0; index < CCXT_CASES; index += 1) {
    const action = orderAt(index);
    const theirs = exchange.signL1Action(action, NONCE + index) as { r: string; s: string; v: number };
    const { r, s, v } = ours(action, NONCE + index).signature;
    if (BigInt(theirs.r) !== BigInt(r) || BigInt(theirs.s) !== BigInt(s) || theirs.v !== v) different += 1;
  }
  return holdsFigure(`${CCXT_CASES.toLocaleString('en')} orders as ccxt signs them`, different);
}

function holdsFigure(name: string, different: number): Figure {
  return {
    name,
    value: different === 0 ? 1 : 0,
    unit: 'equal',
    goal: { kind: 'holds', text: 'byte-equal' },
    ...(different === 0 ? {} : { note: `${different} differ` }),
  };
}

async function recoveryFigure(): Promise<Figure> {
  const bodies = orders.slice(0, 256).map((action, index) => JSON.stringify(ours(action, NONCE + index)));
  const signer = addressOf(PRIVATE_KEY);
  const [timing] = await compare([
    {
      name: 'ours',
      operate: (index) => {
        const parsed = parseExchangeRequest(JSON.parse(bodies[index % bodies.length] ?? ''));
        if (!parsed.ok || recoverSigner(parsed.request, 'Mainnet') !== signer) throw new Error('Another signer.');
      },
    },
  ]);
  const { perSecond, p50, p99, spread } = timing ?? fail();
  return { name: 'parse, hash, recover one order', value: perSecond, unit: 'orders/s', p50, p99, spread };
}
