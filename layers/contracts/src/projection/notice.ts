/** What the dispatcher tells consumers of a shard's journal: there are records up to `seq`. The journal is the truth. */
import { z } from 'zod';

export const journalNotice = z.strictObject({
  shard: z.number().int().min(0).max(255),
  seq: z.number().int().min(1),
});

/** A hint only: repeated, late or lost ones change nothing but when a consumer looks. */
export type JournalNotice = z.infer<typeof journalNotice>;
