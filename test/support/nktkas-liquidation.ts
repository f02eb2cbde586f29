/** @nktkas/hyperliquid: what a liquidated trader is told, whoever closed the position. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CurrentTarget } from './hyperliquid-clients.ts';
import { createNktkasStreams, type NktkasStreams } from './nktkas-client.ts';
import { openTriggerDesk, type TriggerDesk } from './trigger-desk.ts';
import { createCollector, eventually } from './waiting.ts';

const COINS = ['ETH', 'SOL'];

interface Fill {
  readonly coin: string;
  readonly oid: number;
  readonly tid: number;
  readonly liquidation?: object;
}

export function describeNktkasLiquidation(target: CurrentTarget): void {
  describe.each(COINS)('@nktkas/hyperliquid, a liquidation in %s', (name) => {
    let desk: TriggerDesk;
    let streams: NktkasStreams;
    beforeAll(async () => {
      streams = createNktkasStreams(target());
      desk = await openTriggerDesk(target, name);
    });
    afterAll(async () => {
      await desk.move(1);
      await desk.clear();
      await desk.client.exchange.updateLeverage({ asset: desk.coin.assetId, isCross: true, leverage: 5 });
      await desk.leave();
      streams.transport.close();
    });

    it('is an order, its fills, an event and a movement of money', async () => {
      const { client, coin, move, buy, heldSize } = desk;
      const { info, exchange, user } = client;
      const events = createCollector<{ fills?: Fill[]; liquidation?: object }>();
      const subscription = await streams.subscriptions.userEvents({ user }, (event) => events.add(event as never));
      const leverage = (await info.meta()).universe[coin.assetId]!.maxLeverage;
      await exchange.updateLeverage({ asset: coin.assetId, isCross: false, leverage });
      await buy();
      const startTime = Date.now() - 60_000;
      // Margin 1/L, maintenance half of it: equity is then four fifths of maintenance, which nobody takes over whole.
      await move(1 - 0.6 / leverage);
      await eventually('the end of the position', async () => ((await heldSize()) === 0 ? true : undefined));

      const isMine = (fill: Fill): boolean => fill.coin === name && fill.liquidation !== undefined;
      const mark = { liquidatedUser: user, markPx: expect.stringMatching(/^\d+\.\d+$/), method: 'market' };
      const fill = await eventually('its fill', async () =>
        (await info.userFills({ user })).find((one) => isMine(one as Fill)),
      );
      expect(fill).toMatchObject({ side: 'A', dir: 'Close Long', crossed: true, twapId: null, liquidation: mark });
      const told = await events.find('the told fill', (event) => event.fills?.some(isMine) === true);
      expect(told.fills?.find(isMine)).toMatchObject({ dir: 'Close Long', liquidation: mark });
      const { liquidation } = await events.find('the event', (event) => 'liquidation' in event);
      expect(liquidation).toEqual({
        lid: expect.any(Number),
        liquidator: expect.stringMatching(/^0x[0-9a-f]{40}$/),
        liquidated_user: user,
        liquidated_ntl_pos: expect.stringMatching(/^\d+\.\d+$/),
        liquidated_account_value: expect.stringMatching(/^\d+\.\d+$/),
      });
      const order = await desk.status(fill!.oid, 'filled');
      expect(order).toMatchObject({ coin: name, side: 'A', orderType: 'Market', tif: 'LiquidationMarket', sz: '0.0' });
      const row = await eventually('the movement', async () => {
        const rows = await info.userNonFundingLedgerUpdates({ user, startTime });
        const mine = rows.flatMap(({ delta }) => (delta.type === 'liquidation' ? [delta] : []));
        return mine.find(({ liquidatedPositions }) => liquidatedPositions.some((one) => one.coin === name));
      });
      expect(row).toMatchObject({ leverageType: 'Isolated', accountValue: expect.any(String) });
      await subscription.unsubscribe();
    });
  });
}
