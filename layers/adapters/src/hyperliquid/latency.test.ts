import { describe, expect, it } from '@jest/globals';
import { createLatencyMeter } from './latency.ts';

/** Frames every `everyMs` from `from` to `to`, each `late` ms late. */
function play(
  meter: ReturnType<typeof createLatencyMeter>,
  span: { from: number; to: number; everyMs: number; late: number },
): void {
  for (let at = span.from; at < span.to; at += span.everyMs) meter.sample(at - span.late, at);
}

describe('the latency meter', () => {
  it('shows a step above 500 ms within a second (SC-RT-005)', () => {
    const meter = createLatencyMeter();
    play(meter, { from: 1_000, to: 10_000, everyMs: 20, late: 20 });
    expect(meter.latencyMs()).toBeCloseTo(20);
    play(meter, { from: 10_000, to: 11_000, everyMs: 20, late: 600 });
    expect(meter.latencyMs()).toBeGreaterThan(500);
    play(meter, { from: 11_000, to: 12_000, everyMs: 20, late: 20 });
    expect(meter.latencyMs()).toBeLessThan(50);
  });

  it('does not jump for one late frame among many', () => {
    const meter = createLatencyMeter();
    play(meter, { from: 1_000, to: 3_000, everyMs: 10, late: 10 });
    meter.sample(1_000, 3_001);
    expect(meter.latencyMs()).toBeLessThan(100);
  });

  it('keeps the newest venue time and when it came; a clock behind the venue is not negative', () => {
    const meter = createLatencyMeter();
    expect([meter.venueTime(), meter.receivedAt(), meter.latencyMs()]).toEqual([0, 0, 0]);
    meter.sample(1_050, 1_000);
    meter.sample(900, 1_001);
    expect([meter.venueTime(), meter.receivedAt()]).toEqual([1_050, 1_000]);
    expect(meter.latencyMs()).toBeGreaterThanOrEqual(0);
  });
});
