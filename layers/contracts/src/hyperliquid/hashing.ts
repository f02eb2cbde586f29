/**
 * What is signed: the phantom agent around an L1 action's hash, or a user-signed action as typed data of its own.
 * @see https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/signing
 */
import { keccak_256 } from '@noble/hashes/sha3.js';
import type { ExchangeAction, UserSignedAction } from './actions.ts';
import { hexToBytes, putUint64 } from './bytes.ts';
import { encodeCanonical } from './msgpack.ts';
import type { Network } from './primitives.ts';

const textEncoder = new TextEncoder();
const WORD = 32;

function keccakText(text: string): Uint8Array {
  return keccak_256(textEncoder.encode(text));
}

function concatWords(words: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(words.length * WORD);
  words.forEach((word, index) => joined.set(word, index * WORD));
  return joined;
}

function uintWord(value: number | bigint): Uint8Array {
  const word = new Uint8Array(WORD);
  new DataView(word.buffer).setBigUint64(WORD - 8, BigInt(value));
  return word;
}

const ZERO_WORD = new Uint8Array(WORD);
const DOMAIN_TYPE_HASH = keccakText(
  'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)',
);
const VERSION_HASH = keccakText('1');

function domainSeparator(name: string, chainId: bigint): Uint8Array {
  return keccak_256(concatWords([DOMAIN_TYPE_HASH, keccakText(name), VERSION_HASH, uintWord(chainId), ZERO_WORD]));
}

/** `0x19 0x01`, domain separator, struct hash. */
function typedDataDigest(separator: Uint8Array, structHash: Uint8Array): Uint8Array {
  const preimage = new Uint8Array(2 + 2 * WORD);
  preimage[0] = 0x19;
  preimage[1] = 0x01;
  preimage.set(separator, 2);
  preimage.set(structHash, 2 + WORD);
  return keccak_256(preimage);
}

/** What the hash of an L1 action covers; `expiresAfter` in ms, absent and null mean none. */
export interface L1Payload {
  readonly action: ExchangeAction;
  readonly nonce: number;
  readonly vaultAddress?: string | null | undefined;
  readonly expiresAfter?: number | null | undefined;
}

/**
 * keccak256 of msgpack(action), nonce, vault flag and address, expiry (the `connectionId`).
 * The action is hashed in its own key order: pass one from `parseExchangeRequest` or `canonicalAction`.
 */
export function l1ActionHash(payload: L1Payload): Uint8Array {
  const { action, nonce, vaultAddress, expiresAfter } = payload;
  const hasVault = typeof vaultAddress === 'string';
  const hasExpiry = typeof expiresAfter === 'number';
  const tail = 8 + (hasVault ? 21 : 1) + (hasExpiry ? 9 : 0);
  const bytes = encodeCanonical(action, tail);
  let at = bytes.length - tail;
  putUint64(bytes, at, nonce);
  at += 8;
  if (hasVault) {
    bytes[at] = 1;
    bytes.set(addressBytes(vaultAddress), at + 1);
    at += 21;
  } else at += 1;
  if (hasExpiry) putUint64(bytes, at + 1, expiresAfter);
  return keccak_256(bytes);
}

/** The chain id of the phantom agent's domain on both networks. */
const L1_CHAIN_ID = 1337n;
const AGENT_TYPE_HASH = keccakText('Agent(string source,bytes32 connectionId)');
const EXCHANGE_SEPARATOR = domainSeparator('Exchange', L1_CHAIN_ID);
const SOURCE_HASH: Readonly<Record<Network, Uint8Array>> = {
  Mainnet: keccakText('a'),
  Testnet: keccakText('b'),
};

/** The digest that is signed for an L1 action; the source letter keeps the networks apart. */
export function l1Digest(actionHash: Uint8Array, network: Network): Uint8Array {
  const structHash = keccak_256(concatWords([AGENT_TYPE_HASH, SOURCE_HASH[network], actionHash]));
  return typedDataDigest(EXCHANGE_SEPARATOR, structHash);
}

type FieldType = 'string' | 'uint64' | 'bool' | 'address';

interface PrimaryType {
  readonly name: string;
  readonly fields: readonly (readonly [string, FieldType])[];
}

