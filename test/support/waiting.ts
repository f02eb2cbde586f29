/** Waiting for things that happen by themselves, with a bound. */
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 25;
/** Generous: a shared machine may be slow, and nothing waits longer than it must. */
const TIMEOUT_MS = 30_000;

/** Asks again until the answer is defined; fails with `what` when it never is (default: within 30 s). */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  withinMs = TIMEOUT_MS,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`never happened: ${what}`);
    await delay(POLL_MS);
  }
}

/** Keeps what a stream says, to be waited for. */
export interface Collector<Event> {
  readonly events: readonly Event[];
  readonly add: (event: Event) => void;
  /** The first event, also a past one, that fits. */
  find(what: string, fits: (event: Event) => boolean): Promise<Event>;
}

export function createCollector<Event>(): Collector<Event> {
  const events: Event[] = [];
  return {
    events,
    add: (event) => {
      events.push(event);
    },
    find: (what, fits) => eventually(what, () => events.find(fits)),
  };
}
