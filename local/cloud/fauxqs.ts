/** SQS, SNS and S3 on this machine: fauxqs in this process, kept in a SQLite file. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startFauxqs, type FauxqsServer } from 'fauxqs';

/**
 * fauxqs 2.4.1 writes NULL into a NOT NULL column when a message is given back (visibility 0) and answers 500. Made
 * before it opens the file, this table takes the column's default instead. Columns are those of fauxqs.
 */
const MESSAGES_TABLE = `
CREATE TABLE IF NOT EXISTS sqs_messages (
  message_id TEXT PRIMARY KEY,
  queue_name TEXT NOT NULL REFERENCES sqs_queues(name) ON DELETE CASCADE,
  body TEXT NOT NULL,
  md5_of_body TEXT NOT NULL,
  message_attributes TEXT NOT NULL,
  md5_of_message_attributes TEXT NOT NULL,
  sent_timestamp INTEGER NOT NULL,
  approximate_receive_count INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT 0,
  approximate_first_receive_timestamp INTEGER,
  delay_until INTEGER,
  message_group_id TEXT,
  message_deduplication_id TEXT,
  sequence_number TEXT,
  receipt_handle TEXT,
  visibility_deadline INTEGER
)`;

/** Starts the queues, topics and buckets kept in `dataDir` on a free port. */
export async function startQueues(dataDir: string, region: string): Promise<FauxqsServer> {
  mkdirSync(dataDir, { recursive: true });
  const database = new DatabaseSync(join(dataDir, 'fauxqs.db'));
  database.exec('PRAGMA journal_mode = WAL');
  database.exec(MESSAGES_TABLE);
  database.close();
  return startFauxqs({ port: 0, logger: false, defaultRegion: region, dataDir });
}
