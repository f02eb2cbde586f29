/** Who signs for the trading account: a KMS key every time, or a key that KMS unsealed into memory (decision 10). */
import { createKmsClient, createKmsSigner, createSealedSigner, type SigningPolicy } from '@perps/adapters/aws';
import type { VenueSigner } from '@perps/adapters/hyperliquid';
import type { EngineConfig } from './config.ts';

/** Agent keys the settings name: as many processes can sign. */
export const signerSlots = (config: EngineConfig): number =>
  (config.HL_AGENT_SIGNING === 'sealed' ? config.HL_AGENT_SEALED_KEYS : config.HL_AGENT_KEY_IDS)?.length ?? 0;

/** The signer of one slot; the policy judges before every signature, whoever signs. Rejects where the key is not usable. */
export async function createAgentSigner(
  config: EngineConfig,
  { slot, policy }: { readonly slot: number; readonly policy: SigningPolicy },
): Promise<VenueSigner> {
  const client = createKmsClient();
  if (config.HL_AGENT_SIGNING === 'kms') {
    return await createKmsSigner({ client, keyId: config.HL_AGENT_KEY_IDS?.[slot] ?? '', policy });
  }
  try {
    return await createSealedSigner({
      client,
      keyId: config.HL_AGENT_SEAL_KEY_ID ?? '',
      account: config.HL_TRADING_ACCOUNT,
      address: config.HL_AGENT_ADDRESSES?.[slot] ?? '',
      ciphertext: config.HL_AGENT_SEALED_KEYS?.[slot] ?? '',
      policy,
    });
  } finally {
    client.destroy();
  }
}
