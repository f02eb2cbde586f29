/** What Lambda's pollers do between a source and a function, reduced to what the mappings of this system use. */
import { z } from 'zod';
import { matchesPattern } from './event-pattern.ts';
import type { Properties } from './resources.ts';

const mappingSchema = z.object({
  BatchSize: z.coerce.number().int().min(1).max(10_000).default(100),
  StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST']).default('TRIM_HORIZON'),
  /** −1 = for ever, as on AWS. */
  MaximumRetryAttempts: z.coerce.number().int().default(-1),
  FunctionResponseTypes: z.array(z.string()).default([]),
  DestinationConfig: z.object({ OnFailure: z.object({ Destination: z.string() }).optional() }).optional(),
  FilterCriteria: z.object({ Filters: z.array(z.object({ Pattern: z.string() })) }).optional(),
});

export interface Mapping {
  readonly batchSize: number;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
  readonly maximumRetryAttempts: number;
  readonly reportsItemFailures: boolean;
  readonly failureQueueArn: string | undefined;
  /** True where a record is for this function. */
  readonly accepts: (record: unknown) => boolean;
}

/** Reads the mapping's settings. */
export function toMapping(properties: Properties): Mapping {
  const parsed = mappingSchema.parse(properties);
  const patterns = parsed.FilterCriteria?.Filters.map(({ Pattern }): unknown => JSON.parse(Pattern)) ?? [];
  return {
    batchSize: parsed.BatchSize,
    startingPosition: parsed.StartingPosition,
    maximumRetryAttempts: parsed.MaximumRetryAttempts,
    reportsItemFailures: parsed.FunctionResponseTypes.includes('ReportBatchItemFailures'),
    failureQueueArn: parsed.DestinationConfig?.OnFailure?.Destination,
    accepts: (record) => patterns.length === 0 || patterns.some((pattern) => matchesPattern(pattern, record)),
  };
}

const responseSchema = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })).default([]) });

/** Identifiers a function reports as failed. An answer of another shape means none, as on AWS. */
export function reportedFailures(mapping: Mapping, response: unknown): readonly string[] {
  if (!mapping.reportsItemFailures) return [];
  const parsed = responseSchema.safeParse(response ?? {});
  return parsed.success ? parsed.data.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) : [];
}

/** Backoff between tries of the same batch, ms. */
export const retryDelayMs = (attempt: number): number => Math.min(100 * 2 ** attempt, 5_000);
