/** The channel's health by the thresholds of spec 01. */
import type { UpstreamStatus } from '@perps/adapters/hyperliquid';
import type { HealthFrame } from '@perps/contracts/feed';

/** P2, and REST polling has begun: good enough to close and to liquidate, not to internalise. */
const DEGRADED_AFTER_MS = 10_000;
/** New orders are refused, whether REST answers or not. */
const DOWN_AFTER_MS = 60_000;
/** Three polls without an answer. */
const REST_DEAD_AFTER_MS = 16_000;
const LATENCY_ALERT_MS = 200;
/** About 80 s of backoff. */
const FAILED_CONNECTS_ALERT = 10;

export type JudgedHealth = Pick<HealthFrame, 'status' | 'reasons'>;

/** `live`, or why not; latency alone never changes the status, the router reads it by itself. */
export function judgeHealth(status: UpstreamStatus, hasPrices: boolean): JudgedHealth {
  const reasons = reasonsOf(status);
  if (!status.hasUniverse) return { status: 'down', reasons: ['no universe yet', ...reasons] };
  if (!hasPrices) return { status: 'down', reasons: ['no prices yet', ...reasons] };
  if (status.socketAgeMs >= DOWN_AFTER_MS) return { status: 'down', reasons };
  if (status.socketAgeMs >= DEGRADED_AFTER_MS) return { status: 'degraded', reasons };
  if (status.venueTime === 0) return { status: 'degraded', reasons: ['no quotes yet', ...reasons] };
  return { status: 'live', reasons };
}

function reasonsOf(status: UpstreamStatus): readonly string[] {
  const reasons: string[] = [];
  if (status.socketAgeMs >= DEGRADED_AFTER_MS) {
    reasons.push(`venue socket silent for ${Math.round(status.socketAgeMs / 1_000)} s`);
    if (status.restAgeMs >= REST_DEAD_AFTER_MS) reasons.push('venue REST does not answer');
  }
  if (status.connectFailures >= FAILED_CONNECTS_ALERT) reasons.push(`${status.connectFailures} reconnects failed`);
  if (status.latencyMs > LATENCY_ALERT_MS) reasons.push(`venue latency ${Math.round(status.latencyMs)} ms`);
  return reasons;
}
