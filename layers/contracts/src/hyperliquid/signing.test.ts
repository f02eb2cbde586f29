import { describe, expect, it } from '@jest/globals';
import {
  addressOf,
  errorTexts,
  l1ActionHash,
  l1Digest,
  type Network,
  parseExchangeRequest,
  recoverAddress,
  recoverSigner,
  signDigest,
  signExchange,
  userSignedDigest,
} from './index.ts';
import { bytesToHex, hexToBytes } from './bytes.ts';
import { type KnownVector, knownRequests, knownVectors } from './testing/known-answers.ts';

const KEY = '0x0123456789012345678901234567890123456789012345678901234567890123';
const KEY_ADDRESS = '0x14791697260e4c9a71f18484c9f997b308e59325';
const networkOf = (name: 'mainnet' | 'testnet'): Network => (name === 'mainnet' ? 'Mainnet' : 'Testnet');

function digestOf(vector: KnownVector): Uint8Array {
  if (vector.kind === 'userSigned') return userSignedDigest(vector.action);
  const hash = vector.action === null ? hexToBytes(vector.actionHash, 32)! : l1ActionHash(vector);
  return l1Digest(hash, networkOf(vector.network));
}

describe('known answers', () => {
  it.each(knownVectors().map((vector) => [vector.id, vector] as const))('%s', (_, vector) => {
    const digest = digestOf(vector);
    if (vector.kind === 'userSigned') expect(bytesToHex(digest)).toBe(vector.digest);
    else if (vector.action !== null) expect(bytesToHex(l1ActionHash(vector))).toBe(vector.actionHash);
    if (vector.signature === null || vector.signer === null) return;
    expect(recoverAddress(digest, vector.signature)).toBe(vector.signer);
    if (vector.privateKey !== null) expect(signDigest(digest, vector.privateKey)).toEqual(vector.signature);
    if (vector.signatureAsPrintedUpstream === undefined) return;
    expect(recoverAddress(digest, vector.signatureAsPrintedUpstream)).toBe(vector.signer);
  });
});

describe('recorded and client-made requests', () => {
  const named = knownRequests().map(
    (request, index) =>
      [`${index} ${request.name ?? `${request.client} ${request.call ?? request.step}`}`, request] as const,
  );
  it.each(named)('%s', (_, known) => {
    const parsed = parseExchangeRequest(known.body);
    if (!parsed.ok) throw new Error(parsed.text);
    expect(recoverSigner(parsed.request, networkOf(known.network))).toBe(known.signer);
    const other: Network = known.network === 'mainnet' ? 'Testnet' : 'Mainnet';
    expect(recoverSigner(parsed.request, other)).not.toBe(known.signer);
  });
});

const order = {
  type: 'order' as const,
  orders: [{ a: 3, b: true, p: '65000', s: '0.001', r: false, t: { limit: { tif: 'Ioc' as const } } }],
  grouping: 'na' as const,
};
const signed = () => signExchange({ action: order, nonce: 1_790_000_000_000, network: 'Testnet', privateKey: KEY });

function signerOf(body: unknown): string | undefined {
  const parsed = parseExchangeRequest(body);
  return parsed.ok ? recoverSigner(parsed.request, 'Testnet') : undefined;
}

