import { describe, expect, it } from '@jest/globals';
import { riskFiguresOf } from '../liquidation/index.ts';
import { usd } from '../money/index.ts';
import {
  at,
  BTC_04,
  check,
  dollars,
  eth,
  holding,
  market,
  only,
  POLICY,
  position,
  priceOf,
  received,
  run,
  sizeOf,
  text,
  types,
  venueFill,
} from '../testing/index.ts';
import type { AccountCommand } from './commands.ts';
import { liquidationPrice } from './liquidation-price.ts';
import { accountView } from './view.ts';

describe('SC-LQ-001 isolated INTERNAL long', () => {
  const state = holding('200', position({ size: '0.1', entry: '80000', margin: '800' }));

  it('is liquidated below 72,289.16 and the user loses exactly the margin, 80/20', () => {
    const view = accountView(state, { markets: { BTC: at('80000') }, funding: {} });
    expect(view.positions[0]?.liquidationPrice).toBe(priceOf('72289.2', 5));
    const warned = run(state, check({ markets: { BTC: at('72300') } }));
    expect(types(warned.events)).toEqual(['RiskWarned']);
    const { state: after, events } = run(warned.state, check({ markets: { BTC: at('72280') } }, 1));
    expect(types(events)).toEqual(['LiquidationStarted', 'LiquidationStepped', 'LiquidationEnded']);
    expect(received(events, 'bbook-pnl')).toBe('640.0');
    expect(received(events, 'risk-reserve')).toBe('160.0');
    expect(received(events, 'fees')).toBe('0.0');
    expect(after.wallet).toBe(dollars('200'));
    expect(after.positions).toEqual({});
    expect(after.episodes).toEqual({});
    const step = only(events, 'LiquidationStepped')[0];
    expect(step).toMatchObject({ marginZeroed: dollars('800'), remainder: dollars('28'), pnl: dollars('-772') });
  });

  it('gives the remainder back where the policy says so, and pays half the spread', () => {
    const policy = {
      ...POLICY,
      liquidation: { remainder: 'RETURN' as const, firstSlicePercent: 20, sliceDelayMs: 30_000 },
    };
    const quoted = market(BTC_04, { mark: '72280', bid: '72270', ask: '72290' });
    const { state: after } = run(state, check({ markets: { BTC: quoted }, policy }));
    expect(text(after.wallet)).toBe('227.0');
  });

  it('books a loss beyond the margin as bad debt', () => {
    const { state: after, events } = run(state, check({ markets: { BTC: at('70000') } }));
    expect(received(events, 'bad-debt')).toBe('-200.0');
    expect(received(events, 'bbook-pnl')).toBe('800.0');
    expect(after.wallet).toBe(dollars('200'));
    expect(only(events, 'LiquidationStepped')[0]?.badDebt).toBe(dollars('200'));
  });

  it('does no more than warn on a mark that is old or held, or while liquidations are stopped by hand', () => {
    const stopped = { ...POLICY, pauses: ['liquidation' as const] };
    for (const over of [
      { markets: { BTC: at('70000', { markAgeMs: 10_001 }) } },
      { markets: { BTC: at('70000', { isPriceHeld: true }) } },
      { markets: { BTC: at('70000') }, policy: stopped },
    ]) {
      const { state: after, events } = run(state, check(over));
      expect(types(events)).toEqual(['RiskWarned']);
      expect(run(after, check(over, 1)).events).toEqual([]);
      expect(types(run(after, check({ markets: { BTC: at('70000') } }, 2)).events)).toContain('LiquidationStepped');
    }
  });

  it('warns at 50 % and at 80 %, once per episode, and clears it below 50 %', () => {
    let now = state;
    const seen: (string | number)[] = [];
    for (const [index, mark] of ['74000', '72800', '72600', '72400', '72300', '72800', '74000', '72400'].entries()) {
      const { state: after, events } = run(now, check({ markets: { BTC: at(mark) } }, index));
      now = after;
      for (const event of events) seen.push(event.type === 'RiskWarned' ? event.level : event.type);
    }
    expect(seen).toEqual([50, 80, 'RiskCleared', 50]);
  });
});

describe('SC-LQ-006 funding moves the liquidation price', () => {
  it('is 74,297.19 after $200 of funding, accrued or posted', () => {
    const accrued = holding('0', position({ size: '0.1', entry: '80000', margin: '800' }));
    // 10,000 lots owe $200 at an index of 2 × 10¹⁶.
    const funding = { 'BTC:INTERNAL': 20_000n * 10n ** 12n };
    const view = accountView(accrued, { markets: { BTC: at('80000') }, funding });
    expect(view.positions[0]?.liquidationPrice).toBe(priceOf('74297.2', 5));
    expect(run(accrued, check({ markets: { BTC: at('74298') }, funding })).events).toHaveLength(1);
    const { events } = run(accrued, check({ markets: { BTC: at('74290') }, funding }));
    expect(received(events, 'funding')).toBe('200.0');
    expect(received(events, 'bbook-pnl')).toBe('480.0');
    expect(received(events, 'risk-reserve')).toBe('120.0');
  });
});

