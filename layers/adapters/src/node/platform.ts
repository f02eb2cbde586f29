/** Clock, ids, log and metrics of a real process: the only place outside entry points that touches them. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock, Ids, Logger, Metrics, MetricTags, Random } from '@perps/runtime/ports';
import { pino, type DestinationStream } from 'pino';

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal, ref: false }).catch(() => undefined),
};

export const systemIds: Ids = { token: () => randomUUID() };

export const systemRandom: Random = { next: () => Math.random() };

/** Fields that must never reach a log, wherever they stand. */
const REDACTED = ['privateKey', '*.privateKey', 'signature', '*.signature', 'authorization', '*.authorization'];

/** JSON lines on stdout; bigints as strings, secrets redacted. */
export function createLogger(options: {
  readonly service: string;
  readonly level?: string;
  readonly destination?: DestinationStream;
}): Logger {
  const log = pino(
    {
      base: { service: options.service },
      level: options.level ?? 'info',
      redact: REDACTED,
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  );
  const plain = (fields: Readonly<Record<string, unknown>> = {}): object =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, typeof value === 'bigint' ? value.toString() : value]),
    );
  return {
    info: (message, fields) => log.info(plain(fields), message),
    warn: (message, fields) => log.warn(plain(fields), message),
    error: (message, fields) => log.error(plain(fields), message),
  };
}

/** How often gathered metrics leave as one embedded-metric line per set of tags (ms). */
const FLUSH_MS = 10_000;

interface Series {
  readonly tags: MetricTags;
  readonly values: Map<string, { readonly unit: string; samples: number[] }>;
}

/** Samples kept per metric and flush; beyond it the newest are dropped (the count stays right for counters, which add up). */
const SAMPLES_MAX = 100;

/**
 * Metrics as CloudWatch embedded-metric lines on stdout.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function createMetrics(options: {
  readonly service: string;
  readonly write?: (line: string) => void;
}): Metrics & { flush(): void } {
  const write = options.write ?? ((line: string) => void process.stdout.write(line));
  const series = new Map<string, Series>();
  const timer = setInterval(flush, FLUSH_MS);
  timer.unref();

  function record(sample: { name: string; value: number; unit: string; tags: MetricTags; isSum: boolean }): void {
    const key = JSON.stringify(sample.tags);
    const entry = series.get(key) ?? { tags: sample.tags, values: new Map() };
    series.set(key, entry);
    const metric = entry.values.get(sample.name) ?? { unit: sample.unit, samples: [] };
    entry.values.set(sample.name, metric);
    if (sample.isSum) metric.samples = [(metric.samples[0] ?? 0) + sample.value];
    else if (metric.samples.length < SAMPLES_MAX) metric.samples.push(sample.value);
  }

  function flush(): void {
    for (const { tags, values } of series.values()) {
      const dimensions = { service: options.service, ...tags };
      const metrics = [...values].map(([name, { unit }]) => ({ Name: name, Unit: unit }));
      const cloudWatch = [{ Namespace: 'hybrid-perps', Dimensions: [Object.keys(dimensions)], Metrics: metrics }];
      const fields = Object.fromEntries(
        [...values].map(([name, { samples }]) => [name, samples.length === 1 ? samples[0] : samples]),
      );
      write(
        `${JSON.stringify({ _aws: { Timestamp: Date.now(), CloudWatchMetrics: cloudWatch }, ...dimensions, ...fields })}\n`,
      );
    }
    series.clear();
  }

  return {
    count: (name, value = 1, tags = {}) => record({ name, value, unit: 'Count', tags, isSum: true }),
    gauge: (name, value, tags = {}) => record({ name, value, unit: 'None', tags, isSum: false }),
    timing: (name, ms, tags = {}) => record({ name, value: ms, unit: 'Milliseconds', tags, isSum: false }),
    flush,
  };
}
