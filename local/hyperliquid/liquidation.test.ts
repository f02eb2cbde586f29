import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { crossSummary, positionSize } from './accounts.ts';
import { accountOf } from './venue.ts';
import { ANN, ANN_ADDRESS, ETH, limit, oidOf, standingVenue, trigger } from './testing/standing-venue.ts';

/** Ann is long `size` ETH bought at 4,000.1 with `balance`; ETH at 25× at most, maintenance 2 %. */
function longVenue(balance: string, size: string) {
  const world = standingVenue({ balance });
  world.holdAt('4000');
  world.place(ANN, [limit({ isBuy: true, price: '4100', size, tif: 'Ioc' })]);
  return world;
}

describe('cross liquidation', () => {
  it('waits until equity is down to maintenance, then closes at the book and tells it', () => {
    const world = longVenue('2000', '5');
    const resting = oidOf(world.place(ANN, [limit({ isBuy: true, price: '3000', size: '0.1' })])[0]);
    // Equity 1,990.4995 + 5 × (mark − 4,000), maintenance 2 % of the notional: 3,675.5 is still safe, 3,675.4 is not.
    world.holdAt('3675.5');
    expect(world.fills(ANN_ADDRESS)).toHaveLength(1);
    world.holdAt('3675.4');
    expect(world.statusOf(resting)).toBe('liquidatedCanceled');
    const [fill] = world.fills(ANN_ADDRESS);
    expect(fill).toMatchObject({
      dir: 'Close Long',
      px: '3675.3',
      sz: '5.0',
      crossed: true,
      liquidation: { liquidatedUser: ANN_ADDRESS, markPx: '3675.4', method: 'market' },
    });
    expect(world.state(ANN_ADDRESS).assetPositions).toEqual([]);
    expect(world.told(ANN_ADDRESS, 'liquidations')).toMatchObject([
      { liquidated_user: ANN_ADDRESS, liquidated_ntl_pos: '18377.0' },
    ]);
    expect(world.told(ANN_ADDRESS, 'ledger').at(-1)?.delta).toMatchObject({
      type: 'liquidation',
      leverageType: 'Cross',
      liquidatedPositions: [{ coin: 'ETH', szi: '5.0' }],
    });
    expect(world.told(ANN_ADDRESS, 'orderUpdates').at(-1)).toMatchObject({ status: 'filled' });
  });

  it('sells a fifth of a large position first, and everything where that does not help for thirty seconds', async () => {
    const world = longVenue('20000', '50');
    world.holdAt('3670');
    expect(world.state(ANN_ADDRESS).assetPositions[0]?.position.szi).toBe('40.0');
    world.holdAt('3655');
    expect(world.state(ANN_ADDRESS).assetPositions).toEqual([]);
    await world.pass(1_000);
    expect(world.fills(ANN_ADDRESS)).toHaveLength(3);
  });

  it('hands everything to the vault below two thirds of maintenance', () => {
    const world = longVenue('2000', '5');
    world.holdAt('3600');
    expect(world.fills(ANN_ADDRESS)[0]).toMatchObject({
      dir: 'Liquidated Cross Long',
      px: '3600.0',
      liquidation: { method: 'backstop' },
    });
    expect(world.state(ANN_ADDRESS)).toMatchObject({ assetPositions: [], withdrawable: '0.0' });
    expect(accountOf(world.venue, ANN_ADDRESS).rawUsd).toBe(0n);
  });

  it('leaves no debt where the book is far from the mark', () => {
    const world = longVenue('2000', '5');
    const { book } = world.venue.markets[ETH]!;
    for (const { oid } of book.orders('B')) book.remove(oid);
    book.rest({ oid: -1, owner: '0xbuyer', side: 'B', price: 300_000n, size: 1_000_000n });
    world.venue.markets[ETH]!.hold = { price: 367_540n, spread: 10n };
    world.updateContexts();
    expect(world.fills(ANN_ADDRESS)[0]).toMatchObject({ px: '3000.0', sz: '5.0' });
    expect(world.state(ANN_ADDRESS).marginSummary.accountValue).toBe('0.0');
  });

  it('does not come before a stop that the same mark fires', () => {
    const world = longVenue('2000', '5');
    const stop = oidOf(world.place(ANN, [trigger({ isBuy: false, at: '3675.4', size: '5', tpsl: 'sl' })])[0]);
    world.holdAt('3675.4');
    expect(world.statusOf(stop)).toBe('filled');
    expect(world.told(ANN_ADDRESS, 'liquidations')).toEqual([]);
  });
});

describe('isolated liquidation', () => {
  it('risks the position’s own margin and nothing else', () => {
    const world = standingVenue();
    world.holdAt('4000');
    world.act(ANN, { type: 'updateLeverage', asset: ETH, isCross: false, leverage: 20 });
    world.place(ANN, [limit({ isBuy: true, price: '4100', size: '2', tif: 'Ioc' })]);
    const before = world.state(ANN_ADDRESS).crossMarginSummary;
    world.holdAt('3500');
    expect(world.fills(ANN_ADDRESS)[0]).toMatchObject({ dir: 'Liquidated Isolated Long' });
    expect(world.state(ANN_ADDRESS)).toMatchObject({ assetPositions: [], crossMarginSummary: before });
  });
});

describe('whatever the marks do', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('hold' as const), price: fc.integer({ min: 3_000, max: 4_500 }).map(String) }),
    fc.record({
      kind: fc.constant('trade' as const),
      isBuy: fc.boolean(),
      size: fc.integer({ min: 1, max: 400 }).map((tenths) => String(tenths / 10)),
    }),
  );

  it('nobody is left below maintenance or with a debt', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const world = standingVenue();
        world.holdAt('3700');
        for (const action of steps) {
          if (action.kind === 'trade') {
            const price = action.isBuy ? '4600' : '2900';
            world.place(ANN, [limit({ isBuy: action.isBuy, price, size: action.size, tif: 'Ioc' })]);
            continue;
          }
          world.holdAt(action.price);
          // A fifth may not be enough: the next look sells the rest.
          world.holdAt(action.price);
          const account = accountOf(world.venue, ANN_ADDRESS);
          const { accountValue, maintenanceMargin } = crossSummary(account, world.venue.markets);
          const isFlat = positionSize(account, world.venue.markets[ETH]!.asset) === 0n;
          expect(isFlat || accountValue > maintenanceMargin).toBe(true);
          expect(accountValue >= 0n).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});
