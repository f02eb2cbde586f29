import { describe, expect, it } from '@jest/globals';
import type { CommandResult } from '../account/index.ts';
import { price, size } from '../money/index.ts';
import {
  createResults,
  findResult,
  rememberResult,
  restoreResults,
  RESULT_KEPT_MS,
  serializeResults,
} from './results.ts';

const AT = 1_790_000_000_000;
const LONG = 'a long name '.repeat(6);
const HASH = 'ab'.repeat(32);
const done: CommandResult = { kind: 'done' };
const named = (commandId: string, streamId = 'u1') => ({ streamId, commandId });

describe('remembered answers', () => {
  it.each<CommandResult>([
    done,
    {
      kind: 'orders',
      orders: [
        {
          status: 'filled',
          orderId: 64,
          cloid: '0x1',
          filledSize: size(5n),
          averagePrice: price(1_000_000n),
          symbol: 'BTC',
        },
        { status: 'refused', rejection: { reason: 'PostOnlyWouldMatch', bid: price(1n), ask: undefined } },
        { status: 'waitingForTrigger', orderId: 128 },
      ],
    },
    { kind: 'refused', rejection: { reason: 'NonceTooLow', nonce: AT, floor: -1.5 } },
    { kind: 'cancels', cancels: [{ status: 'canceled' }, { status: 'pending', orderId: 5 }] },
  ])('come back as they were: %j', (result) => {
    const results = createResults();
    rememberResult(results, named('c1'), { at: AT, result, hash: HASH });
    rememberResult(results, named('c1', 'u2'), { at: AT + 1, result: done });
    expect(findResult(results, named('c1'))).toEqual({ at: AT, result, hash: HASH.slice(0, 32) });
    expect(findResult(results, named('c1', 'u2'))).toEqual({ at: AT + 1, result: done });
    expect(findResult(results, named('c2'))).toBeUndefined();
  });

  it('are found among many, also after they were stored', () => {
    const results = createResults();
    for (let index = 0; index < 7_000; index += 1) {
      rememberResult(results, named(`c${index}`, `u${index % 7}`), { at: AT + index, result: done });
    }
    const again = createResults();
    restoreResults(again, structuredClone(serializeResults(results)));
    for (let index = 0; index < 7_000; index += 77) {
      const name = named(`c${index}`, `u${index % 7}`);
      expect([findResult(results, name)?.at, findResult(again, name)?.at]).toEqual([AT + index, AT + index]);
      expect(findResult(again, named(`c${index}`, `u${(index + 1) % 7}`))).toBeUndefined();
    }
  });

  it('stay for a quarter of an hour, and go later', () => {
    const results = createResults();
    const count = 20_000;
    for (let index = 0; index < count; index += 1) {
      rememberResult(results, named(`${LONG}before${index}`), { at: AT, result: done });
    }
    rememberResult(results, named('after'), { at: AT + RESULT_KEPT_MS, result: done });
    expect(findResult(results, named(`${LONG}before0`))?.at).toBe(AT);
    for (let index = 0; index < count; index += 1) {
      rememberResult(results, named(`${LONG}later${index}`), { at: AT + 2 * RESULT_KEPT_MS, result: done });
    }
    expect(findResult(results, named(`${LONG}before0`))).toBeUndefined();
    expect(findResult(results, named('after'))?.at).toBe(AT + RESULT_KEPT_MS);
  });

  it('go sooner where there are more than there is room for', () => {
    const results = createResults(2 * 1_048_576);
    for (let index = 0; index < 60_000; index += 1) {
      rememberResult(results, named(`${LONG}${index}`), { at: AT, result: done });
    }
    expect(findResult(results, named(`${LONG}0`))).toBeUndefined();
    expect(findResult(results, named(`${LONG}59999`))?.at).toBe(AT);
    const again = createResults(2 * 1_048_576);
    restoreResults(again, serializeResults(results));
    expect([findResult(again, named(`${LONG}0`)), findResult(again, named(`${LONG}59999`))?.at]).toEqual([
      undefined,
      AT,
    ]);
  });
});