describe('what the venue forgives', () => {
  it('knows the address of a key', () => {
    expect(addressOf(KEY)).toBe(KEY_ADDRESS);
  });

  it('hashes the canonical action whatever the order of keys, padding of numbers and letter case', () => {
    const action = {
      grouping: 'na',
      orders: [{ t: { limit: { tif: 'Ioc' } }, r: false, s: '0.00100', p: '065000.0', b: true, a: 3 }],
      type: 'order',
    };
    expect(signerOf({ ...signed(), action })).toBe(KEY_ADDRESS);
  });

  it('takes an upper-case cloid and an address without 0x', () => {
    const cloid = '0x000000000000000000000000000abcde';
    const vaultAddress = '0x1719884eb866cb12b2287399b15f7db5e7d775ea';
    const action = { type: 'cancelByCloid' as const, cancels: [{ asset: 3, cloid }] };
    const request = signExchange({ action, nonce: 7, vaultAddress, network: 'Testnet', privateKey: KEY });
    const body = {
      ...request,
      action: { type: 'cancelByCloid', cancels: [{ asset: 3, cloid: '0x000000000000000000000000000ABCDE' }] },
      vaultAddress: '1719884EB866cb12b2287399b15f7db5e7d775ea',
    };
    expect(signerOf(body)).toBe(KEY_ADDRESS);
  });

  it('left-pads short and odd-length parts', () => {
    const vector = knownVectors().find(({ id }) => id === 'py-order-cloid-mainnet')!;
    const digest = digestOf(vector);
    const r = vector.signature!.r.replace(/^0x0+/, '0x');
    expect(recoverAddress(digest, { ...vector.signature!, r })).toBe(KEY_ADDRESS);
  });

  it('takes parity as 0/1 or 27/28', () => {
    const request = signed();
    const v = request.signature.v - 27;
    expect(signerOf({ ...request, signature: { ...request.signature, v } })).toBe(KEY_ADDRESS);
  });

  it('reads null for an absent vault and expiry, and ignores surplus envelope fields', () => {
    expect(signerOf({ ...signed(), vaultAddress: null, expiresAfter: null, isFrontend: true })).toBe(KEY_ADDRESS);
  });

  it('reads an absent agent name as the empty one', () => {
    const action = {
      type: 'approveAgent' as const,
      signatureChainId: '0x66eee',
      hyperliquidChain: 'Testnet' as const,
      agentAddress: KEY_ADDRESS,
      agentName: '',
      nonce: 9,
    };
    const request = signExchange({ action, nonce: 9, network: 'Testnet', privateKey: KEY });
    const { agentName: _, ...unnamed } = action;
    expect(signerOf({ ...request, action: unnamed })).toBe(KEY_ADDRESS);
    expect(signerOf({ ...request, action: { ...unnamed, agentName: null } })).toBe(KEY_ADDRESS);
  });
});

describe('what it does not', () => {
  const send = {
    type: 'usdSend' as const,
    signatureChainId: '0xa4b1',
    hyperliquidChain: 'Mainnet' as const,
    destination: '0x0D1d9635D0640821d15e323ac8AdADfA9c111414',
    amount: '1.50',
    time: 11,
  };

  it('refuses a user-signed action that names the other network', () => {
    const request = signExchange({ action: send, nonce: 11, network: 'Mainnet', privateKey: KEY });
    expect(recoverSigner(request, 'Mainnet')).toBe(KEY_ADDRESS);
    expect(recoverSigner(request, 'Testnet')).toBeUndefined();
  });

  it('refuses a user-signed action in an envelope with another nonce', () => {
    const request = signExchange({ action: send, nonce: 12, network: 'Mainnet', privateKey: KEY });
    expect(recoverSigner(request, 'Mainnet')).toBeUndefined();
  });

  it('signs the letter case of a destination', () => {
    const request = signExchange({ action: send, nonce: 11, network: 'Mainnet', privateKey: KEY });
    const lower = { ...request, action: { ...send, destination: send.destination.toLowerCase() } };
    expect(recoverSigner(lower, 'Mainnet')).not.toBe(KEY_ADDRESS);
  });

  it.each([
    ['parity 29', { v: 29 }],
    ['r beyond the order', { r: `0x${'f'.repeat(64)}` }],
    ['r zero', { r: '0x0' }],
  ])('recovers nothing from %s', (_, change) => {
    const request = signed();
    expect(signerOf({ ...request, signature: { ...request.signature, ...change } })).toBeUndefined();
  });

  it('names the recovered address in the refusal', () => {
    expect(errorTexts.unknownSigner(KEY_ADDRESS)).toBe(`User or API Wallet ${KEY_ADDRESS} does not exist.`);
  });
});
