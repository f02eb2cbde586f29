import { describe, expect, it } from '@jest/globals';
import type { UpstreamStatus } from '@perps/adapters/hyperliquid';
import { judgeHealth } from './health.ts';
import { LIVE } from './testing/frames.ts';

describe('the channel’s health (spec 01)', () => {
  const cases: readonly [string, Partial<UpstreamStatus>, string, readonly string[]][] = [
    ['all is well', {}, 'live', []],
    ['no universe', { hasUniverse: false }, 'down', ['no universe yet']],
    ['no quotes', { venueTime: 0 }, 'degraded', ['no quotes yet']],
    ['just below ten seconds', { socketAgeMs: 9_999 }, 'live', []],
    [
      'ten seconds of silence, REST answers',
      { socketAgeMs: 10_000, restAgeMs: 3_000 },
      'degraded',
      ['venue socket silent for 10 s'],
    ],
    [
      'ten seconds of silence on both',
      { socketAgeMs: 30_000, restAgeMs: 20_000 },
      'degraded',
      ['venue socket silent for 30 s', 'venue REST does not answer'],
    ],
    [
      'sixty seconds, REST answers',
      { socketAgeMs: 60_000, restAgeMs: 3_000 },
      'down',
      ['venue socket silent for 60 s'],
    ],
    ['late, but alive', { latencyMs: 600 }, 'live', ['venue latency 600 ms']],
    ['ten failed connects', { connectFailures: 10 }, 'live', ['10 reconnects failed']],
  ];
  it.each(cases)('%s', (_name, changes, status, reasons) => {
    expect(judgeHealth({ ...LIVE, ...changes }, true)).toEqual({ status, reasons });
  });

  it('without one accepted price there is nothing to trade on', () => {
    expect(judgeHealth(LIVE, false)).toEqual({ status: 'down', reasons: ['no prices yet'] });
  });
});
