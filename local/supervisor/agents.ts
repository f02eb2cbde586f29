/** The engine's agent keys on this machine: who signs, and what the account must approve. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KMSClient } from '@aws-sdk/client-kms';
import { createKmsSigner, sealAgentKey } from '@perps/adapters/aws';
import { z } from 'zod';
import { writeJson } from './instance.ts';

export type AgentSigning = 'kms' | 'sealed';

export interface Agents {
  /** By signer slot. */
  readonly addresses: readonly string[];
  /** What the engine's environment says differently from the template. */
  readonly settings: Readonly<Record<string, string>>;
}

const sealedSchema = z.array(z.object({ address: z.string(), ciphertext: z.string() }));

/** Keys that stay in KMS, as the template has them. */
export async function kmsAgents(client: KMSClient, keyIds: readonly string[]): Promise<Agents> {
  const signers = await Promise.all(keyIds.map((keyId) => createKmsSigner({ client, keyId })));
  return { addresses: signers.map(({ address }) => address), settings: {} };
}

/** Keys that are sealed for the account: made at the first start, kept as ciphertexts in the folder. */
export async function sealedAgents(options: {
  readonly client: KMSClient;
  readonly keyId: string;
  readonly account: string;
  readonly slots: number;
  readonly dir: string;
}): Promise<Agents> {
  const file = join(options.dir, 'sealed-agents.json');
  if (!existsSync(file)) {
    const slots = Array.from({ length: options.slots }, () =>
      sealAgentKey({ ...options, privateKey: randomBytes(32) }),
    );
    writeJson(file, await Promise.all(slots));
  }
  const agents = sealedSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const addresses = agents.map(({ address }) => address);
  const settings = {
    HL_AGENT_SIGNING: 'sealed',
    HL_AGENT_SEALED_KEYS: agents.map(({ ciphertext }) => ciphertext).join(','),
    HL_AGENT_ADDRESSES: addresses.join(','),
  };
  return { addresses, settings };
}
