/** The local KMS's keys: what they are, and the file they live in. Local development only: the file is not sealed. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { randomBytes, randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { z } from 'zod';
import { AwsError } from './aws-server.ts';

const keySchema = z.object({
  id: z.string(),
  spec: z.enum(['ECC_SECG_P256K1', 'ECC_NIST_P256', 'SYMMETRIC_DEFAULT']),
  usage: z.enum(['SIGN_VERIFY', 'ENCRYPT_DECRYPT']),
  state: z.enum(['Enabled', 'Disabled', 'PendingDeletion']),
  /** 32 bytes, hex: private key or AES key. */
  material: z.string().regex(/^[0-9a-f]{64}$/),
  description: z.string(),
  createdAt: z.number(),
});
const fileSchema = z.object({ keys: z.array(keySchema), aliases: z.record(z.string(), z.string()) });

export type KmsKey = z.infer<typeof keySchema>;
type KeyFile = z.infer<typeof fileSchema>;

export interface KeyStore {
  create(key: Pick<KmsKey, 'spec' | 'usage' | 'description'>): KmsKey;
  /** By key id, key ARN, alias name or alias ARN; throws NotFoundException. */
  find(reference: string): KmsKey;
  setState(reference: string, state: KmsKey['state']): KmsKey;
  setAlias(alias: string, keyId: string): void;
  aliases(): readonly { readonly alias: string; readonly keyId: string }[];
}

/** Opens the key file, creating it with the first key; writes are atomic (temporary file, then rename). */
export function openKeyStore(file: string): KeyStore {
  let content = read(file);
  const save = (next: KeyFile): void => {
    content = next;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, JSON.stringify(content, undefined, 2), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  const find = (reference: string): KmsKey => {
    const name = reference.replace(/^arn:aws:kms:[^:]*:[^:]*:(key\/)?/, '');
    const id = name.startsWith('alias/') ? content.aliases[name] : name;
    const key = content.keys.find((candidate) => candidate.id === id);
    if (key === undefined) throw new AwsError('NotFoundException', `Key '${reference}' does not exist`);
    return key;
  };
  return {
    create: (key) => {
      const created: KmsKey = {
        ...key,
        id: randomUUID(),
        state: 'Enabled',
        material: randomBytes(32).toString('hex'),
        createdAt: Date.now(),
      };
      save({ ...content, keys: [...content.keys, created] });
      return created;
    },
    find,
    setState: (reference, state) => {
      const changed = { ...find(reference), state };
      save({ ...content, keys: content.keys.map((key) => (key.id === changed.id ? changed : key)) });
      return changed;
    },
    setAlias: (alias, keyId) => save({ ...content, aliases: { ...content.aliases, [alias]: find(keyId).id } }),
    aliases: () => Object.entries(content.aliases).map(([alias, keyId]) => ({ alias, keyId })),
  };
}

function read(file: string): KeyFile {
  return existsSync(file) ? fileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : { keys: [], aliases: {} };
}
