import { describe, expect, it } from '@jest/globals';
import { createFundingQueries, type FundingBooked, type FundingQueries } from '@perps/adapters/hyperliquid';
import { parseQueuedCommand, type QueuedEngineCommand } from '@perps/contracts/engine';
import { price, rate, size, usd } from '@perps/domain/money';
import { reportRun } from './report.ts';
import { fundingConfig, requestOf } from './request.ts';
import { type FundingRunOptions, runFunding } from './run.ts';

const HOUR = Date.UTC(2026, 10, 21, 8);
const universe = [
  { name: 'BTC', szDecimals: 5, maxLeverage: 40 },
  { name: 'ETH', szDecimals: 4, maxLeverage: 25 },
];
const context = {
  funding: '0.0000125',
  openInterest: '1',
  prevDayPx: '1',
  dayNtlVlm: '1',
  markPx: '100001',
  dayBaseVlm: '1',
};
const payment = (coin: string, usdc: string, szi: string, time = HOUR + 40) => ({
  time,
  hash: '0x0',
  delta: { type: 'funding', coin, usdc, szi, fundingRate: '0.0001', nSamples: null },
});

/** The venue's answers by request type; the run's messages, and what users were charged for the hour before. */
function world(over: {
  readonly answers?: Readonly<Record<string, unknown>>;
  readonly mirrored?: Readonly<Record<string, string>>;
  readonly hour?: number;
  readonly now?: number;
  readonly shardCount?: number;
  readonly catchUp?: number;
}) {
  const hour = over.hour ?? HOUR;
  const answers: Readonly<Record<string, unknown>> = {
    metaAndAssetCtxs: [
      { universe, marginTables: [] },
      [
        { ...context, oraclePx: '100000.0' },
        { ...context, oraclePx: '4000.0' },
      ],
    ],
    userFunding: [payment('BTC', '-10.0', '1.0')],
    fundingHistory: [{ coin: 'ETH', fundingRate: '-0.00002', premium: '0', time: HOUR + 30 }],
    ...over.answers,
  };
  const asked: unknown[] = [];
  const sent: { readonly shard: number; readonly groupId: string; readonly command: QueuedEngineCommand }[] = [];
  const options: FundingRunOptions = {
    venue: createFundingQueries({
      account: '0xabc',
      info: {
        ask: async (request) => {
          asked.push(request);
          return answers[request.type];
        },
      },
    }),
    queue: {
      send: async ({ shard, groupId, body, commandId }) => {
        const parsed = parseQueuedCommand(body);
        if (!parsed.ok) throw new Error(parsed.problem);
        expect(parsed.command.commandId).toBe(commandId);
        sent.push({ shard, groupId, command: parsed.command });
      },
    },
    shardCount: over.shardCount ?? 1,
    symbols: ['ETH'],
    mirrored: async () =>
      new Map(Object.entries(over.mirrored ?? {}).map(([symbol, amount]) => [symbol, usd(BigInt(amount))])),
    now: () => over.now ?? hour + 60_000,
  };
  return { options, sent, asked, run: () => runFunding(options, { hour, catchUp: over.catchUp ?? 0 }) };
}

