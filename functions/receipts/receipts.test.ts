import { describe, expect, it } from '@jest/globals';
import { toNotice } from './request.ts';

const message = (body: string) =>
  ({ messageId: 'm', receiptHandle: 'r', body }) as unknown as Parameters<typeof toNotice>[0];

describe('a notice', () => {
  it('names a shard and a record', () => {
    expect(toNotice(message('{"shard":3,"seq":17}'))).toEqual({ shard: 3, seq: 17 });
  });

  it.each(['', '{}', '{"shard":0,"seq":0}', '{"shard":0,"seq":1,"more":1}'])('is not %s', (body) => {
    expect(() => toNotice(message(body))).toThrow(Error);
  });
});
