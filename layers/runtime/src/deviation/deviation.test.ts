import { describe, expect, it } from '@jest/globals';
import { parseQueuedCommand, type QueuedEngineCommand } from '@perps/contracts/engine';
import type { BookedExecution, Execution } from '@perps/domain/deviation';
import { parseUsd, price, size, usd, type Usd } from '@perps/domain/money';
import { createMemoryDeviations, createMemoryJournal } from '@perps/runtime/testing';
import { createBatchCodec } from '@perps/contracts/journal';
import { CHAIN_START } from '@perps/runtime/commit';
import { EXPLAINED, hoursDue, projectedUntil, resolveDeviation, runDeviation } from './index.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
/** 12:00 UTC. */
const NOON = 1_763_726_400_000;
const dollars = (text: string): Usd => parseUsd(text) ?? usd(0n);

/** $10,000 of BTC with a fee of $4.50. */
const venueFill = (tid: number, time: number, over: Partial<Execution> = {}): Execution => ({
  tid,
  symbol: 'BTC',
  side: 'buy',
  price: price(1_000_000n),
  size: size(10_000n),
  fee: dollars('4.5'),
  time,
  ...over,
});
const booked = (fill: Execution, over: Partial<BookedExecution> = {}): BookedExecution => ({
  ...fill,
  positionId: 'p1',
  ...over,
});

/** Both books, a log and two shards' queues. */
function createWorld() {
  const deviations = createMemoryDeviations();
  const sent: QueuedEngineCommand[] = [];
  const world = {
    now: NOON + 31 * MINUTE,
    venueFills: [] as Execution[],
    ourFills: [] as BookedExecution[],
    venueFunding: new Map<string, Usd>(),
    ourFunding: new Map<string, Usd>(),
    failSends: 0,
    projectedUntil: Number.POSITIVE_INFINITY,
    ...deviations,
  };
  const within =
    <Fill extends Execution>(fills: readonly Fill[]) =>
    async ({ from, to }: { readonly from: number; readonly to: number }) =>
      fills.filter(({ time }) => time >= from && time < to);
  const options = {
    ...deviations,
    shardCount: 2,
    now: () => world.now,
    projectedUntil: async () => world.projectedUntil,
    venue: {
      executions: async (window: { from: number; to: number }) => within(world.venueFills)(window),
      funding: async (hour: number) => (hour === NOON ? world.venueFunding : new Map<string, Usd>()),
    },
    own: {
      executions: async (window: { from: number; to: number }) => within(world.ourFills)(window),
      funding: async (hour: number) => (hour === NOON ? world.ourFunding : new Map<string, Usd>()),
    },
    queue: {
      send: async ({ shard, groupId, body }: { shard: number; groupId: string; commandId: string; body: string }) => {
        if (world.failSends > 0) {
          world.failSends -= 1;
          throw new Error('the queue is away');
        }
        const parsed = parseQueuedCommand(body);
        if (!parsed.ok || groupId !== 'config') throw new Error('not a command of the group');
        expect('shard' in parsed.command ? parsed.command.shard : undefined).toBe(shard);
        sent.push(parsed.command);
      },
    },
  };
  /** What was sent since last asked, in words. */
  const takeSent = (): readonly string[] =>
    sent.splice(0).map((command) => {
      if (command.type === 'CoverDeviation') return `cover ${command.id} ${command.amount} on ${command.shard}`;
      if (command.type !== 'StopVenueOpens') return command.type;
      return `${command.isStopped ? 'stop' : 'release'} ${command.symbol} on ${command.shard}`;
    });
  const run = () => runDeviation(options);
  return { world, options, takeSent, run };
}

/** Has compared everything until 12:30. */
async function started() {
  const it = createWorld();
  await it.options.checkpoint.advance(undefined, NOON + 30 * MINUTE);
  return it;
}
const at = (minutes: number): number => NOON + minutes * MINUTE;

