/** KMS on this machine: the operations this system uses, with AWS's wire format, refusals and traps. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { AwsError, requiredBytes, requiredText, type Body, type Operations } from './aws-server.ts';
import { CURVES, publicKeyOf, signDigest } from './ecdsa.ts';
import type { KeyStore, KmsKey } from './kms-keys.ts';

const RAW_BYTES_MAX = 4_096;
const ENCRYPT_BYTES_MAX = 4_096;
const KEY_ID_BYTES = 36;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** The operations of the local KMS over its keys, by wire target. */
export function kmsOperations(keys: KeyStore, region: string): Operations {
  const arnOf = (key: KmsKey): string => `arn:aws:kms:${region}:000000000000:key/${key.id}`;
  const metadata = (key: KmsKey): Body => ({
    KeyId: key.id,
    Arn: arnOf(key),
    AWSAccountId: '000000000000',
    CreationDate: key.createdAt / 1_000,
    Description: key.description,
    Enabled: key.state === 'Enabled',
    KeyState: key.state,
    KeySpec: key.spec,
    KeyUsage: key.usage,
    KeyManager: 'CUSTOMER',
    Origin: 'AWS_KMS',
    MultiRegion: false,
    ...(key.usage === 'SIGN_VERIFY' ? { SigningAlgorithms: ['ECDSA_SHA_256'] } : {}),
  });
  const usable = (body: Body, usage: KmsKey['usage']): KmsKey =>
    assertUsable(keys.find(requiredText(body, 'KeyId')), usage, arnOf);
  const changeState = (state: KmsKey['state']) => (body: Body) =>
    metadata(keys.setState(requiredText(body, 'KeyId'), state));

  return Object.fromEntries(
    Object.entries<Operations[string]>({
      CreateKey: (body) => ({ KeyMetadata: metadata(createKey(keys, body)) }),
      DescribeKey: (body) => ({ KeyMetadata: metadata(keys.find(requiredText(body, 'KeyId'))) }),
      GetPublicKey: (body) => publicKey(usable(body, 'SIGN_VERIFY'), arnOf),
      Sign: (body) => sign(usable(body, 'SIGN_VERIFY'), body, arnOf),
      Encrypt: (body) => {
        const key = usable(body, 'ENCRYPT_DECRYPT');
        const plaintext = requiredBytes(body, 'Plaintext');
        if (plaintext.length > ENCRYPT_BYTES_MAX) throw new AwsError('ValidationException', 'Plaintext too long');
        return { KeyId: arnOf(key), CiphertextBlob: seal(key, plaintext, contextOf(body)).toString('base64') };
      },
      Decrypt: (body) => decrypt(keys, body, arnOf),
      GenerateDataKey: (body) => {
        const key = usable(body, 'ENCRYPT_DECRYPT');
        const plaintext = randomBytes(dataKeyBytes(body));
        return {
          KeyId: arnOf(key),
          Plaintext: plaintext.toString('base64'),
          CiphertextBlob: seal(key, plaintext, contextOf(body)).toString('base64'),
        };
      },
      CreateAlias: (body) => {
        keys.setAlias(requiredText(body, 'AliasName'), requiredText(body, 'TargetKeyId'));
        return {};
      },
      ListAliases: () => ({
        Aliases: keys.aliases().map(({ alias, keyId }) => ({ AliasName: alias, TargetKeyId: keyId })),
        Truncated: false,
      }),
      EnableKey: changeState('Enabled'),
      DisableKey: changeState('Disabled'),
      ScheduleKeyDeletion: changeState('PendingDeletion'),
    }).map(([name, operation]) => [`TrentService.${name}`, operation]),
  );
}

type ArnOf = (key: KmsKey) => string;

function assertUsable(key: KmsKey, usage: KmsKey['usage'], arnOf: ArnOf): KmsKey {
  if (key.state === 'Disabled') throw new AwsError('DisabledException', `${arnOf(key)} is disabled.`);
  if (key.state !== 'Enabled') throw new AwsError('KMSInvalidStateException', `${arnOf(key)} is pending deletion.`);
  if (key.usage !== usage) {
    throw new AwsError(
      'InvalidKeyUsageException',
      `${arnOf(key)} key usage is ${key.usage} which is not valid for ${usage}.`,
    );
  }
  return key;
}

function createKey(keys: KeyStore, body: Body): KmsKey {
  const spec = body['KeySpec'] ?? 'SYMMETRIC_DEFAULT';
  const usage = body['KeyUsage'] ?? 'ENCRYPT_DECRYPT';
  const description = typeof body['Description'] === 'string' ? body['Description'] : '';
  const isSigner = spec === 'ECC_SECG_P256K1' || spec === 'ECC_NIST_P256';
  if (isSigner && usage === 'SIGN_VERIFY') return keys.create({ spec, usage, description });
  if (spec === 'SYMMETRIC_DEFAULT' && usage === 'ENCRYPT_DECRYPT') return keys.create({ spec, usage, description });
  throw new AwsError(
    'ValidationException',
    `KeyUsage ${JSON.stringify(usage)} is not compatible with KeySpec ${JSON.stringify(spec)}`,
  );
}

