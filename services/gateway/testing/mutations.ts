/** Seeded damage to valid requests, for tests of every door that speaks the protocol. */
import { addressOf, signExchange } from '@perps/contracts/hyperliquid';
import type { SeededRandom } from '@perps/runtime/testing';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const wire = (over: object = {}) => ({
  a: 0,
  b: true,
  p: '99000',
  s: '0.01',
  r: false,
  t: { limit: { tif: 'Gtc' as const } },
  ...over,
});

export interface DoorRequest {
  readonly path: '/info' | '/exchange';
  readonly body: Json;
}

/** One of each kind that a door takes; `nonce` answers a fresh one every time. */
export function validRequests(trader: {
  readonly privateKey: string;
  readonly nonce: () => number;
}): readonly DoorRequest[] {
  const { privateKey, nonce } = trader;
  const user = addressOf(privateKey);
  const signed = (action: Parameters<typeof signExchange>[0]['action']): DoorRequest => ({
    path: '/exchange',
    body: JSON.parse(JSON.stringify(signExchange({ action, nonce: nonce(), network: 'Testnet', privateKey }))) as Json,
  });
  const info = (body: Json): DoorRequest => ({ path: '/info', body });
  return [
    signed({ type: 'order', orders: [wire(), wire({ c: `0x${'ab'.repeat(16)}` })], grouping: 'na' }),
    signed({ type: 'cancel', cancels: [{ a: 0, o: 1 }] }),
    signed({ type: 'cancelByCloid', cancels: [{ asset: 0, cloid: `0x${'ab'.repeat(16)}` }] }),
    signed({ type: 'modify', oid: 1, order: wire() }),
    signed({ type: 'batchModify', modifies: [{ oid: 1, order: wire() }] }),
    signed({ type: 'updateLeverage', asset: 0, isCross: true, leverage: 5 }),
    info({ type: 'l2Book', coin: 'BTC', nSigFigs: 5, mantissa: 2 }),
    info({ type: 'orderStatus', user, oid: 5 }),
    info({ type: 'userFillsByTime', user, startTime: 0, endTime: 5 }),
    info({ type: 'candleSnapshot', req: { coin: 'BTC', interval: '1m', startTime: 0, endTime: 5 } }),
    info({ type: 'clearinghouseState', user }),
    info({ type: 'activeAssetData', user, coin: 'BTC' }),
  ];
}

const ABSURD: readonly Json[] = [
  null,
  true,
  -1,
  0,
  1e308,
  1.5,
  2 ** 53,
  '',
  '-1',
  '1e9',
  'NaN',
  '9'.repeat(100),
  '0x',
  '\u0000',
  '💥',
  'constructor',
  [],
  [[]],
  {},
  { __proto__: null, toString: 1 },
];

/** Every place of a value: the containers on the way to it. */
function places(value: Json, found: { readonly holder: Record<string, Json>; readonly key: string }[] = []) {
  if (typeof value !== 'object' || value === null) return found;
  const holder = value as Record<string, Json>;
  for (const [key, inner] of Object.entries(holder)) {
    found.push({ holder, key });
    places(inner, found);
  }
  return found;
}

/** The text of a body with one to three changes; sometimes the text itself is damaged. */
export function mutated(body: Json, dice: SeededRandom): string {
  const copy = structuredClone(body);
  for (let change = 0; change <= dice.int(3); change += 1) {
    const all = places(copy);
    if (all.length === 0) break;
    const { holder, key } = dice.pick(all);
    const kind = dice.int(5);
    if (kind === 0) delete holder[key];
    else if (kind === 1) holder[`${key}x`] = structuredClone(dice.pick(ABSURD));
    else if (kind === 2 && typeof holder[key] === 'string') holder[key] = flipped(holder[key], dice);
    else if (kind === 3 && Array.isArray(holder[key])) holder[key] = Array.from({ length: 300 }, () => dice.int(9));
    else holder[key] = structuredClone(dice.pick(ABSURD));
  }
  const text = JSON.stringify(copy);
  return dice.int(10) === 0 ? flipped(text, dice) : text;
}

function flipped(text: string, dice: SeededRandom): string {
  const at = dice.int(text.length + 1);
  return text.slice(0, at) + String.fromCharCode(dice.int(128)) + text.slice(at + 1);
}
