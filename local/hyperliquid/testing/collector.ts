/** Keeps what a stream says, to be waited for without polling. */
export interface Collector<Event> {
  readonly events: readonly Event[];
  readonly add: (event: Event) => void;
  /** The first event, also a past one, that fits. */
  find(fits: (event: Event) => boolean): Promise<Event>;
}

export function createCollector<Event>(): Collector<Event> {
  const events: Event[] = [];
  const waiting = new Set<(event: Event) => void>();
  return {
    events,
    add: (event) => {
      events.push(event);
      for (const tell of waiting) tell(event);
    },
    find: (fits) =>
      new Promise((resolve) => {
        const past = events.find(fits);
        if (past !== undefined) {
          resolve(past);
          return;
        }
        const tell = (event: Event): void => {
          if (!fits(event)) return;
          waiting.delete(tell);
          resolve(event);
        };
        waiting.add(tell);
      }),
  };
}