describe('windows', () => {
  it('begin with the last one that has settled, follow one another, and wait a minute', async () => {
    const { world, options, run } = createWorld();
    expect((await run()).comparedTo).toBe(at(30));
    world.now = at(35);
    expect((await run()).comparedTo).toBe(at(30));
    world.now = at(36);
    expect((await run()).comparedTo).toBe(at(35));
    expect(await options.checkpoint.read()).toBe(at(35));
  });

  it('that an outage has left are made up for, an hour of them in a run', async () => {
    const { world, run } = await started();
    world.now = at(30 + 151);
    expect([(await run()).comparedTo, (await run()).comparedTo, (await run()).comparedTo]).toEqual([
      at(90),
      at(150),
      at(180),
    ]);
  });

  it('wait for our tables: what is not projected yet is not missing', async () => {
    const { world, run, takeSent } = await started();
    world.venueFills = [venueFill(1, at(31))];
    world.now = at(41);
    world.projectedUntil = at(35);
    expect(await run()).toMatchObject({ rows: [], comparedTo: at(30), behindMs: 11 * MINUTE });
    world.ourFills = world.venueFills.map((fill) => booked(fill));
    world.projectedUntil = at(36);
    expect(await run()).toMatchObject({ rows: [], comparedTo: at(35) });
    expect(takeSent()).toEqual([]);
  });

  it('have the funding of the hours that settled in them: once, twenty minutes later', () => {
    const windows = Array.from({ length: 24 }, (_, index) => ({ from: at(index * 5), to: at(index * 5 + 5) }));
    expect(windows.flatMap((window) => hoursDue(window).map((hour) => [hour, window.from]))).toEqual([
      [NOON, at(20)],
      [NOON + HOUR, at(80)],
    ]);
    expect(hoursDue({ from: at(0), to: at(121) })).toEqual([NOON, NOON + HOUR]);
  });

  it('in which nothing differs leave nothing', async () => {
    const { world, run, takeSent } = await started();
    world.venueFills = [venueFill(1, at(31)), venueFill(2, at(35))];
    world.ourFills = world.venueFills.map((fill) => booked(fill));
    world.now = at(41);
    expect(await run()).toMatchObject({ rows: [], openRows: 0, comparedTo: at(40) });
    expect(takeSent()).toEqual([]);
  });
});

describe('a fill that is missing', () => {
  it('with us is a P0 of its own and of its coin, stops the coin on every shard and covers nothing', async () => {
    const { world, run, takeSent } = await started();
    world.venueFills = [venueFill(1, at(31))];
    world.now = at(36);
    const { rows, openRows } = await run();
    expect(rows.map(({ id, level, status }) => [id, level, status])).toEqual([
      ['missing:1', 'p0', 'OPEN'],
      [`coin:BTC:${at(30)}`, 'p0', 'OPEN'],
      ['day:2025-11-21:p0', 'p0', 'OPEN'],
    ]);
    expect(openRows).toBe(3);
    expect(takeSent()).toEqual(['stop BTC on 0', 'stop BTC on 1']);
  });

  it('and comes late explains itself: its rows are closed and the coin is released', async () => {
    const { world, run, takeSent } = await started();
    world.venueFills = [venueFill(1, at(31), { size: size(900n) })];
    world.now = at(36);
    await run();
    takeSent();
    world.ourFills = world.venueFills.map((fill) => booked(fill));
    world.now = at(41);
    const { explained, openRows } = await run();
    expect(explained.map(({ id, note }) => [id, note])).toEqual([
      ['missing:1', EXPLAINED],
      [`coin:BTC:${at(30)}`, EXPLAINED],
    ]);
    expect([openRows, takeSent()]).toEqual([0, ['release BTC on 0', 'release BTC on 1']]);
    expect(world.rows().find(({ id }) => id === 'missing:1')).toMatchObject({ status: 'RESOLVED', resolvedAt: at(41) });
  });

  it('and comes late with another fee leaves a row of that, covered', async () => {
    const { world, run, takeSent } = await started();
    world.venueFills = [venueFill(1, at(31))];
    world.now = at(36);
    await run();
    takeSent();
    world.ourFills = [booked(world.venueFills[0]!, { fee: dollars('4') })];
    world.now = at(41);
    const { rows } = await run();
    expect(rows.map(({ id, level, status }) => [id, level, status])).toEqual([['fill:1', 'logged', 'COVERED']]);
    expect(takeSent()[0]).toBe('cover fill:1 500000 on 0');
  });

  it('with the venue stays until people have looked', async () => {
    const { world, run } = await started();
    world.ourFills = [booked(venueFill(1, at(31)))];
    world.now = at(36);
    expect((await run()).rows[0]).toMatchObject({ id: 'missing:1', cause: 'missingThere', positionId: 'p1' });
    world.now = at(41);
    expect(await run()).toMatchObject({ explained: [], openRows: 3 });
  });
});

