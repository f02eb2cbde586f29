/** Makes an agent key of a venue account (or takes one) and seals it with KMS, for engines with HL_AGENT_SIGNING=sealed. */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createKmsClient, sealAgentKey } from '@perps/adapters/aws';

const USAGE = `usage: seal-agent-key.ts --key-id KEY --account 0xACCOUNT [--stdin] [--json]

  --key-id KEY     the KMS key that seals agent keys (output AgentSeal of the keys stack): id, ARN or alias
  --account 0x…    the venue account the key is an agent of; the ciphertext opens for this account alone
  --stdin          take the private key (64 hex digits) from standard input; default: a new random one
  --json           one line of JSON instead of settings

Prints the agent's address, which the account approves at the venue (approveAgent), and the ciphertext. The private key
is never printed and kept nowhere else: what is lost is replaced by another agent.

Reads AWS_REGION and the usual AWS credentials; needs kms:Encrypt on the key. Run it once for each signer slot.

exit code   0  sealed
            1  KMS refused or cannot be reached
            2  wrong usage, or standard input holds no private key`;

/** The caller's mistake, told without a stack. */
class UsageError extends Error {}

interface Options {
  readonly keyId: string;
  readonly account: string;
  readonly isFromInput: boolean;
  readonly isJson: boolean;
}

function parse(): Options | undefined {
  const { values } = parsedArgs();
  if (values.help === true) return undefined;
  const { 'key-id': keyId, account } = values;
  if (keyId === undefined) throw new UsageError('--key-id is missing');
  if (account === undefined || !/^0x[0-9a-fA-F]{40}$/.test(account)) {
    throw new UsageError('--account is 0x and 40 hex digits');
  }
  return { keyId, account, isFromInput: values.stdin === true, isJson: values.json === true };
}

function parsedArgs() {
  try {
    return parseArgs({
      options: {
        'key-id': { type: 'string' },
        account: { type: 'string' },
        stdin: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause));
  }
}

async function keyFromInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString('latin1').trim().replace(/^0x/, '');
  if (!/^[0-9a-fA-F]{64}$/.test(text)) throw new UsageError('standard input holds no private key of 64 hex digits');
  return Buffer.from(text, 'hex');
}

async function main(): Promise<void> {
  const options = parse();
  if (options === undefined) {
    console.log(USAGE);
    return;
  }
  const privateKey = options.isFromInput ? await keyFromInput() : randomBytes(32);
  const client = createKmsClient();
  try {
    const sealed = await sealAgentKey({ client, ...options, privateKey });
    if (options.isJson) console.log(JSON.stringify(sealed));
    else console.log(`HL_AGENT_ADDRESSES=${sealed.address}\nHL_AGENT_SEALED_KEYS=${sealed.ciphertext}`);
  } finally {
    privateKey.fill(0);
    client.destroy();
  }
}

try {
  await main();
} catch (cause) {
  const isUsage = cause instanceof UsageError;
  console.error(cause instanceof Error ? cause.message : String(cause));
  if (isUsage) console.error('--help tells how');
  process.exitCode = isUsage ? 2 : 1;
}
