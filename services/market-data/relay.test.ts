import { beforeEach, describe, expect, it } from '@jest/globals';
import { VenueInfoError } from '@perps/adapters/hyperliquid';
import { CANDLE_WATCH_MS } from '@perps/contracts/feed';
import type { InfoRequest, L2Book } from '@perps/contracts/hyperliquid';
import { createVirtualClock, type VirtualClock } from '@perps/runtime/testing';
import { createRelay, type Relay } from './relay.ts';

const BOOK: L2Book = { coin: 'BTC', time: 1, levels: [[], []] };
const COARSE: L2Book = { coin: 'BTC', time: 2, levels: [[], []] };

describe('the relay', () => {
  let clock: VirtualClock;
  let asked: InfoRequest[];
  let answer: unknown;
  let streams: string[];
  let relay: Relay;

  beforeEach(() => {
    clock = createVirtualClock();
    asked = [];
    answer = [];
    streams = [];
    relay = createRelay({
      clock,
      info: {
        async ask(request) {
          asked.push(request);
          if (answer instanceof Error) throw answer;
          return answer;
        },
      },
      feed: {
        isKnown: (symbol) => symbol === 'BTC',
        recentTrades: () => [],
        book: () => BOOK,
      },
      watchCandles: (symbol, interval) => streams.push(`+${symbol}:${interval}`),
      unwatchCandles: (symbol, interval) => streams.push(`-${symbol}:${interval}`),
    });
  });

  it('asks the venue once for what is fresh, and again later', async () => {
    const question = { symbol: 'BTC', interval: '1m', startTime: 5 };
    await Promise.all([relay.methods.candles(question), relay.methods.candles(question)]);
    await relay.methods.candles(question);
    expect(asked).toEqual([{ type: 'candleSnapshot', req: { coin: 'BTC', interval: '1m', startTime: 5 } }]);
    await clock.advance(2_000);
    await relay.methods.candles(question);
    expect(asked).toHaveLength(2);
  });

  it('does not keep failures, and tells them with their code', async () => {
    answer = new VenueInfoError('RateLimited', 'no weight left');
    const question = { symbol: 'BTC', startTime: 5 };
    await expect(relay.methods.fundingHistory(question)).rejects.toMatchObject({ code: 'RateLimited' });
    answer = [];
    expect(await relay.methods.fundingHistory(question)).toEqual([]);
  });

  it('answers the full book from the stream, an aggregated one from the venue, an unknown one with null', async () => {
    answer = COARSE;
    expect(await relay.methods.l2Book({ symbol: 'BTC' })).toBe(BOOK);
    expect(asked).toEqual([]);
    expect(await relay.methods.l2Book({ symbol: 'BTC', nSigFigs: 3 })).toBe(COARSE);
    expect(asked).toEqual([{ type: 'l2Book', coin: 'BTC', nSigFigs: 3, mantissa: null }]);
    expect(await relay.methods.l2Book({ symbol: 'XYZ' })).toBeNull();
  });

  it('relays questions about the market and none about accounts', async () => {
    answer = { time: 5 };
    expect(await relay.methods.relayInfo({ request: { type: 'exchangeStatus' } })).toEqual({
      status: 200,
      body: answer,
    });
    const aboutUser = { type: 'clearinghouseState', user: `0x${'1'.repeat(40)}` };
    await expect(relay.methods.relayInfo({ request: aboutUser })).rejects.toMatchObject({ code: 'BadRequest' });
    expect(await relay.methods.relayInfo({ request: { type: 'nonsense' } })).toEqual({ status: 422, body: null });
    expect(asked).toHaveLength(1);
  });

  it('passes on what the venue refuses', async () => {
    answer = new VenueInfoError('VenueUnavailable', 'the venue answered 500', { status: 500 });
    const request = { type: 'l2Book', coin: 'BTC', nSigFigs: 9 };
    expect(await relay.methods.relayInfo({ request })).toEqual({ status: 500, body: null });
  });

  it('checks what it is given', async () => {
    await expect(relay.methods.candles({ symbol: 'BTC', interval: '7m', startTime: 0 })).rejects.toMatchObject({
      code: 'BadRequest',
    });
    await expect(relay.methods.recentTrades({ symbol: 'XYZ' })).rejects.toMatchObject({ code: 'UnknownSymbol' });
  });

  it('keeps a candle stream while it is renewed, and ends it afterwards', async () => {
    const watch = () => relay.methods.watchCandles({ symbol: 'BTC', interval: '1h' });
    await watch();
    await clock.advance(CANDLE_WATCH_MS - 1);
    await watch();
    await clock.advance(CANDLE_WATCH_MS - 1);
    relay.expireWatches();
    expect(streams).toEqual(['+BTC:1h']);
    await clock.advance(1);
    relay.expireWatches();
    expect(streams).toEqual(['+BTC:1h', '-BTC:1h']);
  });
});
