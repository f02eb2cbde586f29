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
  // A call that began before the circuit opened says nothing about now: only a probe closes it, only a probe extends it.
  const succeed = (isProbe: boolean): void => {
    failures = 0;
    if (isProbe) openedAt = undefined;
  };
  const fail = (isProbe: boolean): void => {
    failures += 1;
    if (isProbe || (openedAt === undefined && failures >= failuresMax)) openedAt = clock.monotonic();
  };
  return {
    state,
    run: async (call) => {
      const before = state();
      if (before === 'open' || (before === 'half-open' && isProbing))
        throw new CircuitOpenError(`${name} is not asked now`);
      const isProbe = before === 'half-open';
      isProbing = isProbe;
      try {
        const answer = await call();
        succeed(isProbe);
        return answer;
      } catch (cause) {
        if (isFailure(cause)) fail(isProbe);
        else succeed(isProbe);
        throw cause;
      } finally {
        if (isProbe) isProbing = false;
      }
    },
  };
}