describe('SC-LQ-002 isolated HYPERLIQUID short', () => {
  const short = position({
    symbol: 'ETH',
    route: 'HYPERLIQUID',
    size: '-5',
    entry: '4000',
    margin: '4000',
    leverage: 5,
  });
  const state = holding('100', short);
  const start = () => run(state, check({ markets: { ETH: eth('4790') } }));
  const answer = (command: object, mark = '4790', later = 1): AccountCommand =>
    ({ ...check({ markets: { ETH: eth(mark) } }, later), ...command }) as AccountCommand;

  it('sends a plain buy, settles at its fill, and leaves the remainder less the fee to the reserve', () => {
    expect(
      liquidationPrice({
        size: short.size,
        markPrice: priceOf('4000', 4),
        equity: dollars('4000'),
        otherMaintenance: usd(0n),
        tiers: [{ lowerBound: usd(0n), maxLeverage: 100 }],
      }),
    ).toBe(priceOf('4776.11', 4));
    const begun = start();
    expect(types(begun.events)).toEqual([
      'LiquidationStarted',
      'OrderPlaced',
      'VenueOrderRequested',
      'LiquidationWaiting',
    ]);
    const request = only(begun.events, 'VenueOrderRequested')[0]!.request;
    expect(request).toMatchObject({ side: 'buy', size: sizeOf('5', 4), timeInForce: 'IOC', purpose: 'liquidation' });
    // Undecided: never a second order.
    expect(run(begun.state, check({ markets: { ETH: eth('4800') } }, 5_000)).events).toEqual([]);
    const fill = venueFill({ tid: 1, price: '4792', size: '5', fee: '10.782' }, 4);
    const { state: after, events } = run(
      begun.state,
      answer({ type: 'BookVenueFill', venueCloid: request.venueCloid, fill }),
    );
    expect(types(events)).toEqual([
      'OrderFilled',
      'VenueOrderResolved',
      'OrderEnded',
      'LiquidationStepped',
      'LiquidationEnded',
    ]);
    expect(received(events, 'risk-reserve')).toBe('29.218');
    expect(received(events, 'venue:hl-trading')).toBe('3970.782');
    expect(text(after.wallet)).toBe('100.0');
    expect(after.positions).toEqual({});
    expect(after.episodes).toEqual({});
    const step = only(events, 'LiquidationStepped')[0];
    expect(step).toMatchObject({
      pnl: dollars('-3960'),
      remainder: dollars('29.218'),
      closePrice: priceOf('4792', 4),
      slippage: dollars('-10'),
      marginZeroed: dollars('4000'),
    });
  });

  it('repeats a step that failed three times, then as a limit order, then hands over', () => {
    let now = start();
    const sent: string[] = [];
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const { venueCloid, timeInForce } = only(now.events, 'VenueOrderRequested')[0]!.request;
      sent.push(timeInForce);
      const later = attempt * 1_000 + 10;
      const refused = { type: 'ResolveVenueOrder', venueCloid, fate: { kind: 'refused', cause: 'no' } };
      now = run(now.state, answer(refused, '4790', later));
      expect(only(now.events, 'VenueOrderRequested')).toEqual([]);
      if (attempt === 4) break;
      expect(run(now.state, check({ markets: { ETH: eth('4790') } }, later + 999)).events).toEqual([]);
      now = run(now.state, check({ markets: { ETH: eth('4790') } }, later + 1_000));
    }
    expect(sent).toEqual(['IOC', 'IOC', 'IOC', 'IOC', 'GTC']);
    expect(only(now.events, 'LiquidationEnded')[0]?.outcome).toBe('takeover');
    expect(now.state.episodes['ETH:HYPERLIQUID']?.level).toBe('takeover');
    expect(run(now.state, check({ markets: { ETH: eth('4800') } }, 60_000)).events).toEqual([]);
  });

  it('books a part that filled and closes the rest with the next attempt', () => {
    const begun = start();
    const { venueCloid } = only(begun.events, 'VenueOrderRequested')[0]!.request;
    const fill = venueFill({ tid: 1, price: '4792', size: '2', fee: '4.3' }, 4);
    const part = run(begun.state, answer({ type: 'BookVenueFill', venueCloid, fill }));
    expect(part.state.positions['ETH:HYPERLIQUID']?.isolatedMargin).toBe(dollars('2411.7'));
    const fate = { kind: 'ended', venueOrderId: 77, executedSize: sizeOf('2', 4), status: 'canceled' };
    const ended = run(part.state, answer({ type: 'ResolveVenueOrder', venueCloid, fate }));
    expect(only(ended.events, 'LiquidationStepped')[0]).toMatchObject({ closedSize: sizeOf('2', 4), remainder: 0n });
    const again = run(ended.state, check({ markets: { ETH: eth('4790') } }, 2_000));
    const rest = only(again.events, 'VenueOrderRequested')[0]!.request;
    expect(rest.size).toBe(sizeOf('3', 4));
    const last = venueFill({ tid: 2, price: '4792', size: '3', fee: '6.5' }, 4);
    const closed = run(
      again.state,
      answer({ type: 'BookVenueFill', venueCloid: rest.venueCloid, fill: last }, '4790', 2_100),
    );
    const steps = [...only(ended.events, 'LiquidationStepped'), ...only(closed.events, 'LiquidationStepped')];
    expect(steps.map(({ step }) => step)).toEqual([1, 2]);
  });
});

