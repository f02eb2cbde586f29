import { describe, expect, it } from '@jest/globals';
import { rate, type Rate, size, usd } from '../money/index.ts';
import { dollars, order, POLICY, text } from '../testing/index.ts';
import { btc, eth, FundingWorld } from '../testing/funding.ts';
import { checks, hoursToClose, HOUR_MS } from './index.ts';

const percent = (parts: number): Rate => rate(BigInt(Math.round(parts * 1e10)));
const shown = (amount: bigint): string => text(usd(amount));

/** BTC holders on a route; their names and signed sizes. */
function worldOf(
  holders: Readonly<Record<string, string>>,
  route: 'INTERNAL' | 'HYPERLIQUID' = 'INTERNAL',
): FundingWorld {
  const world = new FundingWorld();
  for (const [accountId, lots] of Object.entries(holders)) {
    world.open(accountId, dollars('100000'));
    world.trade({ accountId, route, lots: btc(lots) });
  }
  return world;
}

describe('INTERNAL funding', () => {
  it('SC-FS-001: a long of 0.1 BTC at 100,000 pays $1 of +0.01 % to the platform', () => {
    const world = worldOf({ long: '0.1' });
    world.close();
    world.post(['INTERNAL']);
    expect(shown(world.wallet('long'))).toBe('99999.0');
    expect(shown(world.platform('funding'))).toBe('1.0');
    expect(world.state.accounts.get('long')?.positions['BTC:INTERNAL']).toMatchObject({ fundingPaid: dollars('1') });
  });

  it('SC-FS-003: at a negative rate the short pays and the long receives $0.50', () => {
    const world = worldOf({ long: '0.05', short: '-0.05' });
    world.cachedRate = percent(-0.01);
    world.close();
    world.post(['INTERNAL']);
    expect(shown(world.wallet('long'))).toBe('100000.5');
    expect(shown(world.wallet('short'))).toBe('99999.5');
    expect(world.platform('funding')).toBe(0n);
  });

  it('SC-FS-004: who opened a minute before the hour pays that hour in full and none before; who opened after it, nothing', () => {
    const world = worldOf({ early: '0.1' });
    world.close();
    world.open('late', dollars('100000'));
    world.open('after', dollars('100000'));
    world.at += HOUR_MS - 60_000;
    world.trade({ accountId: 'late', route: 'INTERNAL', lots: btc('0.1') });
    const hour = world.close();
    world.trade({ accountId: 'after', route: 'INTERNAL', lots: btc('0.1') });
    world.submit({ type: 'CloseFundingHour', hour });
    world.post(['INTERNAL']);
    world.post(['INTERNAL']);
    expect(['early', 'late', 'after'].map((who) => shown(world.wallet(who)))).toEqual([
      '99998.0',
      '99999.0',
      '100000.0',
    ]);
  });

  it('is posted to everyone once where the run is killed half-way, and goes on from the state alone', () => {
    const names = Array.from({ length: 9 }, (_, index) => `u${index}`);
    const world = worldOf(Object.fromEntries(names.map((name) => [name, '0.1'])));
    world.close();
    world.post(['INTERNAL'], 4);
    expect(names.filter((name) => world.wallet(name) === dollars('99999'))).toHaveLength(4);
    world.restart();
    world.resumePosting();
    expect(new Set(names.map((name) => shown(world.wallet(name))))).toEqual(new Set(['99999.0']));
    expect(world.state.funding.posting).toBeUndefined();
    expect(checks(world.state)).toEqual([]);
  });

  it('is posted by a real order before its fill, of the old size', () => {
    const world = new FundingWorld();
    world.open('long', dollars('100000'));
    world.submit({ type: 'SetRoutingPolicy', policy: POLICY });
    const place = (side: 'buy' | 'sell', size: string, limit: string) =>
      world.submit({ type: 'PlaceOrders', accountId: 'long', orders: [order({ side, size, limit })] });
    expect(place('buy', '0.05', '101000')).toBe(true);
    world.close();
    const before = world.wallet('long');
    expect(world.state.funding.holders).toEqual(new Map([['BTC:INTERNAL', 1]]));
    expect(place('sell', '0.02', '99000')).toBe(true);
    // Fee of 0.02 BTC at 6.5 bp, and $0.50 of funding on 0.05 BTC.
    expect(shown(before - world.wallet('long'))).toBe('1.8');
    world.post(['INTERNAL']);
    expect(shown(before - world.wallet('long'))).toBe('1.8');
    expect(checks(world.state)).toEqual([]);
  });

  it('is posted at once when a position closes or changes', () => {
    const world = worldOf({ long: '0.1' });
    world.close();
    world.trade({ accountId: 'long', route: 'INTERNAL', lots: btc('-0.1') });
    expect(shown(world.wallet('long'))).toBe('99999.0');
  });

  it('erodes the margin of an isolated position, and what that cannot pay is bad debt', () => {
    const world = new FundingWorld();
    world.open('long', dollars('100'));
    world.trade({ accountId: 'long', route: 'INTERNAL', lots: btc('0.1'), isolatedMargin: dollars('1.5') });
    world.close();
    world.post(['INTERNAL']);
    const margin = () => world.state.accounts.get('long')?.positions['BTC:INTERNAL']?.isolatedMargin;
    expect([margin(), world.wallet('long')]).toEqual([dollars('0.5'), dollars('98.5')]);
    world.close();
    world.post(['INTERNAL']);
    expect([margin(), world.wallet('long'), world.platform('bad-debt')]).toEqual([
      0n,
      dollars('98.5'),
      -dollars('0.5'),
    ]);
    expect(checks(world.state)).toEqual([]);
  });

  it('takes fractions of a micro-dollar against the user and keeps them in `rounding`', () => {
    const world = worldOf({ long: '0.00001', short: '-0.00001' });
    world.cachedRate = rate(1n);
    world.close();
    world.post(['INTERNAL']);
    expect(dollars('100000') - world.wallet('long')).toBe(1n);
    expect(world.wallet('short')).toBe(dollars('100000'));
    expect(world.platform('rounding') + world.platform('funding')).toBe(1n);
  });
});

