/** What the venue's HTTP layer answers before any business is done, as data: no framework here. */

/** A request that is refused as such; `text` is the whole body. */
export interface HttpFailure {
  readonly ok: false;
  readonly status: number;
  readonly text: string;
  readonly contentType: string;
}

const PLAIN_TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json';

const failure = (status: number, text: string, contentType = PLAIN_TEXT): HttpFailure =>
  Object.freeze({ ok: false, status, text, contentType });

const BAD_JSON = failure(400, 'Failed to parse the request body as JSON');
const UNPROCESSABLE = failure(422, 'Failed to deserialize the JSON body into the target type');
const UNSUPPORTED_MEDIA_TYPE = failure(415, 'Expected request with `Content-Type: application/json`');
const RATE_LIMITED = failure(429, 'null', JSON_TYPE);
const INTERNAL_ERROR = failure(500, 'null', JSON_TYPE);
const TOO_LARGE = failure(413, 'Failed to buffer the request body: length limit exceeded');

/** The body is not JSON. */
export const badJson = (): HttpFailure => BAD_JSON;
/** JSON of a wrong shape, or an unknown `type`. */
export const unprocessable = (): HttpFailure => UNPROCESSABLE;
/** The Content-Type is not JSON's. */
export const unsupportedMediaType = (): HttpFailure => UNSUPPORTED_MEDIA_TYPE;
/** The weight of the last minute is used up. */
export const rateLimited = (): HttpFailure => RATE_LIMITED;
/** The venue failed; the outcome of an action is unknown. */
export const internalError = (): HttpFailure => INTERNAL_ERROR;
/** The body exceeds the server's bound. */
export const bodyTooLarge = (): HttpFailure => TOO_LARGE;

/** On every answer, as recorded. */
export const corsHeaders: Readonly<Record<string, string>> = Object.freeze({
  'access-control-allow-origin': '*',
  vary: 'origin, access-control-request-method, access-control-request-headers',
});

/** On answers to preflight requests, besides `corsHeaders`. */
export const preflightHeaders: Readonly<Record<string, string>> = Object.freeze({
  'access-control-allow-methods': '*',
  'access-control-allow-headers': '*',
});

/** Whether a Content-Type header announces JSON, with or without parameters. */
export function isJsonContentType(header: string | undefined): boolean {
  if (header === undefined) return false;
  const essence = (header.split(';', 1)[0] ?? '').trim().toLowerCase();
  return essence === JSON_TYPE || (essence.startsWith('application/') && essence.endsWith('+json'));
}

/** `JSON.parse` with the venue's 400 in place of an exception. */
export function parseJsonBody(text: string): { readonly ok: true; readonly body: unknown } | HttpFailure {
  try {
    const body: unknown = JSON.parse(text);
    return { ok: true, body };
  } catch {
    return badJson();
  }
}
