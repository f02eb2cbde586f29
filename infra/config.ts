/** What differs between stages. Everything else is the same code everywhere. */

export type Stage = 'local' | 'dev' | 'prod';

/** Size and number of a service's tasks: cpu in 1/1024 vCPU, memory in MiB. */
export interface TaskSize {
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly count: number;
}

/** By signer slot, as `scripts/seal-agent-key.ts` prints them. */
export interface SealedAgents {
  /** Base64. */
  readonly ciphertexts: readonly string[];
  readonly addresses: readonly string[];
}

export interface StageConfig {
  readonly stage: Stage;
  readonly region: string;
  /** Number of account shards; fixed at the first start of a system, because accounts are hashed onto it. */
  readonly shardCount: number;
  readonly venue: { readonly url: string; readonly wsUrl: string; readonly network: 'Mainnet' | 'Testnet' };
  /** The network our own clients must have signed for. */
  readonly signingNetwork: 'Mainnet' | 'Testnet';
  /** The platform's trading account at the venue: 0x and 40 hex digits. */
  readonly hlTradingAccount: string;
  /** Present: agent keys are unsealed into the engines' memory; absent: KMS signs every time (decision 10). */
  readonly sealedAgents?: SealedAgents;
  /** Symbols a routing policy may internalise: their funding rates are asked for every hour. */
  readonly internalisedSymbols: readonly string[];
  readonly tasks: Readonly<Record<'engine' | 'gateway' | 'marketData', TaskSize>>;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly logRetentionDays: 7 | 30 | 365;
  /** Requests per five minutes and client address before the firewall refuses. */
  readonly webRequestsPerAddress: number;
  /** Stateful stacks cannot be deleted by mistake. */
  readonly isProtected: boolean;
  /** False: code assets are plain folders, so that synthesis takes no bundler (the local supervisor runs the sources). */
  readonly isBundled: boolean;
  /** Where alarms are mailed; absent = the topic has no subscriber yet. */
  readonly alarmEmail?: string;
}

const TESTNET = {
  url: 'https://api.hyperliquid-testnet.xyz',
  wsUrl: 'wss://api.hyperliquid-testnet.xyz/ws',
  network: 'Testnet',
} as const;

const small = (count: number): TaskSize => ({ cpu: 1024, memoryMiB: 2048, count });

const SHARED = {
  region: 'eu-central-1',
  venue: TESTNET,
  signingNetwork: 'Testnet',
  hlTradingAccount: `0x${'0'.repeat(40)}`,
  internalisedSymbols: ['BTC', 'ETH'],
  logLevel: 'info',
  webRequestsPerAddress: 100_000,
  isBundled: true,
} as const;

const STAGES: Readonly<Record<Stage, StageConfig>> = {
  local: {
    ...SHARED,
    stage: 'local',
    shardCount: 2,
    tasks: { engine: small(1), gateway: small(1), marketData: small(1) },
    logRetentionDays: 7,
    isProtected: true,
    isBundled: false,
  },
  dev: {
    ...SHARED,
    stage: 'dev',
    shardCount: 4,
    tasks: { engine: small(2), gateway: small(2), marketData: small(2) },
    logRetentionDays: 30,
    isProtected: true,
  },
  prod: {
    ...SHARED,
    stage: 'prod',
    shardCount: 64,
    venue: { url: 'https://api.hyperliquid.xyz', wsUrl: 'wss://api.hyperliquid.xyz/ws', network: 'Mainnet' },
    tasks: { engine: { cpu: 4096, memoryMiB: 8192, count: 4 }, gateway: small(4), marketData: small(2) },
    logRetentionDays: 365,
    isProtected: true,
  },
};

/** What a deployment may set from outside; see `app.ts`. */
export interface StageInput {
  readonly stage: string | undefined;
  readonly hlTradingAccount?: string | undefined;
  readonly alarmEmail?: string | undefined;
  /** `kms` (default) or `sealed`; the latter with comma-separated lists of ciphertexts and addresses. */
  readonly agentSigning?: string | undefined;
  readonly sealedKeys?: string | undefined;
  readonly agentAddresses?: string | undefined;
}

/** The configuration of a stage; throws with every problem named. */
export function stageConfig(input: StageInput): StageConfig {
  const { stage = 'local', hlTradingAccount, alarmEmail } = input;
  if (!isStage(stage)) throw new Error(`STAGE is ${stage}; use one of ${Object.keys(STAGES).join(', ')}`);
  const config: StageConfig = {
    ...STAGES[stage],
    ...(hlTradingAccount === undefined ? {} : { hlTradingAccount }),
    ...(alarmEmail === undefined ? {} : { alarmEmail }),
    ...sealedAgents(input),
  };
  const problems = problemsOf(config);
  if (problems.length > 0) throw new Error(`stage ${stage}: ${problems.join('; ')}`);
  return config;
}

function sealedAgents(input: StageInput): Pick<StageConfig, 'sealedAgents'> {
  const { agentSigning = 'kms', sealedKeys = '', agentAddresses = '' } = input;
  if (agentSigning === 'kms') return {};
  if (agentSigning !== 'sealed') throw new Error(`HL_AGENT_SIGNING is ${agentSigning}; use kms or sealed`);
  return { sealedAgents: { ciphertexts: sealedKeys.split(','), addresses: agentAddresses.split(',') } };
}

const isStage = (name: string): name is Stage => Object.hasOwn(STAGES, name);

/** Every rule a configuration breaks, in words. */
export function problemsOf(config: StageConfig): readonly string[] {
  const rules: readonly (readonly [holds: boolean, rule: string])[] = [
    // Order and trade ids are counter × 64 + shard.
    [Number.isInteger(config.shardCount) && config.shardCount >= 1 && config.shardCount <= 64, 'shardCount is 1 … 64'],
    [/^0x[0-9a-fA-F]{40}$/.test(config.hlTradingAccount), 'hlTradingAccount is 0x and 40 hex digits'],
    [areSealed(config.sealedAgents), 'sealedAgents has a ciphertext (base64) and an address for each of 1 … 4 slots'],
    [/^https?:\/\//.test(config.venue.url), 'venue.url is an http(s) address'],
    [/^wss?:\/\//.test(config.venue.wsUrl), 'venue.wsUrl is a ws(s) address'],
    [Object.values(config.tasks).every((task) => task.count >= 1), 'every service has a task'],
    [config.internalisedSymbols.every((symbol) => /^[\w:@-]+$/.test(symbol)), 'internalisedSymbols are names of coins'],
    [config.webRequestsPerAddress >= 100, 'webRequestsPerAddress is at least 100, the least a rate rule takes'],
    [config.stage !== 'prod' || config.isProtected, 'prod is protected'],
    [config.alarmEmail === undefined || config.alarmEmail.includes('@'), 'alarmEmail is an e-mail address'],
  ];
  return rules.filter(([holds]) => !holds).map(([, rule]) => rule);
}

function areSealed(agents: SealedAgents | undefined): boolean {
  if (agents === undefined) return true;
  const { ciphertexts, addresses } = agents;
  const isPaired = ciphertexts.length === addresses.length && addresses.length >= 1 && addresses.length <= 4;
  const isBase64 = ciphertexts.every((text) => /^[A-Za-z0-9+/]{100,}={0,2}$/.test(text));
  return isPaired && isBase64 && addresses.every((address) => /^0x[0-9a-fA-F]{40}$/.test(address));
}
