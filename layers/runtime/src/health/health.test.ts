import { describe, expect, it } from '@jest/globals';
import { combineHealth, healthOf } from '@perps/runtime/health';

describe('health', () => {
  it('is well where every rule holds, else says which do not', () => {
    expect(healthOf([[true, 'prices are stale']])).toEqual({ ok: true, reasons: [] });
    expect(
      healthOf([
        [true, 'lease'],
        [false, 'prices are stale'],
      ]),
    ).toEqual({ ok: false, reasons: ['prices are stale'] });
  });

  it('of the whole names the part', () => {
    const whole = combineHealth({ shard0: healthOf([]), feed: healthOf([[false, 'silent']]) });
    expect(whole).toEqual({ ok: false, reasons: ['feed: silent'] });
  });
});
