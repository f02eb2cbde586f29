import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect, promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CreateKeyCommand, EncryptCommand, type KMSClient } from '@aws-sdk/client-kms';
import {
  agentKeyContext,
  createKmsClient,
  createKmsSigner,
  createSealedSigner,
  hyperliquidAgentPolicy,
  sealAgentKey,
  type SealedAgentKey,
  type TypedData,
} from '@perps/adapters/aws';
import { addressOf, l1ActionHash, signExchange } from '@perps/contracts/hyperliquid';
import { createVirtualClock } from '@perps/runtime/testing';
import { startAwsServer, type AwsServer } from './aws-server.ts';
import { kmsOperations } from './kms.ts';
import { openKeyStore } from './kms-keys.ts';

const ACCOUNT = `0x${'aB'.repeat(20)}`;
const AGENT = {
  domain: { name: 'Exchange', version: '1', chainId: 1337, verifyingContract: `0x${'0'.repeat(40)}` },
  types: {
    Agent: [
      { name: 'source', type: 'string' },
      { name: 'connectionId', type: 'bytes32' },
    ],
  },
  message: { source: 'b', connectionId: `0x${'12'.repeat(32)}` },
} satisfies TypedData;

/** The JSON of a signature without its numbers. */
const shapeOf = (signature: object): string =>
  JSON.stringify(signature)
    .replaceAll(/0x[0-9a-f]{64}/g, 'word')
    .replace(/:2[78]/, ':parity');

