/** The key receipts are signed with: its public part for everybody, its signature for the function that issues them. */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { GetPublicKeyCommand, SignCommand, type KMSClient } from '@aws-sdk/client-kms';
import { keyIdOf } from '@perps/contracts/receipts';
import type { ReceiptSigner } from '@perps/runtime/receipts';
import { KmsSignatureError } from './kms-signer.ts';

export interface ReceiptPublicKey {
  /** SHA-256 of the SubjectPublicKeyInfo (DER), hex: what heads name. */
  readonly keyId: string;
  /** PEM, SubjectPublicKeyInfo. */
  readonly publicKey: string;
}

export interface KmsReceiptKey extends ReceiptSigner {
  /** Read once; a failure is tried again by the next caller. */
  publicKey(): Promise<ReceiptPublicKey>;
}

interface Loaded extends ReceiptPublicKey {
  readonly verifier: KeyObject;
}

/** A key on NIST P-256 (`ECC_NIST_P256`), which browsers and every TLS library verify. */
export function createKmsReceiptKey({ client, keyId }: { client: KMSClient; keyId: string }): KmsReceiptKey {
  let loading: Promise<Loaded> | undefined;
  const load = (): Promise<Loaded> => {
    loading ??= readPublicKey(client, keyId).catch((cause: unknown) => {
      loading = undefined;
      throw cause;
    });
    return loading;
  };
  return {
    keyId: async () => (await load()).keyId,
    publicKey: async () => {
      const { keyId: id, publicKey } = await load();
      return { keyId: id, publicKey };
    },
    sign: async (message) => {
      const { verifier } = await load();
      const { Signature } = await client.send(
        new SignCommand({ KeyId: keyId, Message: message, MessageType: 'RAW', SigningAlgorithm: 'ECDSA_SHA_256' }),
      );
      // What goes out is kept for ever: it is worth 0.1 ms to see that it verifies.
      if (Signature === undefined || !verify('sha256', message, verifier, Signature)) {
        throw new KmsSignatureError(`no signature of the receipt key ${keyId} in the answer`);
      }
      return Signature;
    },
  };
}

async function readPublicKey(client: KMSClient, keyId: string): Promise<Loaded> {
  const { PublicKey, KeySpec } = await client.send(new GetPublicKeyCommand({ KeyId: keyId }));
  if (PublicKey === undefined || KeySpec !== 'ECC_NIST_P256') {
    throw new KmsSignatureError(`key ${keyId} is ${KeySpec ?? 'unknown'}, not ECC_NIST_P256`);
  }
  const verifier = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
  return {
    keyId: keyIdOf(PublicKey),
    publicKey: verifier.export({ type: 'spki', format: 'pem' }).toString(),
    verifier,
  };
}
