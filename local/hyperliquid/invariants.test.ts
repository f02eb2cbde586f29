import { describe, expect, it } from '@jest/globals';
import { addressOf, signExchange, type ExchangeAction, type OrderWire } from '@perps/contracts/hyperliquid';
import { createVirtualClock } from '@perps/runtime/testing';
import * as fc from 'fast-check';
import { absolute, positionSize } from './accounts.ts';
import { createVenueEngine } from './engine.ts';
import { executeExchange } from './exchange/index.ts';
import { MAKER_ADDRESS } from './liquidity.ts';
import { settingsOf } from './options.ts';
import { accountOf, type Venue } from './venue.ts';

const KEYS = ['11', '22', '33'].map((byte) => `0x${byte.repeat(32)}`);
const ETH = 1;

type Step =
  | { readonly kind: 'order'; readonly key: string; readonly order: OrderWire }
  | { readonly kind: 'cancelAll'; readonly key: string }
  | { readonly kind: 'modify'; readonly key: string; readonly order: OrderWire }
  | { readonly kind: 'move'; readonly usd: number }
  | { readonly kind: 'block' };

const key = fc.constantFrom(...KEYS);
const order: fc.Arbitrary<OrderWire> = fc.record({
  a: fc.constant(ETH),
  b: fc.boolean(),
  p: fc.integer({ min: 34_000, max: 36_000 }).map((tenths) => String(tenths / 10)),
  s: fc.integer({ min: 1, max: 40_000 }).map((lots) => String(lots / 10_000)),
  r: fc.boolean(),
  t: fc.constantFrom('Gtc', 'Ioc', 'Alo', 'FrontendMarket').map((tif) => ({ limit: { tif } }) as OrderWire['t']),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('order' as const), key, order }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancelAll' as const), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('modify' as const), key, order }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('move' as const), usd: fc.integer({ min: 3_400, max: 3_600 }) }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'block' as const }) },
);

describe('whatever users do', () => {
  it('books are not crossed, every open order rests with what it has left, reduce-only never exceeds the position', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = createVirtualClock();
        const accounts = KEYS.map((secret) => ({ address: addressOf(secret), balance: '20000' }));
        const { venue, block } = createVenueEngine(settingsOf({ clock, volatility: 0, accounts }));
        let nonce = clock.now();
        const act = (privateKey: string, action: ExchangeAction): void => {
          nonce += 1;
          executeExchange(venue, signExchange({ action, nonce, network: 'Testnet', privateKey }));
        };
        for (const action of steps) {
          perform({ venue, block, act }, action);
          assertSound(venue);
        }
      }),
      { numRuns: 60 },
    );
  });
});

interface World {
  readonly venue: Venue;
  readonly block: () => void;
  readonly act: (privateKey: string, action: ExchangeAction) => void;
}

function perform({ venue, block, act }: World, action: Step): void {
  switch (action.kind) {
    case 'order':
      act(action.key, { type: 'order', orders: [action.order], grouping: 'na' });
      return;
    case 'cancelAll': {
      const cancels = venue.orders.open(addressOf(action.key)).map(({ oid }) => ({ a: ETH, o: oid }));
      act(action.key, { type: 'cancel', cancels });
      return;
    }
    case 'modify': {
      const [first] = venue.orders.open(addressOf(action.key));
      if (first !== undefined)
        act(action.key, { type: 'batchModify', modifies: [{ oid: first.oid, order: action.order }] });
      return;
    }
    case 'move':
      venue.markets[ETH]!.process.moveTo({ usd: action.usd, overMs: 0, now: venue.clock.now() });
      return;
    case 'block':
      block();
  }
}

function assertSound(venue: Venue): void {
  const { book, asset } = venue.markets[ETH]!;
  const bid = book.best('B');
  const ask = book.best('A');
  if (bid !== undefined && ask !== undefined) expect(bid.price < ask.price).toBe(true);
  const resting = [...book.orders('B'), ...book.orders('A')].filter(({ owner }) => owner !== MAKER_ADDRESS);
  const open = KEYS.flatMap((secret) => venue.orders.open(addressOf(secret)));
  const sizes = (orders: readonly { oid: number; size: bigint }[]) =>
    orders.map(({ oid, size }) => `${oid}:${size}`).sort();
  expect(sizes(resting)).toEqual(sizes(open));
  for (const secret of KEYS) {
    const position = positionSize(accountOf(venue, addressOf(secret)), asset);
    const reducing = venue.orders.open(addressOf(secret)).filter(({ isReduceOnly }) => isReduceOnly);
    expect(reducing.reduce((sum, { size }) => sum + size, 0n) <= absolute(position)).toBe(true);
  }
}