describe('a funding run', () => {
  it('closes, settles and posts on every shard, in this order, by the group of settings', async () => {
    const { run, sent } = world({ shardCount: 3 });
    expect(await run()).toMatchObject({ settled: ['BTC', 'ETH'], missing: [] });
    for (const shard of [0, 1, 2]) {
      const own = sent.filter((message) => message.shard === shard);
      expect(own.map(({ command }) => command.type)).toEqual([
        'CloseFundingHour',
        'SettleFundingHour',
        'StartFundingPosting',
      ]);
      expect(
        own.every(({ groupId, command }) => groupId === 'config' && 'hour' in command && command.hour === HOUR),
      ).toBe(true);
    }
  });

  it('tells rates as booked or published, the payment, and the oracle price behind it', async () => {
    const { run, sent } = world({});
    await run();
    expect(sent[1]?.command).toMatchObject({
      source: 'hyperliquid',
      rates: [
        {
          symbol: 'BTC',
          rate: rate(100_000_000n),
          oraclePrice: price(1_000_000n),
          payment: { amount: usd(-10_000_000n), size: size(100_000n) },
        },
        { symbol: 'ETH', rate: rate(-20_000_000n), oraclePrice: price(400_000n) },
      ],
    });
  });

  it('repeats itself with the same ids: shards answer the second run without doing anything', async () => {
    const { run, sent } = world({});
    await run();
    await run();
    const ids = sent.map(({ command }) => command.commandId);
    expect(ids.slice(3)).toEqual(ids.slice(0, 3));
  });

  it('leaves what is not published to the next run, and does not post HYPERLIQUID before it is complete', async () => {
    const { run, sent } = world({ answers: { fundingHistory: [] } });
    expect(await run()).toMatchObject({ settled: ['BTC'], missing: ['ETH'] });
    expect(sent.at(-1)?.command).toMatchObject({ type: 'StartFundingPosting', routes: ['INTERNAL'] });
  });

  it('posts INTERNAL at 00, 08 and 16 UTC only', async () => {
    const hour = HOUR + 3_600_000;
    const { run, sent } = world({
      hour,
      answers: { userFunding: [], fundingHistory: [{ coin: 'ETH', fundingRate: '0', time: hour }] },
    });
    await run();
    expect(sent.at(-1)?.command).toMatchObject({ type: 'StartFundingPosting', routes: ['HYPERLIQUID'] });
  });

  it('settles the hours before that an outage left, oldest first, and posts what was due then', async () => {
    const hour = HOUR + 3_600_000;
    const history = [0, 1, 2].map((back) => ({ coin: 'ETH', fundingRate: '0', time: hour - back * 3_600_000 + 20 }));
    const { run, sent } = world({ hour, catchUp: 2, answers: { fundingHistory: history } });
    await run();
    const told = sent.map(({ command }) => [command.type, 'hour' in command ? (command.hour - hour) / 3_600_000 : 0]);
    expect(told).toEqual([
      ['CloseFundingHour', 0],
      ['SettleFundingHour', -2],
      ['SettleFundingHour', -1],
      ['StartFundingPosting', -1],
      ['SettleFundingHour', 0],
      ['StartFundingPosting', 0],
    ]);
  });

  it('does not take the price of now for that of an hour long past', async () => {
    const { run, sent } = world({ now: HOUR + 3_000_000, answers: { userFunding: [] } });
    await run();
    const command = sent[1]?.command;
    expect(command?.type === 'SettleFundingHour' && command.rates).toEqual([
      { symbol: 'ETH', rate: rate(-20_000_000n) },
    ]);
  });

  it.each([
    ['-500.0', '-498000000', 'logged'],
    ['-500.0', '-490000000', 'alert'],
    ['-500.0', '-470000000', 'p0'],
    ['-500.0', undefined, 'p0'],
  ])('SC-FS-005: booked %s, mirrored %s is %s', async (usdc, mirrored, level) => {
    const { run } = world({
      answers: { userFunding: [payment('BTC', usdc, '50.0', HOUR - 3_600_000 + 20)], fundingHistory: [] },
      mirrored: mirrored === undefined ? {} : { BTC: mirrored },
    });
    expect((await run()).differences).toMatchObject([{ symbol: 'BTC', hour: HOUR - 3_600_000, level }]);
  });

  it('says nothing where both are the same', async () => {
    const answers = { userFunding: [payment('BTC', '-5.0', '0.5', HOUR - 3_600_000 + 20)] };
    expect((await world({ answers, mirrored: { BTC: '-5000000' } }).run()).differences).toEqual([]);
  });

  it.each(['metaAndAssetCtxs', 'userFunding', 'fundingHistory'])(
    'fails, to be tried again, where %s is not understood',
    async (type) => {
      await expect(world({ answers: { [type]: [{ coin: 1 }] } }).run()).rejects.toMatchObject({
        code: 'VenueUnavailable',
      });
    },
  );

  it('has the hour closed before it asks the venue anything', async () => {
    const { options, sent } = world({});
    const away: FundingQueries = {
      ...options.venue,
      markets: () => Promise.reject(new Error('away')),
      booked: async (): Promise<readonly FundingBooked[]> => [],
    };
    await expect(runFunding({ ...options, venue: away }, { hour: HOUR, catchUp: 3 })).rejects.toThrow('away');
    expect(sent.map(({ command }) => command.type)).toEqual(['CloseFundingHour']);
  });
});

describe('the report', () => {
  it('counts what is settled, missing, off by over 1 % and by over 5 %, and names amounts', () => {
    const counts: unknown[] = [];
    const warnings: unknown[] = [];
    const amounts = { symbol: 'BTC', hour: HOUR, booked: usd(-100n), mirrored: usd(-90n), difference: usd(-10n) };
    reportRun(
      { hour: HOUR, settled: ['BTC'], missing: [], differences: [{ ...amounts, level: 'p0' }] },
      { info: () => undefined, warn: (...line) => void warnings.push(line) },
      { count: (...count) => void counts.push(count), gauge: () => undefined, timing: () => undefined },
    );
    expect(counts).toEqual([
      ['funding.settled', 1],
      ['funding.missing', 0],
      ['funding.mirrorAlert', 0],
      ['funding.mirrorCritical', 1],
    ]);
    expect(JSON.stringify(warnings)).toContain('"difference":"-10"');
  });
});

describe('the input', () => {
  const queueUrls = ['http://localhost/0', 'http://localhost/1'];

  const given = { now: HOUR + 60_000, configured: undefined };

  it('of a schedule means the hour that has begun last; a person names one', () => {
    expect(requestOf({ queueUrls }, given)).toEqual({ hour: HOUR, queueUrls, catchUp: 3 });
    const named = requestOf({ hour: HOUR - 7_200_000 }, { ...given, configured: queueUrls });
    expect(named).toMatchObject({ hour: HOUR - 7_200_000, catchUp: 0 });
  });

  it.each([{}, { queueUrls: [] }, { queueUrls, hour: HOUR + 1 }, { queueUrls, symbols: [] }])('is not %j', (event) => {
    expect(() => requestOf(event, given)).toThrow(Error);
  });

  it('names symbols in its settings', () => {
    const env = {
      VENUE_URL: 'http://localhost',
      HL_TRADING_ACCOUNT: `0x${'ab'.repeat(20)}`,
      FUNDING_SYMBOLS: 'BTC,ETH',
      FUNDING_SETTLEMENTS_TABLE: 'funding',
    };
    expect(fundingConfig.parse(env).FUNDING_SYMBOLS).toEqual(['BTC', 'ETH']);
    expect(fundingConfig.parse({ ...env, FUNDING_SYMBOLS: '' }).FUNDING_SYMBOLS).toEqual([]);
    const { COMMAND_QUEUE_URLS: urls } = fundingConfig.parse({ ...env, COMMAND_QUEUE_URLS: queueUrls.join() });
    expect(urls).toEqual(queueUrls);
  });
});
