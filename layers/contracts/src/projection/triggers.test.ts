import { describe, expect, it } from '@jest/globals';
import type { AccountEvent, TriggerOrder } from '@perps/domain/account';
import { price, size, usd } from '@perps/domain/money';
import { emptyProjection, project, type RowWrite } from './index.ts';

const AT = 1_763_719_200_000;

type Fact<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>;

const trigger = (over: Partial<TriggerOrder> = {}): TriggerOrder => ({
  orderId: 64,
  cloid: '0xc1',
  symbol: 'BTC',
  side: 'sell',
  size: size(0n),
  limitPrice: price(9n),
  reduceOnly: true,
  trigger: { price: price(10n), kind: 'stop', isMarket: true },
  grouping: 'normalTpsl',
  parentId: 32,
  siblings: [96],
  isArmed: false,
  placedAt: AT,
  ...over,
});

const fold = (...events: AccountEvent[]): readonly RowWrite[] =>
  project(emptyProjection('alice'), { at: AT, events }).writes;

/** The order's row as its writes leave it. */
const row = (writes: readonly RowWrite[], id: string) =>
  Object.assign(
    {},
    ...writes.filter(({ table, columns }) => table === 'orders' && columns['id'] === id).map(({ columns }) => columns),
  );

describe('trigger orders', () => {
  it('wait without a route, and tell what they wait for and whom they belong to', () => {
    const writes = fold({ type: 'TriggerPlaced', trigger: trigger() });
    expect(row(writes, '64')).toMatchObject({
      user_id: 'alice',
      status: 'UNTRIGGERED',
      route: null,
      trigger_price: '10',
      trigger_kind: 'stop',
      trigger_is_market: true,
      grouping: 'normalTpsl',
      parent_id: '32',
      is_armed: false,
      reduce_only: true,
      cloid: '0xc1',
    });
  });

  it('follow their position', () => {
    const changed = trigger({ size: size(40n), isArmed: true });
    const writes = fold({ type: 'TriggerPlaced', trigger: trigger() }, { type: 'TriggerChanged', trigger: changed });
    expect(row(writes, '64')).toMatchObject({ status: 'UNTRIGGERED', size: '40', is_armed: true });
  });

  it('end without having fired', () => {
    const placed: AccountEvent = { type: 'TriggerPlaced', trigger: trigger() };
    const ended = (status: Fact<'TriggerEnded'>['status'], cause?: string): AccountEvent => ({
      type: 'TriggerEnded',
      trigger: trigger(),
      status,
      ...(cause === undefined ? {} : { cause }),
    });
    const writes = fold(placed, ended('siblingFilledCanceled'));
    expect(row(writes, '64')).toMatchObject({ status: 'CANCELLED', end_status: 'siblingFilledCanceled' });
    const refused = fold(placed, ended('badTriggerPxRejected', 'why'));
    expect(row(refused, '64')).toMatchObject({ status: 'REJECTED', cause: 'why' });
  });

  it('become an order of the same id, and stay recognisable in its row', () => {
    const writes = fold(
      { type: 'TriggerPlaced', trigger: trigger() },
      { type: 'TriggerFired', orderId: 64, markPrice: price(11n) },
      {
        type: 'OrderPlaced',
        order: {
          orderId: 64,
          symbol: 'BTC',
          side: 'sell',
          size: size(40n),
          limitPrice: price(9n),
          timeInForce: 'IOC',
          reduceOnly: true,
          legs: [],
          filledSize: size(0n),
          filledNotional: usd(0n),
          orderMargin: usd(0n),
          placedAt: AT,
          trigger: trigger().trigger,
        },
        routingLatencyMs: 1,
        quote: {
          bid: undefined,
          ask: undefined,
          markPrice: price(11n),
          oraclePrice: price(11n),
          quoteAgeMs: 1,
          markAgeMs: 1,
        },
      },
      { type: 'OrderEnded', orderId: 64, status: 'filled' },
    );
    expect(row(writes, '64')).toMatchObject({
      status: 'FILLED',
      trigger_price: '10',
      grouping: 'normalTpsl',
      parent_id: '32',
      triggered_mark_price: '11',
      triggered_at: AT,
    });
  });
});