describe('hours', () => {
  it('that were missed close one by one, oldest first, and are open: an old rate is not guessed', () => {
    const world = worldOf({ long: '0.1' });
    const first = world.close();
    world.settle(first, [{ symbol: 'BTC', rate: percent(0.01) }]);
    world.at += 3 * HOUR_MS;
    expect(hoursToClose(world.state, world.at)).toEqual([1, 2, 3].map((count) => first + count * HOUR_MS));
    world.at += 20 * 60_000;
    world.submit({ type: 'CloseFundingHour', hour: first + 3 * HOUR_MS });
    expect(hoursToClose(world.state, world.at)).toEqual([]);
    world.post(['INTERNAL']);
    expect(shown(world.wallet('long'))).toBe('99999.0');
    const oraclePrice = world.markets()['BTC']?.oraclePrice;
    for (const count of [3, 1, 2]) {
      const actual = {
        symbol: 'BTC',
        rate: percent(0.01 * count),
        ...(oraclePrice === undefined ? {} : { oraclePrice }),
      };
      expect(world.settle(first + count * HOUR_MS, [actual])).toBe(true);
      expect(world.settle(first + count * HOUR_MS, [actual])).toBe(false);
    }
    world.trade({ accountId: 'long', route: 'INTERNAL', lots: btc('-0.1') });
    expect(shown(world.wallet('long'))).toBe('99993.0');
  });

  it('stay open while the oracle price of the hour is not known', () => {
    const world = worldOf({ long: '0.1' });
    world.markAgeMs = 120_000;
    const hour = world.close();
    expect(world.settle(hour, [{ symbol: 'BTC', rate: percent(0.01) }])).toBe(false);
  });

  it('of a new shard begin with the newest; one in the future is not closed', () => {
    const world = new FundingWorld();
    const hour = Math.floor(world.at / HOUR_MS) * HOUR_MS;
    expect(hoursToClose(world.state, world.at)).toEqual([hour]);
    world.submit({ type: 'CloseFundingHour', hour: hour + 5 * HOUR_MS });
    expect(world.state.funding.closedHour).toBe(hour);
  });
});

