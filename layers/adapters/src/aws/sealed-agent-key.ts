/** An agent key as it lies in the settings: encrypted by KMS, and bound to what it is for. */
import { DecryptCommand, EncryptCommand, type KMSClient } from '@aws-sdk/client-kms';
import { addressOf } from '@perps/contracts/hyperliquid';

/** The sealed key cannot be used; never says anything about the key itself. */
export class SealedKeyError extends Error {
  readonly code = 'SealedKey';
  override readonly name = 'SealedKeyError';
}

export interface SealingOptions {
  readonly client: KMSClient;
  /** A symmetric KMS key that seals agent keys and nothing else. */
  readonly keyId: string;
  /** The venue account the key is an agent of: 0x and 40 hex digits. */
  readonly account: string;
}

export interface SealedAgentKey {
  /** The agent's address, lower case: public, and what the account approves. */
  readonly address: string;
  /** Base64. */
  readonly ciphertext: string;
}

const KEY_BYTES = 32;

/** What KMS authenticates with the key; the engine's role may decrypt under exactly this context. */
export const agentKeyContext = (account: string): Record<string, string> => ({
  purpose: 'hl-agent-key',
  account: account.toLowerCase(),
});

/** Seals 32 bytes for the account; throws on bytes that are no key. The bytes stay the caller's to wipe. */
export async function sealAgentKey({
  client,
  keyId,
  account,
  privateKey,
}: SealingOptions & { readonly privateKey: Uint8Array }): Promise<SealedAgentKey> {
  const address = addressOf(privateKey);
  const { CiphertextBlob } = await client.send(
    new EncryptCommand({ KeyId: keyId, Plaintext: privateKey, EncryptionContext: agentKeyContext(account) }),
  );
  if (CiphertextBlob === undefined) throw new SealedKeyError('no ciphertext in the answer');
  return { address, ciphertext: Buffer.from(CiphertextBlob).toString('base64') };
}

/**
 * The key behind the ciphertext, which must be the one of `address`; wipe it when done.
 * @throws SealedKeyError for another address or no key at all; what KMS throws (another context, no permission)
 */
export async function unsealAgentKey({
  client,
  keyId,
  account,
  address,
  ciphertext,
}: SealingOptions & SealedAgentKey): Promise<Buffer> {
  const { Plaintext } = await client.send(
    new DecryptCommand({
      KeyId: keyId,
      CiphertextBlob: Buffer.from(ciphertext, 'base64'),
      EncryptionContext: agentKeyContext(account),
    }),
  );
  // A buffer of its own: small ones share a pool with whatever else the process reads.
  const key = Buffer.allocUnsafeSlow(KEY_BYTES).fill(0);
  if (Plaintext?.length === KEY_BYTES) key.set(Plaintext);
  Plaintext?.fill(0);
  const found = addressBehind(key);
  if (found === address.toLowerCase()) return key;
  key.fill(0);
  throw new SealedKeyError(found === undefined ? 'no private key was sealed' : `the sealed key is of ${found}`);
}

function addressBehind(key: Buffer): string | undefined {
  try {
    return addressOf(key);
  } catch {
    return undefined;
  }
}
