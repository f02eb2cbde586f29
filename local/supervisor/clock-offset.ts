/** How a process is told to live at another time than this machine: by a preloaded module and one variable. */
import { fileURLToPath } from 'node:url';

/** Milliseconds that are added to the time of day. */
export const CLOCK_OFFSET = 'CLOCK_OFFSET_MS';

export interface ClockShift {
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Flags and environment of a process (or thread) whose clock is `offsetMs` ahead; none for zero. */
export function clockShift(offsetMs: number): ClockShift {
  if (offsetMs === 0) return { flags: [], env: {} };
  const file = fileURLToPath(new URL('shifted-clock.ts', import.meta.url));
  return { flags: ['--import', file], env: { [CLOCK_OFFSET]: String(offsetMs) } };
}
