/** Time. Wall time is data; durations, deadlines and leases use the monotonic clock. */
export interface Clock {
  /** Wall clock, ms since the epoch. */
  now(): number;
  /** Monotonic, ms, arbitrary origin. */
  monotonic(): number;
  /** Resolves after `ms`, or at once when the signal aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Unique tokens: 128 random bits or more, never repeated. */
export interface Ids {
  token(): string;
}

/** Uniform in [0, 1). For jitter only. */
export interface Random {
  next(): number;
}

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export type MetricTags = Readonly<Record<string, string>>;

export interface Metrics {
  count(name: string, value?: number, tags?: MetricTags): void;
  gauge(name: string, value: number, tags?: MetricTags): void;
  /** A duration in ms. */
  timing(name: string, ms: number, tags?: MetricTags): void;
}

/** Says nothing. */
export const silentLogger: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Counts nothing. */
export const noMetrics: Metrics = { count: () => undefined, gauge: () => undefined, timing: () => undefined };
