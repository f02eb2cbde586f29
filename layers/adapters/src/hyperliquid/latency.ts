/** Venue time → receipt, smoothed over about a second; and the newest venue time seen. */

export interface LatencyMeter {
  /** One dated frame; both in wall ms. Late frames count, too: lateness is what is measured. */
  sample(venueTime: number, receivedAt: number): void;
  latencyMs(): number;
  /** 0 before the first. */
  venueTime(): number;
  /** When the newest venue time was seen (wall ms). */
  receivedAt(): number;
}

/** After a step the smoothed value has come 98 % of the way within a second (SC-RT-005). */
const TIME_CONSTANT_MS = 250;

export function createLatencyMeter(): LatencyMeter {
  let smoothed: number | undefined;
  let sampledAt = 0;
  let newest = 0;
  let newestAt = 0;
  return {
    sample(venueTime, receivedAt) {
      const latency = Math.max(0, receivedAt - venueTime);
      const elapsed = Math.max(1, receivedAt - sampledAt);
      smoothed =
        smoothed === undefined
          ? latency
          : smoothed + (latency - smoothed) * (1 - Math.exp(-elapsed / TIME_CONSTANT_MS));
      sampledAt = receivedAt;
      if (venueTime > newest) {
        newest = venueTime;
        newestAt = receivedAt;
      }
    },
    latencyMs: () => smoothed ?? 0,
    venueTime: () => newest,
    receivedAt: () => newestAt,
  };
}
