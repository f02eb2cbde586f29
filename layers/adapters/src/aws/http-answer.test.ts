import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createAnswerReader, HttpAnswerError, type HttpAnswer } from './http-answer.ts';

const withLength = (body: string, head = 'HTTP/1.1 200 OK\r\nx-one: 1'): string =>
  `${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

const inChunks = (parts: readonly string[]): string => {
  const chunks = [...parts.filter((part) => part !== ''), ''].map(
    (part) => `${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`,
  );
  return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.join('')}`;
};

/** Feeds the bytes cut at the given places; the answer must come with the last piece, not earlier. */
function readCut(text: string, cuts: readonly number[]): HttpAnswer | undefined {
  const read = createAnswerReader();
  const bytes = Buffer.from(text);
  const places = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length];
  let answer: HttpAnswer | undefined;
  for (const [index, end] of places.slice(1).entries()) {
    const piece = bytes.subarray(places[index], end);
    if (piece.length === 0) continue;
    expect(answer).toBeUndefined();
    answer = read(piece);
  }
  return answer;
}

const read = (text: string): HttpAnswer | undefined => createAnswerReader()(Buffer.from(text, 'latin1'));

describe('http answer', () => {
  it('is the same however the bytes are cut', () => {
    const body = fc.string({ unit: 'grapheme', maxLength: 200 });
    const cuts = fc.array(fc.nat(), { maxLength: 6 });
    fc.assert(
      fc.property(body, cuts, (text, places) => {
        expect(readCut(withLength(text), places)?.bytes.toString()).toBe(text);
      }),
    );
    fc.assert(
      fc.property(fc.array(body, { maxLength: 4 }), cuts, (parts, places) => {
        expect(readCut(inChunks(parts), places)?.bytes.toString()).toBe(parts.join(''));
      }),
    );
  });

  it('knows status, headers in any case, and a server that closes', () => {
    const answer = read(withLength('{}', 'HTTP/1.1 400 Bad Request\r\nX-Amzn-ErrorType:  Some \r\nConnection: close'));
    expect(answer).toMatchObject({ status: 400, isLast: true });
    expect(answer?.header('x-amzn-errortype')).toBe('Some');
    expect(answer?.header('x-amz-crc32')).toBeUndefined();
    expect(read(withLength('{}'))?.isLast).toBe(false);
  });

  it.each([
    ['bytes beyond the end', `${withLength('{}')}HTTP/1.1 200 OK`],
    ['bytes beyond the last chunk', `${inChunks(['{}'])}0`],
    ['no length', 'HTTP/1.1 200 OK\r\n\r\n{}'],
    ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['an older protocol', withLength('{}', 'HTTP/1.0 200 OK')],
    ['an interim answer', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['a chunk without a size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
    ['a chunk beyond its size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n'],
    ['a body beyond any answer', 'HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n'],
    ['an endless head', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}`],
  ])('refuses %s', (_, text) => {
    expect(() => read(text)).toThrow(HttpAnswerError);
  });
});
