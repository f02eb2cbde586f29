/** Systems whose clock stands shortly before a full hour, and what scenarios of funding do with them. */
import type { System } from './system.ts';
import { eventually } from './waiting.ts';

const HOUR_MS = 3_600_000;
/** INTERNAL posts every eight hours from midnight (UTC). */
const POSTING_EVERY_HOURS = 8;
/** What a start and the opening of positions take at most on a slow machine. */
const LEAD_MS = 45_000;

export interface ComingHour {
  /** For `useSystem`. */
  readonly clockOffsetMs: number;
  /** Start of the hour, ms in the system's time. */
  readonly hour: number;
  /** The system's time. */
  now(): number;
  /** Fails where the hour has begun: what was to happen before it came too late. */
  mustBeBefore(): void;
  /** Waits until the hour has begun and the venue has settled it. */
  hasCome(system: System): Promise<void>;
}

/** The next hour at which INTERNAL funding is posted, a minute from now in the system's time. */
export function postingHour(): ComingHour {
  const hour = Math.ceil((Date.now() + LEAD_MS) / (POSTING_EVERY_HOURS * HOUR_MS)) * POSTING_EVERY_HOURS * HOUR_MS;
  const clockOffsetMs = hour - LEAD_MS - Date.now();
  const now = (): number => Date.now() + clockOffsetMs;
  return {
    clockOffsetMs,
    hour,
    now,
    mustBeBefore: () => {
      if (now() >= hour) throw new Error('too slow: the hour has begun already');
    },
    hasCome: async ({ venue }) => {
      await eventually(
        'the hour at the venue',
        async () => {
          if (now() < hour) return undefined;
          const response = await fetch(`${venue.url}/info`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ type: 'fundingHistory', coin: 'BTC', startTime: hour }),
          });
          return ((await response.json()) as readonly unknown[]).length > 0 ? true : undefined;
        },
        2 * LEAD_MS,
      );
    },
  };
}

/** One payment as the venue tells it. */
export interface VenuePayment {
  readonly time: number;
  readonly delta: { readonly coin: string; readonly usdc: string; readonly szi: string; readonly fundingRate: string };
}

/** What the venue booked on the platform's trading account since `startTime`. */
export async function venuePayments(system: System, startTime: number): Promise<readonly VenuePayment[]> {
  const response = await fetch(`${system.venue.url}/info`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'userFunding', user: system.venue.accounts.trading, startTime }),
  });
  return (await response.json()) as readonly VenuePayment[];
}

/** Settles an hour at the venue before it comes; `factor` multiplies what is booked, by coin. */
export async function settleAtVenue(
  system: System,
  settlement: { readonly time: number; readonly factor?: Readonly<Record<string, number>> },
): Promise<void> {
  const response = await fetch(`${system.venue.control}/hour`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(settlement),
  });
  if (!response.ok) throw new Error(`hour: ${response.status} ${await response.text()}`);
}