function publicKey(key: KmsKey, arnOf: ArnOf): Body {
  return {
    KeyId: arnOf(key),
    KeySpec: key.spec,
    KeyUsage: key.usage,
    SigningAlgorithms: ['ECDSA_SHA_256'],
    PublicKey: publicKeyOf(curveOf(key), scalarOf(key)).toString('base64'),
  };
}

const scalarOf = ({ material }: KmsKey): Buffer => Buffer.from(material, 'hex');

/** Of a key that signs: `usable` has seen to it. */
const curveOf = ({ spec }: KmsKey) => CURVES[spec === 'ECC_NIST_P256' ? spec : 'ECC_SECG_P256K1'];

/** RAW is hashed with SHA-256, as AWS does: a keccak digest sent as RAW gives a signature of no use to Ethereum. */
function sign(key: KmsKey, body: Body, arnOf: ArnOf): Body {
  const algorithm = requiredText(body, 'SigningAlgorithm');
  if (algorithm !== 'ECDSA_SHA_256') {
    throw new AwsError('InvalidKeyUsageException', `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`);
  }
  const digest = digestOf(requiredBytes(body, 'Message'), body['MessageType'] ?? 'RAW');
  const dryRun = body['DryRun'] === true;
  if (dryRun) throw new AwsError('DryRunOperationException', 'The request would have succeeded.');
  // KMS makes no promise about the half of s: both occur here, so that a caller who forgets fails at once.
  const { r, s } = signDigest(curveOf(key), scalarOf(key), digest);
  const der = derSequence([derInteger(r), derInteger(s)]);
  return { KeyId: arnOf(key), SigningAlgorithm: algorithm, Signature: der.toString('base64') };
}

function digestOf(message: Buffer, messageType: unknown): Buffer {
  if (messageType === 'RAW') {
    if (message.length > RAW_BYTES_MAX) throw new AwsError('ValidationException', 'Message is longer than 4096 bytes');
    return createHash('sha256').update(message).digest();
  }
  if (messageType !== 'DIGEST')
    throw new AwsError('ValidationException', `MessageType ${String(messageType)} is unknown`);
  if (message.length !== 32) {
    throw new AwsError('ValidationException', 'Digest is invalid length for algorithm ECDSA_SHA_256.');
  }
  return message;
}

function derInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const content = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, content.length]), content]);
}

function derSequence(parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
}

/** The context is authenticated, not stored: Decrypt must repeat it exactly. Order of its keys does not matter. */
function contextOf(body: Body): Buffer {
  const context = body['EncryptionContext'] ?? {};
  const entries = Object.entries(context as Record<string, string>).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(JSON.stringify(entries));
}

function dataKeyBytes(body: Body): number {
  if (typeof body['NumberOfBytes'] === 'number') return body['NumberOfBytes'];
  if (body['KeySpec'] === 'AES_256') return 32;
  if (body['KeySpec'] === 'AES_128') return 16;
  throw new AwsError('ValidationException', 'KeySpec or NumberOfBytes is required');
}

function seal(key: KmsKey, plaintext: Buffer, context: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key.material, 'hex'), iv).setAAD(context);
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([Buffer.from(key.id, 'ascii'), iv, cipher.getAuthTag(), sealed]);
}

function decrypt(keys: KeyStore, body: Body, arnOf: ArnOf): Body {
  const blob = requiredBytes(body, 'CiphertextBlob');
  const key = keyOfBlob(keys, blob);
  if (typeof body['KeyId'] === 'string' && keys.find(body['KeyId']).id !== key.id) {
    throw new AwsError(
      'IncorrectKeyException',
      'The key ID in the request does not identify the key that sealed this.',
    );
  }
  assertUsable(key, 'ENCRYPT_DECRYPT', arnOf);
  const [ivAt, tagAt, dataAt] = [KEY_ID_BYTES, KEY_ID_BYTES + IV_BYTES, KEY_ID_BYTES + IV_BYTES + TAG_BYTES];
  try {
    const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key.material, 'hex'), blob.subarray(ivAt, tagAt))
      .setAAD(contextOf(body))
      .setAuthTag(blob.subarray(tagAt, dataAt));
    const plaintext = Buffer.concat([decipher.update(blob.subarray(dataAt)), decipher.final()]);
    return { KeyId: arnOf(key), Plaintext: plaintext.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
  } catch {
    throw new AwsError('InvalidCiphertextException', '');
  }
}

function keyOfBlob(keys: KeyStore, blob: Buffer): KmsKey {
  try {
    return keys.find(blob.subarray(0, KEY_ID_BYTES).toString('ascii'));
  } catch {
    throw new AwsError('InvalidCiphertextException', '');
  }
}
