/** Known signatures: a few committed ones, and all recorded ones where the data folder lies beside the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ExchangeAction, UserSignedAction, WireSignature } from '../actions.ts';

export interface KnownVector {
  readonly id: string;
  readonly kind: 'l1' | 'userSigned';
  readonly privateKey: string | null;
  readonly network: 'mainnet' | 'testnet';
  readonly action: ExchangeAction & UserSignedAction;
  readonly nonce: number;
  readonly vaultAddress: string | null;
  readonly expiresAfter: number | null;
  readonly actionHash: string;
  readonly digest: string;
  readonly signer: string | null;
  readonly signature: WireSignature | null;
  readonly signatureAsPrintedUpstream?: WireSignature;
}

export interface KnownRequest {
  readonly name?: string;
  readonly client?: string;
  readonly call?: string;
  readonly step?: string;
  readonly network: 'mainnet' | 'testnet';
  readonly signer: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const committed = readJson<{ vectors: KnownVector[]; requests: KnownRequest[] }>(
  new URL('signing-vectors.json', import.meta.url),
);
const recordings = new URL('../../../../../../shared/data/hyperliquid/signing/', import.meta.url);

export function knownVectors(): readonly KnownVector[] {
  return [...committed.vectors, ...recorded<KnownVector[]>('vectors.json', [])];
}

export function knownRequests(): readonly KnownRequest[] {
  return [
    ...committed.requests,
    ...recorded<KnownRequest[]>('recorded_signed_requests.json', []),
    ...recorded<{ requests: KnownRequest[] }>('client_generated_requests.json', { requests: [] }).requests,
  ];
}

function recorded<T>(name: string, fallback: T): T {
  const url = new URL(name, recordings);
  return existsSync(fileURLToPath(url)) ? readJson<T>(url) : fallback;
}

function readJson<T>(url: URL): T {
  return JSON.parse(readFileSync(fileURLToPath(url), 'utf8')) as T;
}
