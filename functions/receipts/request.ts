import { journalNotice, type JournalNotice } from '@perps/contracts/projection';
import type { SQSRecord } from 'aws-lambda';

/** The notice in a message; throws on anything else. */
export const toNotice = ({ body }: SQSRecord): JournalNotice => journalNotice.parse(JSON.parse(body));