describe('a fee that differs', () => {
  it('a little is logged and covered, and nobody is called', async () => {
    const { world, run, takeSent } = await started();
    world.venueFills = [venueFill(1, at(31))];
    world.ourFills = [booked(world.venueFills[0]!, { fee: dollars('4.49') })];
    world.now = at(36);
    const { rows, openRows } = await run();
    expect(rows.map(({ id, level, status, resolvedAt }) => [id, level, status, resolvedAt])).toEqual([
      ['fill:1', 'logged', 'COVERED', at(36)],
      [`coin:BTC:${at(30)}`, 'logged', 'COVERED', at(36)],
    ]);
    expect([openRows, takeSent()]).toEqual([0, ['cover fill:1 10000 on 0']]);
  });
});

describe('funding', () => {
  it('that was mirrored 3 % short alerts, and the reserve covers it', async () => {
    const { world, options, run, takeSent } = createWorld();
    await options.checkpoint.advance(undefined, at(20));
    world.venueFunding.set('BTC', dollars('-500'));
    world.ourFunding.set('BTC', dollars('-485'));
    world.now = at(26);
    const { rows } = await run();
    expect(rows).toEqual([
      expect.objectContaining({ level: 'alert', status: 'OPEN', deviation: dollars('15'), cover: dollars('15') }),
    ]);
    expect(takeSent()).toEqual([`cover coin:BTC:${at(20)} 15000000 on 0`]);
  });

  it('over 5 % stops the coin', async () => {
    const { world, options, run, takeSent } = createWorld();
    await options.checkpoint.advance(undefined, at(20));
    world.venueFunding.set('ETH', dollars('200'));
    world.ourFunding.set('ETH', dollars('189'));
    world.now = at(26);
    await run();
    expect(takeSent()).toEqual([`cover coin:ETH:${at(20)} -11000000 on 0`, 'stop ETH on 0', 'stop ETH on 1']);
  });
});

describe('a day', () => {
  it('over $1,000 is to be reviewed, over $5,000 a P0; each is written once', async () => {
    const { world, run, takeSent } = await started();
    const lose = (tid: number, minutes: number, size_: bigint): void => {
      world.venueFills.push(venueFill(tid, at(minutes), { size: size(size_) }));
    };
    // $700, $700 and $4,000 of BTC, and their fees.
    lose(1, 31, 700n);
    world.now = at(36);
    expect((await run()).rows.some(({ cause }) => cause === 'day')).toBe(false);
    lose(2, 36, 700n);
    world.now = at(41);
    expect((await run()).rows.at(-1)).toMatchObject({ id: 'day:2025-11-21:review', level: 'review', symbol: '*' });
    lose(3, 41, 4_000n);
    world.now = at(46);
    expect((await run()).rows.at(-1)).toMatchObject({ id: 'day:2025-11-21:p0', level: 'p0' });
    takeSent();
    lose(4, 46, 100n);
    world.now = at(51);
    expect((await run()).rows.filter(({ cause }) => cause === 'day')).toEqual([]);
    expect(takeSent().some((words) => words.includes('*'))).toBe(false);
  });
});