const SEND_FIELDS = [
  ['hyperliquidChain', 'string'],
  ['destination', 'string'],
  ['amount', 'string'],
  ['time', 'uint64'],
] as const;

/** Name and fields of each user-signed action's struct. A `destination` is a string: its letter case is signed. */
export const userSignedPrimaryTypes: Readonly<Record<UserSignedAction['type'], PrimaryType>> = {
  usdSend: { name: 'UsdSend', fields: SEND_FIELDS },
  withdraw3: { name: 'Withdraw', fields: SEND_FIELDS },
  spotSend: {
    name: 'SpotSend',
    fields: [
      ['hyperliquidChain', 'string'],
      ['destination', 'string'],
      ['token', 'string'],
      ['amount', 'string'],
      ['time', 'uint64'],
    ],
  },
  usdClassTransfer: {
    name: 'UsdClassTransfer',
    fields: [
      ['hyperliquidChain', 'string'],
      ['amount', 'string'],
      ['toPerp', 'bool'],
      ['nonce', 'uint64'],
    ],
  },
  sendAsset: {
    name: 'SendAsset',
    fields: [
      ['hyperliquidChain', 'string'],
      ['destination', 'string'],
      ['sourceDex', 'string'],
      ['destinationDex', 'string'],
      ['token', 'string'],
      ['amount', 'string'],
      ['fromSubAccount', 'string'],
      ['nonce', 'uint64'],
    ],
  },
  approveAgent: {
    name: 'ApproveAgent',
    fields: [
      ['hyperliquidChain', 'string'],
      ['agentAddress', 'address'],
      ['agentName', 'string'],
      ['nonce', 'uint64'],
    ],
  },
  approveBuilderFee: {
    name: 'ApproveBuilderFee',
    fields: [
      ['hyperliquidChain', 'string'],
      ['maxFeeRate', 'string'],
      ['builder', 'address'],
      ['nonce', 'uint64'],
    ],
  },
};

const typeHashes: ReadonlyMap<string, Uint8Array> = new Map(
  Object.entries(userSignedPrimaryTypes).map(([type, { name, fields }]) => [
    type,
    keccakText(`HyperliquidTransaction:${name}(${fields.map(([field, kind]) => `${kind} ${field}`).join(',')})`),
  ]),
);

/** Chains that wallets and clients use: Ethereum, Arbitrum One, Arbitrum Sepolia. Others are computed when they come. */
const KNOWN_CHAIN_IDS = [1n, 42_161n, 421_614n];
const USER_DOMAIN = 'HyperliquidSignTransaction';
const userSeparators: ReadonlyMap<bigint, Uint8Array> = new Map(
  KNOWN_CHAIN_IDS.map((chainId) => [chainId, domainSeparator(USER_DOMAIN, chainId)]),
);

/** The digest that is signed for a user-signed action, on the chain its `signatureChainId` names. */
export function userSignedDigest(action: UserSignedAction): Uint8Array {
  const chainId = BigInt(action.signatureChainId);
  const separator = userSeparators.get(chainId) ?? domainSeparator(USER_DOMAIN, chainId);
  const typeHash = typeHashes.get(action.type);
  if (typeHash === undefined) throw new TypeError(`${action.type} is not a user-signed action.`);
  const values: Readonly<Record<string, unknown>> = action;
  const words = userSignedPrimaryTypes[action.type].fields.map(([field, kind]) => fieldWord(kind, values[field]));
  return typedDataDigest(separator, keccak_256(concatWords([typeHash, ...words])));
}

function fieldWord(kind: FieldType, value: unknown): Uint8Array {
  if (kind === 'string' && typeof value === 'string') return keccakText(value);
  if (kind === 'uint64' && typeof value === 'number') return uintWord(value);
  if (kind === 'bool' && typeof value === 'boolean') return uintWord(value ? 1 : 0);
  if (kind === 'address' && typeof value === 'string') {
    const word = new Uint8Array(WORD);
    word.set(addressBytes(value), WORD - 20);
    return word;
  }
  throw new TypeError(`A field of type ${kind} cannot hold a ${typeof value}.`);
}

function addressBytes(address: string): Uint8Array {
  const bytes = hexToBytes(address, 20);
  if (bytes === undefined) throw new TypeError('Malformed address.');
  return bytes;
}
