/** HTTP/1.1 answers out of the bytes of a socket that carries one request at a time. */

const HEAD_END = '\r\n\r\n';
const LINE_END = '\r\n';
const HEAD_BYTES_MAX = 64 * 2 ** 10;
/** A page of DynamoDB ends at 1 MB of items; base64 and JSON make less than three of it. */
const BODY_BYTES_MAX = 8 * 2 ** 20;

const STATUS = /^HTTP\/1\.1 ([2-5]\d\d)(?: |\r\n|$)/;
const LENGTH = /\r\ncontent-length:[ \t]*(\d+)[ \t]*(?:\r\n|$)/i;
const CHUNKED = /\r\ntransfer-encoding:[ \t]*chunked[ \t]*(?:\r\n|$)/i;
const CLOSE = /\r\nconnection:[ \t]*close[ \t]*(?:\r\n|$)/i;
const CHUNK_SIZE = /^([0-9a-f]+)[ \t]*(?:;|$)/i;

export interface HttpAnswer {
  readonly status: number;
  /** By lower-case name; undefined where the answer has none. */
  readonly header: (name: string) => string | undefined;
  readonly bytes: Buffer;
  /** The server closes after it. */
  readonly isLast: boolean;
}

/** Bytes that are no answer we can follow: what happened to the request is unknown and the socket is of no more use. */
export class HttpAnswerError extends Error {
  readonly code = 'HttpAnswer';
  override readonly name = 'HttpAnswerError';
}

interface Head {
  readonly text: string;
  readonly status: number;
  /** undefined = in chunks, each with its own. */
  readonly length: number | undefined;
}

/**
 * Creates the reader of one answer: it takes the bytes as they come and gives the answer when it is whole. Throws
 * `HttpAnswerError` for anything else, above all for bytes beyond the end: they would be taken for the next answer.
 */
export function createAnswerReader(): (bytes: Buffer) => HttpAnswer | undefined {
  let head: Head | undefined;
  let pieces: Buffer[] = [];
  let size = 0;
  const take = (bytes: Buffer): void => {
    pieces.push(bytes);
    size += bytes.length;
    if (size > BODY_BYTES_MAX) throw new HttpAnswerError('longer than any answer');
  };
  return (bytes) => {
    take(bytes);
    if (head === undefined) {
      const start = joined(pieces, size);
      const end = start.indexOf(HEAD_END);
      if (end > HEAD_BYTES_MAX || (end < 0 && size > HEAD_BYTES_MAX)) throw new HttpAnswerError('endless head');
      if (end < 0) return undefined;
      head = headOf(start.toString('latin1', 0, end));
      const rest = start.subarray(end + HEAD_END.length);
      [pieces, size] = [[rest], rest.length];
    }
    if (head.length !== undefined && size < head.length) return undefined;
    const body = bodyOf(head, joined(pieces, size));
    return body === undefined ? undefined : answerOf(head, body);
  };
}

const joined = (pieces: readonly Buffer[], size: number): Buffer =>
  pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces, size);

function headOf(text: string): Head {
  const status = Number(STATUS.exec(text)?.[1]);
  if (Number.isNaN(status)) throw new HttpAnswerError(`no answer of HTTP/1.1: ${text.slice(0, 40)}`);
  if (CHUNKED.test(text)) return { text, status, length: undefined };
  const length = Number(LENGTH.exec(text)?.[1]);
  if (Number.isNaN(length)) throw new HttpAnswerError('an answer without a length');
  if (length > BODY_BYTES_MAX) throw new HttpAnswerError('longer than any answer');
  return { text, status, length };
}

function bodyOf({ length }: Head, bytes: Buffer): Buffer | undefined {
  if (length === undefined) return chunksOf(bytes);
  if (bytes.length > length) throw new HttpAnswerError('bytes beyond the end of an answer');
  return bytes;
}

/** undefined = the last chunk is not there yet. */
function chunksOf(bytes: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf(LINE_END, at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(CHUNK_SIZE.exec(bytes.toString('latin1', at, lineEnd))?.[1] ?? '', 16);
    if (Number.isNaN(size)) throw new HttpAnswerError('a chunk without a size');
    const start = lineEnd + LINE_END.length;
    const end = start + size + LINE_END.length;
    if (bytes.length < end) return undefined;
    if (bytes.toString('latin1', start + size, end) !== LINE_END) throw new HttpAnswerError('a chunk beyond its size');
    if (size === 0) {
      if (bytes.length > end) throw new HttpAnswerError('bytes beyond the end of an answer');
      return Buffer.concat(chunks);
    }
    chunks.push(bytes.subarray(start, start + size));
    at = end;
  }
}

function answerOf({ text, status }: Head, bytes: Buffer): HttpAnswer {
  return { status, bytes, isLast: CLOSE.test(text), header: (name) => headerIn(text, name) };
}

function headerIn(text: string, name: string): string | undefined {
  for (const line of text.split(LINE_END).slice(1)) {
    const colon = line.indexOf(':');
    if (line.slice(0, colon).toLowerCase() === name) return line.slice(colon + 1).trim();
  }
  return undefined;
}
