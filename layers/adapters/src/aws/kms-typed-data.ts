/** Typed data as signers get it, and its digest: quickly for an agent's trading action, by ethers for anything else. */
import { l1Digest, type Network } from '@perps/contracts/hyperliquid';
import { TypedDataEncoder, type TypedDataDomain, type TypedDataField } from 'ethers';

export interface TypedData {
  readonly domain: TypedDataDomain;
  readonly types: Readonly<Record<string, readonly TypedDataField[]>>;
  readonly message: Readonly<Record<string, unknown>>;
}

export interface HashedTypedData {
  readonly primaryType: string;
  /** 32 bytes; computed when asked for. */
  digest(): Uint8Array;
}

/** Names the primary type and how its digest comes about; throws where the types are none of EIP-712. */
export function hashTypedData(data: TypedData): HashedTypedData {
  const agent = agentDigest(data);
  if (agent !== undefined) return { primaryType: 'Agent', digest: () => agent };
  const { domain, types, message } = data;
  const mutableTypes = Object.fromEntries(Object.entries(types).map(([name, fields]) => [name, [...fields]]));
  const { primaryType } = TypedDataEncoder.from(mutableTypes);
  return {
    primaryType,
    digest: () => Buffer.from(TypedDataEncoder.hash(domain, mutableTypes, { ...message }).slice(2), 'hex'),
  };
}

const NO_CONTRACT = `0x${'0'.repeat(40)}`;
const DOMAIN_FIELDS = 4;
const FIELDS = [
  { name: 'source', type: 'string' },
  { name: 'connectionId', type: 'bytes32' },
] as const;
const NETWORKS: Readonly<Record<string, Network>> = { a: 'Mainnet', b: 'Testnet' };

/**
 * The digest of exactly the venue's phantom agent (its domain, its two fields, one of its two networks); undefined for
 * data that differs anywhere. Twenty times as fast as the general way, and the same bytes.
 */
export function agentDigest({ domain, types, message }: TypedData): Uint8Array | undefined {
  if (!isExchange(domain) || !isAgent(types)) return undefined;
  const { source, connectionId } = message;
  const network = typeof source === 'string' && Object.hasOwn(NETWORKS, source) ? NETWORKS[source] : undefined;
  if (network === undefined || typeof connectionId !== 'string' || !/^0x[0-9a-fA-F]{64}$/.test(connectionId)) {
    return undefined;
  }
  return l1Digest(Buffer.from(connectionId.slice(2), 'hex'), network);
}

const isExchange = (domain: TypedDataDomain): boolean =>
  domain.name === 'Exchange' &&
  domain.version === '1' &&
  BigInt(domain.chainId ?? 0) === 1337n &&
  domain.verifyingContract === NO_CONTRACT &&
  Object.keys(domain).length === DOMAIN_FIELDS;

function isAgent(types: TypedData['types']): boolean {
  const fields = types['Agent'] ?? [];
  const isSame = FIELDS.every(({ name, type }, index) => fields[index]?.name === name && fields[index]?.type === type);
  return isSame && fields.length === FIELDS.length && Object.keys(types).length === 1;
}
