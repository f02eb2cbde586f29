import { createHash, createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetPublicKeyCommand,
  SignCommand,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { createKmsClient, createKmsSigner, hyperliquidAgentPolicy } from '@perps/adapters/aws';
import { createVirtualClock } from '@perps/runtime/testing';
import { keccak256, recoverAddress, verifyTypedData } from 'ethers';
import { startAwsServer, type AwsServer } from './aws-server.ts';
import { kmsOperations } from './kms.ts';
import { openKeyStore } from './kms-keys.ts';

const AGENT = {
  domain: { name: 'Exchange', version: '1', chainId: 1337, verifyingContract: `0x${'0'.repeat(40)}` },
  types: {
    Agent: [
      { name: 'source', type: 'string' },
      { name: 'connectionId', type: 'bytes32' },
    ],
  },
  message: { source: 'b', connectionId: `0x${'12'.repeat(32)}` },
};

describe('local KMS and the KMS signer', () => {
  let dir: string;
  let server: AwsServer;
  let client: KMSClient;

  const start = async () => {
    server = await startAwsServer({
      port: 0,
      operations: kmsOperations(openKeyStore(join(dir, 'kms.json')), 'eu-central-1'),
    });
    client = createKmsClient({
      region: 'eu-central-1',
      endpoint: server.endpoint,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
  };
  const createSigningKey = async (): Promise<string> => {
    const { KeyMetadata } = await client.send(
      new CreateKeyCommand({ KeySpec: 'ECC_SECG_P256K1', KeyUsage: 'SIGN_VERIFY' }),
    );
    return KeyMetadata!.KeyId!;
  };
  const createSealingKey = async (): Promise<string> =>
    (await client.send(new CreateKeyCommand({}))).KeyMetadata!.KeyId!;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'perps-kms-'));
    await start();
  });
  afterEach(async () => {
    client.destroy();
    await server.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('signs digests that recover to the key’s address, low s, whatever half KMS chose', async () => {
    const signer = await createKmsSigner({ client, keyId: await createSigningKey() });
    for (let round = 0; round < 24; round += 1) {
      const digest = createHash('sha256').update(`round ${round}`).digest();
      const { r, s, v } = await signer.signDigest(digest);
      expect(recoverAddress(digest, { r, s, v }).toLowerCase()).toBe(signer.address);
      expect(BigInt(s)).toBeLessThanOrEqual(0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n);
    }
  });

  it('hashes RAW messages again, as AWS does', async () => {
    const keyId = await createSigningKey();
    const { address } = await createKmsSigner({ client, keyId });
    const message = Buffer.from(keccak256('0x01').slice(2), 'hex');
    const answer = await client.send(
      new SignCommand({ KeyId: keyId, Message: message, SigningAlgorithm: 'ECDSA_SHA_256' }),
    );
    const der = Buffer.from(answer.Signature!);
    const rLength = der[3]!;
    const scalar = (bytes: Buffer) =>
      `0x${BigInt(`0x${bytes.toString('hex')}`)
        .toString(16)
        .padStart(64, '0')}`;
    const r = scalar(der.subarray(4, 4 + rLength));
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const s = BigInt(scalar(der.subarray(6 + rLength)));
    const low = `0x${(s > order / 2n ? order - s : s).toString(16).padStart(64, '0')}`;
    const signers = (digest: Uint8Array) =>
      ([27, 28] as const).map((v) => recoverAddress(digest, { r, s: low, v }).toLowerCase());
    expect(signers(message)).not.toContain(address);
    expect(signers(createHash('sha256').update(message).digest())).toContain(address);
  });

  it('refuses a digest of another length, another algorithm, a key of another kind, a disabled or unknown key', async () => {
    const keyId = await createSigningKey();
    const sign = (fields: object) =>
      client.send(
        new SignCommand({
          KeyId: keyId,
          Message: new Uint8Array(32),
          MessageType: 'DIGEST',
          SigningAlgorithm: 'ECDSA_SHA_256',
          ...fields,
        }),
      );
    await expect(sign({ Message: new Uint8Array(31) })).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(sign({ SigningAlgorithm: 'ECDSA_SHA_512' })).rejects.toMatchObject({
      name: 'InvalidKeyUsageException',
    });
    await expect(sign({ KeyId: await createSealingKey() })).rejects.toMatchObject({ name: 'InvalidKeyUsageException' });
    await expect(sign({ KeyId: 'nobody' })).rejects.toMatchObject({ name: 'NotFoundException' });
    await client.send(new DisableKeyCommand({ KeyId: keyId }));
    await expect(sign({})).rejects.toMatchObject({ name: 'DisabledException' });
  });

  it('signs on NIST P-256 what anybody verifies with the public key, as digest and raw', async () => {
    const { KeyMetadata } = await client.send(
      new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
    );
    const KeyId = KeyMetadata!.KeyId!;
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }));
    const key = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' });
    expect(key.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
    for (let round = 0; round < 12; round += 1) {
      const message = Buffer.from(`round ${round}`);
      const digest = createHash('sha256').update(message).digest();
      const isRaw = round % 2 === 0;
      const { Signature } = await client.send(
        new SignCommand({
          KeyId,
          Message: isRaw ? message : digest,
          MessageType: isRaw ? 'RAW' : 'DIGEST',
          SigningAlgorithm: 'ECDSA_SHA_256',
        }),
      );
      expect(verify('sha256', message, key, Buffer.from(Signature!))).toBe(true);
      expect(verify('sha256', Buffer.from('another'), key, Buffer.from(Signature!))).toBe(false);
    }
  });

  it('keeps keys and aliases over a restart', async () => {
    const keyId = await createSigningKey();
    const { address } = await createKmsSigner({ client, keyId });
    await client.send(new CreateAliasCommand({ AliasName: 'alias/agent', TargetKeyId: keyId }));
    client.destroy();
    await server.close();
    await start();
    expect((await createKmsSigner({ client, keyId: 'alias/agent' })).address).toBe(address);
  });

  it('opens what it sealed only under the same context', async () => {
    const keyId = await createSealingKey();
    const context = { purpose: 'seed', chain: 'evm' };
    const sealed = await client.send(
      new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from('secret'), EncryptionContext: context }),
    );
    const open = (EncryptionContext: Record<string, string>) =>
      client.send(new DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob, EncryptionContext }));
    const opened = await open({ chain: 'evm', purpose: 'seed' });
    expect(Buffer.from(opened.Plaintext!).toString()).toBe('secret');
    await expect(open({ ...context, chain: 'EVM' })).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
    await expect(open({})).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
    const dataKey = await client.send(new GenerateDataKeyCommand({ KeyId: keyId, KeySpec: 'AES_256' }));
    const again = await client.send(new DecryptCommand({ CiphertextBlob: dataKey.CiphertextBlob }));
    expect(Buffer.from(again.Plaintext!)).toEqual(Buffer.from(dataKey.Plaintext!));
  });

  it('signs a trading action as a wallet, and refuses everything else', async () => {
    const clock = createVirtualClock();
    const keyId = await createSigningKey();
    const signer = await createKmsSigner({ client, keyId, policy: hyperliquidAgentPolicy({ clock, isTestnet: true }) });
    const wallet = signer.wallet({ expiresAfter: clock.now() + 1_000 });
    const sign = (fields: Partial<typeof AGENT>) => {
      const { domain, types, message } = { ...AGENT, ...fields };
      return wallet.signTypedData(domain, types, message);
    };
    const signature = await sign({});
    expect(verifyTypedData(AGENT.domain, AGENT.types, AGENT.message, signature).toLowerCase()).toBe(signer.address);
    expect(await wallet.getAddress()).toBe(signer.address);

    const mainnet = { ...AGENT.message, source: 'a' };
    await expect(sign({ message: mainnet })).rejects.toMatchObject({ code: 'SigningRefused' });
    await expect(sign({ domain: { ...AGENT.domain, chainId: 1 } })).rejects.toMatchObject({ code: 'SigningRefused' });
    await clock.advance(1_000);
    await expect(sign({})).rejects.toMatchObject({ code: 'SigningRefused' });
    const unlimited = await createKmsSigner({ client, keyId });
    await expect(unlimited.signTypedData(AGENT)).rejects.toMatchObject({ code: 'SigningRefused' });
  });
});
