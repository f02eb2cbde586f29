import type { Clock } from '@perps/runtime/ports';

/** The dependency has failed too often: not asked again before the cool-down is over. */
export class CircuitOpenError extends Error {
  readonly code = 'CircuitOpen';
  override readonly name = 'CircuitOpenError';
}

export type CircuitState = 'closed' | 'open' | 'half-open';

export interface CircuitBreakerOptions {
  readonly clock: Clock;
  /** Names the dependency in errors. */
  readonly name: string;
  /** Failures in a row that open it. */
  readonly failuresMax: number;
  /** How long it stays open before one probe may pass. */
  readonly coolDownMs: number;
  /** Which errors speak of the dependency; a refusal of our request does not. Default: all. */
  readonly isFailure?: (cause: unknown) => boolean;
}

export interface CircuitBreaker {
  /** Runs the call unless the circuit is open. @throws CircuitOpenError, and what the call throws */
  run<Answer>(call: () => Promise<Answer>): Promise<Answer>;
  state(): CircuitState;
}

/** Closed: all pass. Open: none. Half-open, after the cool-down: one probe, whose outcome closes or opens it again. */
export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { clock, name, failuresMax, coolDownMs, isFailure = () => true } = options;
  let failures = 0;
  let openedAt: number | undefined;
  let isProbing = false;

  const state = (): CircuitState => {
    if (openedAt === undefined) return 'closed';
    return clock.monotonic() - openedAt >= coolDownMs ? 'half-open' : 'open';
  };
  const succeed = (): void => {
    failures = 0;
    openedAt = undefined;
  };
  const fail = (): void => {
    failures += 1;
    if (openedAt !== undefined || failures >= failuresMax) openedAt = clock.monotonic();
  };
  return {
    state,
    run: async (call) => {
      const before = state();
      if (before === 'open' || (before === 'half-open' && isProbing))
        throw new CircuitOpenError(`${name} is not asked now`);
      isProbing = before === 'half-open';
      try {
        const answer = await call();
        succeed();
        return answer;
      } catch (cause) {
        if (isFailure(cause)) fail();
        else succeed();
        throw cause;
      } finally {
        if (before === 'half-open') isProbing = false;
      }
    },
  };
}
