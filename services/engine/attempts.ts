import type { Logger } from '@perps/runtime/ports';

/**
 * One attempt at a time per subject: what is under way is not asked for again, and what fails is left to the next tick
 * or turn, because the decider judges by the state it meets.
 */
export interface Attempts {
  /** False where the subject is under way already. */
  start(subject: string, attempt: () => Promise<unknown>): boolean;
}

export function createAttempts(logger: Logger, what: string): Attempts {
  const underWay = new Set<string>();
  return {
    start(subject, attempt) {
      if (underWay.has(subject)) return false;
      underWay.add(subject);
      // Begins now, and a throw before its first wait is a failure like any other.
      (async () => attempt())()
        .catch((cause: unknown) => logger.warn(`${what}: the next turn tries again`, { subject, cause: String(cause) }))
        .finally(() => underWay.delete(subject));
      return true;
    },
  };
}
