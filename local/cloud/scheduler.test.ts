import { describe, expect, it } from '@jest/globals';
import { nextDelayMs } from './scheduler.ts';

const HOUR = Date.UTC(2026, 10, 21, 8);
const MINUTE = 60_000;

describe('a schedule', () => {
  it.each([
    ['rate(5 minutes)', HOUR + MINUTE, 4 * MINUTE],
    ['at(2026-11-21T08:02:00)', HOUR + MINUTE, MINUTE],
    ['at(2026-11-21T07:00:00)', HOUR, undefined],
    ['cron(1,6 * * * ? *)', HOUR, MINUTE],
    ['cron(1,6 * * * ? *)', HOUR + MINUTE - 1, 1],
    ['cron(1,6 * * * ? *)', HOUR + MINUTE, 5 * MINUTE],
    ['cron(1,6 * * * ? *)', HOUR + 6 * MINUTE + 1, 55 * MINUTE - 1],
    ['cron(1,6 * * * ? *)', Date.UTC(2026, 10, 21, 23, 30), 31 * MINUTE],
    ['cron(0 0,8,16 * * ? *)', HOUR + MINUTE, 479 * MINUTE],
  ])('%s at %d is due in %s ms', (expression, now, delay) => {
    expect(nextDelayMs(expression, now)).toBe(delay);
  });

  it.each(['cron(0 8 1 * ? *)', 'rate(1 week)', 'hourly'])('%s is refused', (expression) => {
    expect(() => nextDelayMs(expression, HOUR)).toThrow('Invalid Schedule Expression');
  });
});
