import { describe, expect, it } from '@jest/globals';
import { parseExchangeRequest, recoverSigner, signExchange } from '@perps/contracts/hyperliquid';
import { price, size } from '@perps/domain/money';
import { TypedDataEncoder } from 'ethers';
import { cancelAction, orderAction, signBody, type VenueSigner } from './signing.ts';
import { ACCOUNT, cancelRequest, orderRequest, PRIVATE_KEY, testSigner } from './testing/index.ts';

const options = { signer: testSigner, network: 'Testnet' } as const;

describe('the signed body', () => {
  it('is byte for byte what the wire module signs for the same action', async () => {
    const request = orderRequest(1_700_000_000_000);
    const { action, nonce, expiresAfter } = orderAction(request);
    const expected = signExchange({ action, nonce, expiresAfter, network: 'Testnet', privateKey: PRIVATE_KEY });
    expect(JSON.parse(await signBody(orderAction(request), options))).toEqual(expected);
  });

  it('recovers to the agent on its own network only, for orders and cancels', async () => {
    for (const signable of [orderAction(orderRequest(1_000)), cancelAction(cancelRequest(1_000))]) {
      const parsed = parseExchangeRequest(JSON.parse(await signBody(signable, options)));
      expect(parsed.ok && recoverSigner(parsed.request, 'Testnet')).toBe(ACCOUNT);
      expect(parsed.ok && recoverSigner(parsed.request, 'Mainnet')).not.toBe(ACCOUNT);
    }
  });

  it('carries prices and sizes without trailing zeros, the cloid, and is never reduce-only', () => {
    const request = orderRequest(1_000, {
      limitPrice: price(1_001_250n),
      size: size(120n),
      timeInForce: 'ALO',
      side: 'sell',
    });
    expect(orderAction(request).action).toEqual({
      type: 'order',
      orders: [
        { a: 0, b: false, p: '100125', s: '0.0012', r: false, t: { limit: { tif: 'Alo' } }, c: request.venueCloid },
      ],
      grouping: 'na',
    });
  });

  it('lets a signer with a policy judge the typed data and the expiry first', async () => {
    const seen: unknown[] = [];
    const judging: VenueSigner = {
      ...testSigner,
      signTypedData: async ({ domain, types, message }, { expiresAfter }) => {
        seen.push([message['source'], expiresAfter]);
        const fields = Object.fromEntries(Object.entries(types).map(([name, list]) => [name, [...list]]));
        const digest = TypedDataEncoder.hash(domain, fields, { ...message });
        return testSigner.signDigest(Buffer.from(digest.slice(2), 'hex'));
      },
    };
    const signable = orderAction(orderRequest(1_000));
    const judged = await signBody(signable, { signer: judging, network: 'Testnet' });
    expect(judged).toBe(await signBody(signable, options));
    expect(seen).toEqual([['b', 6_000]]);
  });
});