describe('SC-LQ-003 cross over both routes', () => {
  it('closes the BTC position first once equity is at the requirement', () => {
    // BTC 0.1 at mark 10,000: $4; ETH 3.8 at mark 4,000: $76: $80 together.
    const eth4000 = position({ symbol: 'ETH', route: 'HYPERLIQUID', size: '3.8', entry: '4000' });
    const losing = { ...eth4000, entryNotional: dollars('15700') };
    const exact = holding('5000', position({ size: '0.1', entry: '50000' }), losing);
    const safe = { markets: { BTC: at('10000'), ETH: eth('4000') } };
    expect(riskFiguresOf(exact, 'cross', { ...safe, funding: {} })).toEqual({
      equity: dollars('500'),
      maintenance: dollars('80'),
    });
    expect(run(exact, check(safe)).events).toEqual([]);
    const { events } = run(exact, check({ markets: { BTC: at('5780'), ETH: eth('4000') } }));
    const steps = only(events, 'LiquidationStepped');
    expect(steps[0]).toMatchObject({ symbol: 'BTC', pnl: dollars('-4422') });
    expect(steps[0]!.before.equity).toBe(dollars('78'));
    expect(only(events, 'LiquidationEnded')[0]?.outcome).toBe('recovered');
  });
});

describe('isolated and cross are two risks', () => {
  it('SC-LQ-005 an isolated liquidation leaves the cross pool untouched', () => {
    const cross = position({ symbol: 'ETH', size: '1', entry: '4000' });
    const state = holding('3000', position({ size: '0.1', entry: '80000', margin: '800' }), cross);
    const pricing = { markets: { BTC: at('72280'), ETH: eth('4000') }, funding: {} };
    const before = accountView(state, pricing);
    const { state: after } = run(state, check(pricing));
    const later = accountView(after, pricing);
    expect(later.available).toBe(before.available);
    expect(later.crossEquity).toBe(before.crossEquity);
    expect(later.crossMaintenance).toBe(before.crossMaintenance);
    expect(Object.keys(after.positions)).toEqual(['ETH:INTERNAL']);
  });

  it('SC-EC-011 isolated INTERNAL long and cross HYPERLIQUID short of one coin', () => {
    const long = position({ size: '0.08333', entry: '60000', margin: '4999.8', leverage: 1 });
    const short = { ...position({ route: 'HYPERLIQUID', size: '-0.33333', entry: '60000', leverage: 2 }) };
    const state = holding('10000', long, short);
    const fallen = { markets: { BTC: at('55000') }, funding: {} };
    expect(riskFiguresOf(state, 'BTC:INTERNAL', fallen)?.equity).toBe(dollars('4583.15'));
    expect(riskFiguresOf(state, 'cross', fallen)?.equity).toBe(dollars('11666.65'));
    expect(run(state, check(fallen)).events).toEqual([]);
    // Only funding can bring a 1× long to its requirement here: $4,583 on 8,333 lots.
    const eroded = { ...fallen, funding: { 'BTC:INTERNAL': 550_000n * 10n ** 12n } };
    const { state: after, events } = run(state, check(eroded));
    expect(only(events, 'LiquidationStepped').map(({ scope }) => scope)).toEqual(['BTC:INTERNAL']);
    expect(after.positions['BTC:HYPERLIQUID']).toEqual(short);
    expect(after.wallet).toBe(dollars('10000'));
    const risen = run(state, check({ markets: { BTC: at('95000') } }));
    expect(only(risen.events, 'LiquidationStarted').map(({ scope }) => scope)).toEqual(['cross']);
    expect(risen.state.positions['BTC:INTERNAL']).toEqual(long);
  });
});