describe('HYPERLIQUID funding', () => {
  it('SC-FS-002: a short of 5 ETH at 4,000 receives $1.00 of +0.005 %, as the venue paid', () => {
    const world = new FundingWorld();
    world.open('short', dollars('100'));
    world.trade({ accountId: 'short', route: 'HYPERLIQUID', symbol: 'ETH', lots: eth('-5') });
    const hour = world.close();
    const payment = { amount: dollars('1'), size: eth('-5') };
    world.settle(hour, [{ symbol: 'ETH', rate: percent(0.005), payment }]);
    world.post(['HYPERLIQUID']);
    expect(shown(world.wallet('short'))).toBe('101.0');
    expect(shown(world.platform('venue:hl-trading'))).toBe('-1.0');
  });

  it('is shared by what each held at the hour: what the venue booked, and the remainder in `suspense`', () => {
    const world = worldOf({ first: '0.3', second: '0.4', short: '-0.6' }, 'HYPERLIQUID');
    const hour = world.close();
    const payment = { amount: dollars('-1.000001'), size: btc('0.1') };
    world.settle(hour, [{ symbol: 'BTC', rate: percent(0.01), payment }]);
    world.post(['HYPERLIQUID']);
    const paid = ['first', 'second', 'short'].map((who) => dollars('100000') - world.wallet(who));
    expect(paid).toEqual([dollars('3.000003'), dollars('4.000004'), dollars('-6.000006')]);
    expect(world.platform('venue:hl-trading') + world.platform('suspense')).toBe(dollars('1.000001'));
  });

  it('charges those who closed, turned or opened before the payment was known by what they held at the hour', () => {
    const world = worldOf({ closed: '0.1', turned: '0.1', same: '0.1' }, 'HYPERLIQUID');
    for (const name of ['new', 'told']) world.open(name, dollars('100000'));
    const hour = world.close();
    world.trade({ accountId: 'closed', route: 'HYPERLIQUID', lots: btc('-0.1') });
    world.trade({ accountId: 'turned', route: 'HYPERLIQUID', lots: btc('-0.3') });
    world.trade({ accountId: 'new', route: 'HYPERLIQUID', lots: btc('0.5') });
    world.trade({ accountId: 'told', route: 'HYPERLIQUID', lots: btc('0.1'), executedAt: hour - 5 });
    world.settle(hour, [{ symbol: 'BTC', rate: percent(0.01) }]);
    world.restart();
    expect(world.correct(1)).toBe(1);
    world.restart();
    world.correct();
    expect(world.correct()).toBe(0);
    world.post(['HYPERLIQUID']);
    const paid = ['closed', 'turned', 'same', 'new', 'told'].map((who) => shown(dollars('100000') - world.wallet(who)));
    expect(paid).toEqual(['1.0', '1.0', '1.0', '0.0', '1.0']);
    expect(checks(world.state)).toEqual([]);
  });
});

