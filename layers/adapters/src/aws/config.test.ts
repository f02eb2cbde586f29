import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { commaList, loadConfig, wholeNumber } from './config.ts';

const schema = z.object({
  JOURNAL_TABLE: z.string(),
  COMMAND_QUEUE_URLS: commaList,
  PORT: wholeNumber(0, 65_535).default(0),
});

describe('loadConfig', () => {
  it('reads and converts', () => {
    expect(loadConfig(schema, { JOURNAL_TABLE: 'journal', COMMAND_QUEUE_URLS: 'a, b', PORT: '81' })).toEqual({
      JOURNAL_TABLE: 'journal',
      COMMAND_QUEUE_URLS: ['a', 'b'],
      PORT: 81,
    });
  });

  it('names everything that is missing or wrong at once', () => {
    expect(() => loadConfig(schema, { COMMAND_QUEUE_URLS: '', PORT: 'x' })).toThrow(
      expect.objectContaining({ code: 'Config', settings: ['JOURNAL_TABLE', 'COMMAND_QUEUE_URLS', 'PORT'] }),
    );
  });
});
