/** Waiting for processes to say that they are ready, with a bound and a reason when they do not. */
import { setTimeout as delay } from 'node:timers/promises';

/** Something did not become ready in time; the message says what it said last. */
export class NotReadyError extends Error {
  readonly code = 'NotReady';
  override readonly name = 'NotReadyError';
}

const POLL_MS = 50;
const REQUEST_MS_MAX = 2_000;

export interface WaitOptions {
  readonly what: string;
  readonly withinMs: number;
  readonly signal?: AbortSignal;
}

/** Asks again until the answer is undefined (= ready); the text says what is missing. */
export async function waitUntil(missing: () => Promise<string | undefined>, options: WaitOptions): Promise<void> {
  const deadline = performance.now() + options.withinMs;
  for (;;) {
    const reason = await missing();
    if (reason === undefined) return;
    if (options.signal?.aborted === true) throw new NotReadyError(`${options.what}: stopped while waiting`);
    if (performance.now() > deadline)
      throw new NotReadyError(`${options.what}: ${reason} (after ${options.withinMs} ms)`);
    await delay(POLL_MS);
  }
}

/** Why the service is not healthy; undefined = `GET /health` answers 200. */
export async function unhealthy(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(REQUEST_MS_MAX) });
    const text = await response.text();
    return response.ok ? undefined : `${response.status} ${text.slice(0, 300)}`;
  } catch (error) {
    return String(typeof error === 'object' && error !== null && 'cause' in error ? error.cause : error);
  }
}

/** USD the door shows for an address; undefined = it cannot say. */
export async function shownBalance(url: string, address: string): Promise<number | undefined> {
  try {
    const response = await fetch(`${url}/info`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'clearinghouseState', user: address }),
      signal: AbortSignal.timeout(REQUEST_MS_MAX),
    });
    if (!response.ok) return undefined;
    const state = (await response.json()) as { marginSummary?: { accountValue?: string } };
    return Number(state.marginSummary?.accountValue ?? Number.NaN);
  } catch {
    return undefined;
  }
}