describe('SC-EC-007: an hour accrued at another rate than the venue paid', () => {
  /** Cached and actual rate in percent; what each account has paid in the end. */
  function corrected(world: FundingWorld, cached: number, actual: number): readonly string[] {
    world.cachedRate = percent(cached);
    const names = [...world.state.accounts.keys()];
    const before = names.map((name) => world.wallet(name));
    const hour = world.close();
    world.post(['INTERNAL']);
    world.settle(hour, [{ symbol: 'BTC', rate: percent(actual) }]);
    while (world.correct(1) > 0) world.restart();
    expect(world.settle(hour, [{ symbol: 'BTC', rate: percent(actual) }])).toBe(false);
    expect(checks(world.state)).toEqual([]);
    return names.map((name, index) => shown((before[index] ?? 0n) - world.wallet(name)));
  }
  const accounts = (world: FundingWorld) => [shown(world.platform('risk-reserve')), shown(world.platform('funding'))];

  it('of a $10M long at 0.010 % for 0.012 %: the reserve pays `funding` $200', () => {
    const world = worldOf({ a: '60', b: '40' });
    expect(corrected(world, 0.01, 0.012)).toEqual(['600.0', '400.0']);
    expect(accounts(world)).toEqual(['-200.0', '1200.0']);
  });

  it('of a $10M long at 0.012 % for 0.010 %: who paid too much is refunded', () => {
    const world = worldOf({ a: '60', b: '40' });
    expect(corrected(world, 0.012, 0.01)).toEqual(['600.0', '400.0']);
    expect(accounts(world)).toEqual(['-200.0', '1200.0']);
  });

  it('of a $10M short the other way round', () => {
    const few = worldOf({ a: '-60', b: '-40' });
    expect(corrected(few, 0.01, 0.012)).toEqual(['-720.0', '-480.0']);
    expect(accounts(few)).toEqual(['-200.0', '-1000.0']);
    const many = worldOf({ a: '-60', b: '-40' });
    expect(corrected(many, 0.012, 0.01)).toEqual(['-720.0', '-480.0']);
    expect(accounts(many)).toEqual(['-200.0', '-1000.0']);
  });

  it('of a mixed book and of negative rates: who gained keeps it, who lost is made good', () => {
    const mixed = worldOf({ long: '60', short: '-40' });
    expect(corrected(mixed, 0.01, 0.012)).toEqual(['600.0', '-480.0']);
    expect(accounts(mixed)).toEqual(['-200.0', '320.0']);
    const negative = worldOf({ long: '60', short: '-40' });
    expect(corrected(negative, -0.01, -0.012)).toEqual(['-720.0', '400.0']);
    expect(accounts(negative)).toEqual(['-200.0', '-120.0']);
  });

  it('within 0.001 % is none', () => {
    const world = worldOf({ long: '100' });
    expect(corrected(world, 0.01, 0.011)).toEqual(['1000.0']);
    expect(accounts(world)).toEqual(['0.0', '1000.0']);
  });

  it('reaches who has closed since, and spares who opened after the hour', () => {
    const world = worldOf({ closed: '10' });
    world.open('new', dollars('100000'));
    world.cachedRate = percent(0.012);
    const hour = world.close();
    world.trade({ accountId: 'closed', route: 'INTERNAL', lots: btc('-10') });
    world.trade({ accountId: 'new', route: 'INTERNAL', lots: btc('10') });
    world.settle(hour, [{ symbol: 'BTC', rate: percent(0.01) }]);
    world.correct();
    expect(shown(dollars('100000') - world.wallet('closed'))).toBe('100.0');
    expect(world.wallet('new')).toBe(dollars('100000'));
  });

  it('found late is corrected hour by hour', () => {
    const world = worldOf({ long: '10' });
    const hours = [0.012, 0.014, 0.01].map((cached) => {
      world.cachedRate = percent(cached);
      return world.close();
    });
    world.post(['INTERNAL']);
    for (const hour of hours)
      world.settle(hour, [{ symbol: 'BTC', rate: percent(0.01), oraclePrice: world.markets()['BTC']!.oraclePrice }]);
    expect(world.correct()).toBe(2);
    expect(shown(dollars('100000') - world.wallet('long'))).toBe('300.0');
  });
});

describe('a position', () => {
  it('bears no funding for a size of zero', () => {
    const world = worldOf({ long: '0.1' });
    world.trade({ accountId: 'long', route: 'INTERNAL', lots: size(-10_000n) });
    world.close();
    expect(world.state.funding.holders.size).toBe(0);
    expect(world.state.funding.hours).toEqual([]);
  });
});
