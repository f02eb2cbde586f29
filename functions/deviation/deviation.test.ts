import { describe, expect, it } from '@jest/globals';
import { usd } from '@perps/domain/money';
import type { DeviationRow } from '@perps/runtime/deviation';
import { report } from './report.ts';
import { requestOf } from './request.ts';

const urls = ['https://sqs.local/0', 'https://sqs.local/1'];

describe('a request', () => {
  it('is the schedule’s: the queues it gives, else those of the environment', () => {
    expect(requestOf({ queueUrls: urls }, undefined)).toEqual({ queueUrls: urls, timing: {}, resolve: undefined });
    expect(requestOf({}, urls).queueUrls).toEqual(urls);
    expect(() => requestOf({}, undefined)).toThrow();
  });

  it('is a person’s: a row to close and why, or another timing', () => {
    const resolve = { id: 'missing:1', note: 'booked by hand' };
    expect(requestOf({ resolve }, urls).resolve).toEqual(resolve);
    expect(requestOf({ windowMs: 1_000, settlingMs: 0 }, urls).timing).toEqual({ windowMs: 1_000, settlingMs: 0 });
    for (const wrong of [{ resolve: { id: 'x', note: ' ' } }, { windowMs: 10 }, { settlingMs: -1 }, { hour: 1 }]) {
      expect(() => requestOf(wrong, urls)).toThrow();
    }
  });
});

describe('the report of a run', () => {
  const row = (over: Partial<DeviationRow>): DeviationRow => ({
    id: 'fill:1',
    cause: 'differs',
    symbol: 'BTC',
    positionId: 'p1',
    from: 0,
    to: 1,
    platformPnl: usd(-11_000_000n),
    hlActualPnl: usd(-22_000_000n),
    deviation: usd(11_000_000n),
    deviationRate: 500_000_000_000n,
    cover: usd(11_000_000n),
    level: 'p0',
    status: 'OPEN',
    createdAt: 1,
    resolvedAt: undefined,
    note: undefined,
    ...over,
  });

  it('counts each level by its own metric, and logs as loud as the level is', () => {
    const lines: string[] = [];
    const counts = new Map<string, number>();
    const logger = {
      info: (_: unknown, fields: unknown) => void lines.push(`info ${(fields as DeviationRow).id ?? ''}`),
      warn: (_: unknown, fields: unknown) => void lines.push(`warn ${(fields as DeviationRow).id}`),
      error: (_: unknown, fields: unknown) => void lines.push(`error ${(fields as DeviationRow).id}`),
    };
    const metrics = { addMetric: (name: string, _unit: unknown, value: number) => void counts.set(name, value) };
    const rows = [
      row({}),
      row({ id: 'missing:2', cause: 'missingHere' }),
      row({ id: 'coin:ETH:1', cause: 'coin', level: 'alert' }),
      row({ id: 'coin:SOL:1', cause: 'coin', level: 'logged' }),
      row({ id: 'day:x:review', cause: 'day', level: 'review' }),
      row({ id: 'day:x:p0', cause: 'day' }),
    ];
    report({ logger, metrics } as never, {
      rows,
      explained: [row({ id: 'late' })],
      openRows: 7,
      comparedTo: 5,
      behindMs: 3,
    });
    expect(lines).toEqual([
      'info ',
      'error fill:1',
      'error missing:2',
      'warn coin:ETH:1',
      'info coin:SOL:1',
      'warn day:x:review',
      'error day:x:p0',
      'info late',
    ]);
    expect(Object.fromEntries(counts)).toEqual({
      'deviation.logged': 1,
      'deviation.alert': 1,
      'deviation.p0': 2,
      'deviation.missing': 1,
      'deviation.dayReview': 1,
      'deviation.dayP0': 1,
      'deviation.open': 7,
      'deviation.behindMs': 3,
    });
  });
});
