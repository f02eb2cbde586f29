import { describe, expect, it } from '@jest/globals';
import * as venueClient from '@nktkas/hyperliquid/api/exchange';
import { createL1ActionHash, signL1Action, signUserSignedAction } from '@nktkas/hyperliquid/signing';
import { Wallet } from 'ethers';
import * as fc from 'fast-check';
import {
  addressOf,
  type ExchangeRequest,
  l1ActionHash,
  type Network,
  parseExchangeRequest,
  recoverSigner,
  signExchange,
  userSignedNonce,
} from './index.ts';
import { bytesToHex } from './bytes.ts';
import { l1Request, privateKey, userSignedAction } from './testing/arbitraries.ts';
import { leavesOf, mutateLeaf, mutateWildly } from './testing/mutations.ts';

const SEED = 20_261_121;
type Hex = `0x${string}`;
const network = fc.constantFrom<Network>('Mainnet', 'Testnet');

const typesOf = {
  usdSend: venueClient.UsdSendTypes,
  withdraw3: venueClient.Withdraw3Types,
  spotSend: venueClient.SpotSendTypes,
  usdClassTransfer: venueClient.UsdClassTransferTypes,
  sendAsset: venueClient.SendAssetTypes,
  approveAgent: venueClient.ApproveAgentTypes,
  approveBuilderFee: venueClient.ApproveBuilderFeeTypes,
};

describe('against @nktkas/hyperliquid', () => {
  it('signs 1,000 random L1 actions byte for byte alike, and recovers the signer', async () => {
    await fc.assert(
      fc.asyncProperty(l1Request, network, privateKey, async (unsigned, network, privateKey) => {
        const ours = signExchange({ ...unsigned, network, privateKey });
        const theirs = {
          action: { ...unsigned.action },
          nonce: unsigned.nonce,
          ...(unsigned.vaultAddress === undefined ? {} : { vaultAddress: unsigned.vaultAddress as Hex }),
          ...(unsigned.expiresAfter === undefined ? {} : { expiresAfter: unsigned.expiresAfter }),
        };
        expect(bytesToHex(l1ActionHash(ours))).toBe(createL1ActionHash(theirs));
        const wallet = new Wallet(privateKey);
        expect(ours.signature).toEqual(await signL1Action({ wallet, ...theirs, isTestnet: network === 'Testnet' }));
        expect(recoverSigner(ours, network)).toBe(addressOf(privateKey));
        expect(addressOf(privateKey)).toBe(wallet.address.toLowerCase());
      }),
      { numRuns: 800, seed: SEED },
    );
    await fc.assert(
      fc.asyncProperty(userSignedAction, privateKey, async (action, privateKey) => {
        const network = action.hyperliquidChain;
        const ours = signExchange({ action, nonce: userSignedNonce(action), network, privateKey });
        const theirs = await signUserSignedAction({
          wallet: new Wallet(privateKey),
          action: { ...action, signatureChainId: action.signatureChainId as Hex },
          types: typesOf[action.type],
        });
        expect(ours.signature).toEqual(theirs);
        expect(recoverSigner(ours, network)).toBe(addressOf(privateKey));
      }),
      { numRuns: 200, seed: SEED },
    );
  });
});

const anySigned: fc.Arbitrary<{ request: ExchangeRequest; network: Network; signer: string }> = fc
  .tuple(
    fc.oneof(
      l1Request,
      userSignedAction.map((action) => ({ action, nonce: userSignedNonce(action) })),
    ),
    network,
    privateKey,
  )
  .map(([unsigned, drawn, privateKey]) => {
    const network = 'hyperliquidChain' in unsigned.action ? unsigned.action.hyperliquidChain : drawn;
    return { request: signExchange({ ...unsigned, network, privateKey }), network, signer: addressOf(privateKey) };
  });

function signerOf(body: unknown, network: Network): string | undefined {
  const parsed = parseExchangeRequest(body);
  return parsed.ok ? recoverSigner(parsed.request, network) : undefined;
}

describe('mutations', () => {
  it('another value in any field never leaves the signer', () => {
    fc.assert(
      fc.property(anySigned, fc.nat(), ({ request, network, signer }, pick) => {
        const body: unknown = JSON.parse(JSON.stringify(request));
        const leaves = leavesOf(body);
        mutateLeaf(leaves[pick % leaves.length]!, pick);
        expect(signerOf(body, network)).not.toBe(signer);
      }),
      { numRuns: 2_000, seed: SEED },
    );
  });

  it('10,000 wild mutations of valid requests never throw', () => {
    fc.assert(
      fc.property(anySigned, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), ({ request, network }, picks) => {
        let body: unknown = JSON.parse(JSON.stringify(request));
        for (const pick of picks) body = mutateWildly(body, pick);
        const parsed = parseExchangeRequest(body);
        if (!parsed.ok) expect(parsed.status).toBe(422);
        else expect(['string', 'undefined']).toContain(typeof recoverSigner(parsed.request, network));
      }),
      { numRuns: 10_000, seed: SEED },
    );
  });
});