describe('a sealed agent key', () => {
  const clock = createVirtualClock();
  const policy = hyperliquidAgentPolicy({ clock, isTestnet: true });
  const privateKey = randomBytes(32);
  let dir: string;
  let server: AwsServer;
  let client: KMSClient;
  let keyId: string;
  let sealed: SealedAgentKey;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'kms-sealed-'));
    server = await startAwsServer({
      port: 0,
      operations: kmsOperations(openKeyStore(join(dir, 'kms.json')), 'eu-central-1'),
    });
    client = createKmsClient({
      region: 'eu-central-1',
      endpoint: server.endpoint,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    keyId = await createKey();
    sealed = await sealAgentKey({ client, keyId, account: ACCOUNT, privateKey });
  });

  afterEach(async () => {
    client.destroy();
    await server.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const createKey = async (rest: ConstructorParameters<typeof CreateKeyCommand>[0] = {}): Promise<string> =>
    (await client.send(new CreateKeyCommand(rest))).KeyMetadata?.KeyId ?? '';
  const open = (other: Partial<Parameters<typeof createSealedSigner>[0]> = {}) =>
    createSealedSigner({ client, keyId, account: ACCOUNT, policy, ...sealed, ...other });

  it('signs bytes as everybody with that key does, in the form that KMS signatures have', async () => {
    const signer = await open({ account: ACCOUNT.toLowerCase() });
    expect(signer.address).toBe(addressOf(privateKey));
    const kmsKey = await createKey({ KeySpec: 'ECC_SECG_P256K1', KeyUsage: 'SIGN_VERIFY' });
    const byKms = await createKmsSigner({ client, keyId: kmsKey, policy });
    const action = { type: 'cancelByCloid' as const, cancels: [{ asset: 3, cloid: `0x${'0a'.repeat(16)}` }] };
    for (let nonce = 1_790_000_000_000; nonce < 1_790_000_000_040; nonce += 1) {
      const expiresAfter = clock.now() + 1_000;
      const input = {
        action,
        nonce,
        expiresAfter,
        network: 'Testnet' as const,
        privateKey: `0x${privateKey.toString('hex')}`,
      };
      const connectionId = `0x${Buffer.from(l1ActionHash(input)).toString('hex')}`;
      const data = { ...AGENT, message: { source: 'b', connectionId } };
      const signature = await signer.signTypedData(data, { expiresAfter });
      expect(signature).toEqual(signExchange(input).signature);
      const other = await byKms.signTypedData(data, { expiresAfter });
      expect(shapeOf(signature)).toBe(shapeOf(other));
    }
  });

  it('signs nothing that the policy refuses, and no bare digest', async () => {
    const signer = await open();
    const refused = { code: 'SigningRefused' };
    const sign = (fields: Partial<TypedData>, expiresAfter = clock.now() + 1_000) =>
      signer.signTypedData({ ...AGENT, ...fields }, { expiresAfter });
    await expect(sign({})).resolves.toMatchObject({ r: expect.stringMatching(/^0x[0-9a-f]{64}$/) });
    await expect(sign({}, clock.now())).rejects.toMatchObject(refused);
    await expect(sign({ message: { ...AGENT.message, source: 'a' } })).rejects.toMatchObject(refused);
    await expect(sign({ domain: { ...AGENT.domain, chainId: 1 } })).rejects.toMatchObject(refused);
    await expect(sign({ domain: { ...AGENT.domain, version: '2' } })).rejects.toMatchObject(refused);
    const withdrawal = { 'HyperliquidTransaction:Withdraw': [{ name: 'amount', type: 'string' }] };
    await expect(sign({ types: withdrawal, message: { amount: '1' } })).rejects.toMatchObject(refused);
    await expect(signer.signDigest(new Uint8Array(32))).rejects.toMatchObject(refused);
  });

  it('opens for its account and under its KMS key alone', async () => {
    const foreign = { name: 'InvalidCiphertextException' };
    await expect(open({ account: `0x${'ac'.repeat(20)}` })).rejects.toMatchObject(foreign);
    await expect(open({ ciphertext: Buffer.alloc(120).toString('base64') })).rejects.toMatchObject(foreign);
    await expect(open({ keyId: await createKey() })).rejects.toMatchObject({ name: 'IncorrectKeyException' });
    const EncryptionContext = { ...agentKeyContext(ACCOUNT), purpose: 'backup' };
    const answer = await client.send(new EncryptCommand({ KeyId: keyId, Plaintext: privateKey, EncryptionContext }));
    const ciphertext = Buffer.from(answer.CiphertextBlob!).toString('base64');
    await expect(open({ ciphertext })).rejects.toMatchObject(foreign);
  });

  it('is refused where it is not the key of the agent the settings name', async () => {
    const address = `0x${'11'.repeat(20)}`;
    await expect(open({ address })).rejects.toMatchObject({ code: 'SealedKey' });
    for (const Plaintext of [Buffer.from('too short'), Buffer.alloc(32), Buffer.alloc(33, 1)]) {
      const EncryptionContext = agentKeyContext(ACCOUNT);
      const answer = await client.send(new EncryptCommand({ KeyId: keyId, Plaintext, EncryptionContext }));
      const ciphertext = Buffer.from(answer.CiphertextBlob!).toString('base64');
      await expect(open({ ciphertext })).rejects.toMatchObject({ code: 'SealedKey' });
    }
    await expect(sealAgentKey({ client, keyId, account: ACCOUNT, privateKey: Buffer.alloc(32) })).rejects.toThrow();
  });

  describe('by the script', () => {
    const run = (args: readonly string[], input = '') => {
      const script = fileURLToPath(new URL('../../scripts/seal-agent-key.ts', import.meta.url));
      const env = {
        ...process.env,
        AWS_REGION: 'eu-central-1',
        AWS_ENDPOINT_URL_KMS: server.endpoint,
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
      };
      const done = promisify(execFile)(process.execPath, ['--conditions=source', script, ...args], { env });
      done.child.stdin?.end(input);
      return done;
    };

    it('is sealed from standard input, or made', async () => {
      const args = ['--key-id', keyId, '--account', ACCOUNT, '--json'];
      const given = await run([...args, '--stdin'], `0x${privateKey.toString('hex')}\n`);
      const printed = JSON.parse(given.stdout) as SealedAgentKey;
      expect(printed.address).toBe(addressOf(privateKey));
      expect((await open(printed)).address).toBe(printed.address);
      expect(given.stdout + given.stderr).not.toContain(privateKey.toString('hex'));
      const made = JSON.parse((await run(args)).stdout) as SealedAgentKey;
      expect((await open(made)).address).toBe(made.address);
      expect(made.address).not.toBe(printed.address);
    });

    it('is refused where standard input holds none', async () => {
      const args = ['--key-id', keyId, '--account', ACCOUNT, '--stdin'];
      await expect(run(args, 'no key')).rejects.toMatchObject({ code: 2, stdout: '' });
    });
  });

  it('shows its key nowhere', async () => {
    const signer = await open();
    const shown = inspect(signer, { depth: 9, showHidden: true }) + JSON.stringify(signer);
    expect(shown.replaceAll(/[\s,]/g, '')).not.toContain(privateKey.toString('hex'));
    const failure: unknown = await open({ address: `0x${'11'.repeat(20)}` }).catch((cause: unknown) => cause);
    expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain(privateKey.toString('hex'));
  });
});