describe('a run that is cut off', () => {
  it('is done again: the same rows, the same commands, whatever the books say by then', async () => {
    const { world, run, takeSent } = await started();
    world.venueFills = [venueFill(1, at(31)), venueFill(2, at(32))];
    world.ourFills = [booked(world.venueFills[0]!, { fee: dollars('4') }), booked(world.venueFills[1]!)];
    world.now = at(36);
    world.failSends = 1;
    await expect(run()).rejects.toThrow('the queue is away');
    const before = world.rows();
    world.ourFills[0] = booked(world.venueFills[0]!, { fee: dollars('3') });
    world.now = at(39);
    const { rows } = await run();
    expect(rows).toEqual(before);
    expect(takeSent()).toEqual(['cover fill:1 500000 on 0']);
  });
});

describe('a row is resolved', () => {
  it('by hand, with a note; the coin is released with its last P0', async () => {
    const { world, options, run, takeSent } = await started();
    world.venueFills = [venueFill(1, at(31))];
    world.now = at(36);
    await run();
    takeSent();
    const resolve = (id: string) => resolveDeviation(options, { id, note: 'booked by hand' });
    expect(await resolve('missing:1')).toMatchObject({ isReleased: false, row: { status: 'RESOLVED' } });
    expect(takeSent()).toEqual([]);
    const last = await resolve(`coin:BTC:${at(30)}`);
    expect(last).toMatchObject({ isReleased: true, row: { note: 'booked by hand', resolvedAt: world.now } });
    expect(takeSent()).toEqual(['release BTC on 0', 'release BTC on 1']);
    expect(await resolve('day:2025-11-21:p0')).toMatchObject({ isReleased: false });
    expect(await resolve('nobody')).toBeUndefined();
  });

  it('and what was found meanwhile stops the coin whatever the clocks say', async () => {
    const { world, options, run } = await started();
    const stops: { readonly isStopped: boolean; readonly decidedAt: number }[] = [];
    const queue = {
      send: async ({ body }: { readonly body: string }) => {
        const parsed = parseQueuedCommand(body);
        if (parsed.ok && parsed.command.type === 'StopVenueOpens') stops.push(parsed.command);
      },
    };
    world.venueFills = [venueFill(1, at(31))];
    world.now = at(36);
    await run();
    const fast = { ...options, queue, now: () => at(99) };
    await resolveDeviation(fast, { id: 'missing:1', note: 'x' });
    await resolveDeviation(fast, { id: `coin:BTC:${at(30)}`, note: 'x' });
    world.venueFills.push(venueFill(2, at(36)));
    world.now = at(41);
    await runDeviation({ ...options, queue });
    const newest = stops.reduce((one, other) => (other.decidedAt > one.decidedAt ? other : one));
    expect(newest).toMatchObject({ isStopped: true, decidedAt: at(41) });
  });
});

describe('our tables', () => {
  it('are complete up to the first record that some shard has not projected', async () => {
    const journal = createMemoryJournal();
    const codec = createBatchCodec();
    const record = (shard: number, seq: number, times: readonly number[]): void => {
      const entries = times.map((time) => ({ commandId: `c${time}`, streamId: 'u1', at: time, events: [] }));
      const { body } = codec.encode(entries);
      journal.appendNow({
        shard,
        seq,
        epoch: 1,
        token: `t${seq}`,
        previousToken: seq === 1 ? '' : `t${seq - 1}`,
        body,
      });
    };
    record(0, 1, [at(1)]);
    record(0, 2, [at(2), at(3)]);
    record(1, 1, [at(4)]);
    const nextSeqs = [1, 1];
    const options = {
      journal,
      codec,
      shardCount: 2,
      checkpoints: {
        checkpoint: async (shard: number) => {
          return { shard, generation: 0, position: { ...CHAIN_START, nextSeq: nextSeqs[shard] ?? 1 } };
        },
      },
    };
    expect(await projectedUntil(options)).toBe(at(1));
    nextSeqs[0] = 2;
    expect(await projectedUntil(options)).toBe(at(2));
    nextSeqs[0] = 3;
    expect(await projectedUntil(options)).toBe(at(4));
    nextSeqs[1] = 2;
    expect(await projectedUntil(options)).toBe(Number.POSITIVE_INFINITY);
  });
});
