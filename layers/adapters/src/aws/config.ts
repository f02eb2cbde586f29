/** Settings come from the environment, are checked once at the start, and fail all together by name. */
import { z } from 'zod';

/** The process may not start: every missing or malformed setting is named. */
export class ConfigError extends Error {
  readonly code = 'Config';
  override readonly name = 'ConfigError';
  readonly settings: readonly string[];
  constructor(issues: ReadonlyMap<string, string>) {
    super(`settings: ${[...issues].map(([setting, message]) => `${setting} (${message})`).join(', ')}`);
    this.settings = [...issues.keys()];
  }
}

/** Reads the environment through a schema; an empty variable counts as missing. Throws `ConfigError`. */
export function loadConfig<Schema extends z.ZodType>(
  schema: Schema,
  env: NodeJS.ProcessEnv = process.env,
): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issues = new Map<string, string>();
  for (const issue of parsed.error.issues) {
    const setting = issue.path.map(String).join('.');
    if (!issues.has(setting)) issues.set(setting, setting in given ? issue.message : 'missing');
  }
  throw new ConfigError(issues);
}

/** `a,b,c` as a list without blanks; at least one element. */
export const commaList = z
  .string()
  .transform((value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .refine((parts) => parts.length > 0, 'must name at least one');

/** A whole number of the environment within bounds. */
export const wholeNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
