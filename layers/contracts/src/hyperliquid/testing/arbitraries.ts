/** Random valid actions and requests, in canonical form. */
import * as fc from 'fast-check';
import type { ExchangeAction, L1Action, UserSignedAction } from '../actions.ts';

const hexText = (digits: number) =>
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef')), minLength: digits, maxLength: digits });
export const address = hexText(40).map((digits) => `0x${digits}`);
export const privateKey = hexText(62).map((digits) => `0x01${digits}`);
const cloid = hexText(32).map((digits) => `0x${digits}`);
const assetId = fc.oneof(fc.nat(200), fc.integer({ min: 10_000, max: 120_000 }));
const orderId = fc.integer({ min: 0, max: 2 ** 45 });
const microUsd = fc.integer({ min: 1, max: 2 ** 50 });
const time = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 });
const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 16 });
const dex = fc.constantFrom('', 'spot', 'xyz');
const token = hexText(32).map((digits) => `USDC:0x${digits}`);

/** At most seven digits and eight decimals, no needless zeros. */
export const decimal = fc
  .tuple(fc.integer({ min: 1, max: 9_999_999 }), fc.integer({ min: 0, max: 7 }))
  .map(([digits, places]) => {
    const padded = digits.toString().padStart(places + 1, '0');
    const whole = padded.slice(0, padded.length - places);
    const fraction = padded.slice(padded.length - places).replace(/0+$/, '');
    return places === 0 || fraction === '' ? whole : `${whole}.${fraction}`;
  });

const optional = <K extends string, T>(key: K, value: fc.Arbitrary<T>) =>
  fc.option(value, { nil: undefined }).map((some) => (some === undefined ? {} : ({ [key]: some } as Record<K, T>)));

const orderType = fc.oneof(
  fc.constantFrom('Alo' as const, 'Ioc' as const, 'Gtc' as const).map((tif) => ({ limit: { tif } })),
  fc
    .record({ isMarket: fc.boolean(), triggerPx: decimal, tpsl: fc.constantFrom('tp' as const, 'sl' as const) })
    .map((trigger) => ({ trigger })),
);
const order = fc
  .tuple(
    fc.record({ a: assetId, b: fc.boolean(), p: decimal, s: decimal, r: fc.boolean(), t: orderType }),
    optional('c', cloid),
  )
  .map(([fields, rest]) => ({ ...fields, ...rest }));
const oid = fc.oneof(orderId, cloid);
const few = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: 1, maxLength: 4 });

const orderAction = fc
  .tuple(
    few(order),
    fc.constantFrom('na' as const, 'normalTpsl' as const, 'positionTpsl' as const),
    optional('builder', fc.record({ b: address, f: fc.nat(1000) })),
  )
  .map(([orders, grouping, rest]) => ({ type: 'order' as const, orders, grouping, ...rest }));

const tagged = <K extends string, T extends object>(type: K, fields: fc.Arbitrary<T>) =>
  fields.map((rest) => ({ type, ...rest }));

export const l1Action: fc.Arbitrary<L1Action> = fc.oneof(
  { arbitrary: orderAction, weight: 6 },
  tagged('cancel', fc.record({ cancels: few(fc.record({ a: assetId, o: orderId })) })),
  tagged('cancelByCloid', fc.record({ cancels: few(fc.record({ asset: assetId, cloid })) })),
  tagged('modify', fc.record({ oid, order })),
  tagged('batchModify', fc.record({ modifies: few(fc.record({ oid, order })) })),
  tagged(
    'updateLeverage',
    fc.record({ asset: assetId, isCross: fc.boolean(), leverage: fc.integer({ min: 1, max: 50 }) }),
  ),
  tagged(
    'updateIsolatedMargin',
    fc.record({ asset: assetId, isBuy: fc.boolean(), ntli: fc.integer({ min: -(2 ** 45), max: 2 ** 45 }) }),
  ),
  tagged('scheduleCancel', optional('time', time)),
  tagged('noop', fc.constant({})),
  tagged('setReferrer', fc.record({ code: name })),
  tagged('createSubAccount', fc.record({ name })),
  tagged('subAccountTransfer', fc.record({ subAccountUser: address, isDeposit: fc.boolean(), usd: microUsd })),
  tagged('vaultTransfer', fc.record({ vaultAddress: address, isDeposit: fc.boolean(), usd: microUsd })),
  tagged('reserveRequestWeight', fc.record({ weight: fc.nat(1_000_000) })),
  tagged(
    'twapOrder',
    fc.record({
      twap: fc.record({
        a: assetId,
        b: fc.boolean(),
        s: decimal,
        r: fc.boolean(),
        m: fc.integer({ min: 5, max: 1440 }),
        t: fc.boolean(),
      }),
    }),
  ),
  tagged(
    'twapOrder',
    fc.record({
      twap: fc.record({
        a: assetId,
        b: fc.boolean(),
        s: decimal,
        r: fc.boolean(),
        m: fc.integer({ min: 5, max: 1440 }),
        t: fc.boolean(),
      }),
      details: fc.record({
        t: fc.option(fc.record({ p: decimal, a: fc.boolean() })),
        s: fc.option(decimal),
      }),
    }),
  ),
  tagged('twapCancel', fc.record({ a: assetId, t: orderId })),
);

const head = {
  signatureChainId: fc.constantFrom('0x1', '0xa4b1', '0x66eee', '0x2105'),
  hyperliquidChain: fc.constantFrom('Mainnet' as const, 'Testnet' as const),
};
const send = { ...head, destination: address, amount: decimal, time };

export const userSignedAction: fc.Arbitrary<UserSignedAction> = fc.oneof(
  tagged('usdSend', fc.record(send)),
  tagged('withdraw3', fc.record(send)),
  tagged('spotSend', fc.record({ ...send, token })),
  tagged('usdClassTransfer', fc.record({ ...head, amount: decimal, toPerp: fc.boolean(), nonce: time })),
  tagged(
    'sendAsset',
    fc.record({
      ...head,
      destination: address,
      sourceDex: dex,
      destinationDex: dex,
      token,
      amount: decimal,
      fromSubAccount: fc.oneof(fc.constant(''), address),
      nonce: time,
    }),
  ),
  tagged(
    'approveAgent',
    fc.record({ ...head, agentAddress: address, agentName: fc.oneof(fc.constant(''), name), nonce: time }),
  ),
  tagged(
    'approveBuilderFee',
    fc.record({ ...head, maxFeeRate: decimal.map((rate) => `${rate}%`), builder: address, nonce: time }),
  ),
);

export interface UnsignedRequest {
  readonly action: ExchangeAction;
  readonly nonce: number;
  readonly vaultAddress?: string;
  readonly expiresAfter?: number;
}

export const l1Request: fc.Arbitrary<UnsignedRequest> = fc
  .tuple(l1Action, time, optional('vaultAddress', address), optional('expiresAfter', time))
  .map(([action, nonce, vault, expiry]) => ({ action, nonce, ...vault, ...expiry }));
