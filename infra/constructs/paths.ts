import { join } from 'node:path';

/** A path in the repository, from its root. */
export const fromRoot = (...parts: readonly string[]): string => join(import.meta.dirname, '..', '..', ...parts);
