/** Pending records → signed bodies of `/exchange`. Nonce and expiry are the record's; nothing is computed anew here. */
import {
  canonicalDecimal,
  type ExchangeAction,
  l1ActionHash,
  l1Digest,
  type Network,
  type Tif,
} from '@perps/contracts/hyperliquid';
import type { TimeInForce, VenueCancelRequest, VenueOrderRequest } from '@perps/domain/account';
import { formatPrice, formatSize } from '@perps/domain/money';

export interface VenueSignature {
  /** 32 bytes, hex with 0x. */
  readonly r: string;
  readonly s: string;
  readonly v: number;
}

export interface AgentTypedData {
  readonly domain: {
    readonly name: string;
    readonly version: string;
    readonly chainId: number;
    readonly verifyingContract: string;
  };
  readonly types: Readonly<Record<string, readonly { readonly name: string; readonly type: string }[]>>;
  readonly message: Readonly<Record<string, unknown>>;
}

/** An agent key: in KMS, or unsealed in memory. Where it takes typed data, its own policy judges before it signs. */
export interface VenueSigner {
  readonly address: string;
  signDigest(digest: Uint8Array): Promise<VenueSignature>;
  signTypedData?(data: AgentTypedData, options: { readonly expiresAfter: number }): Promise<VenueSignature>;
}

export interface Signable {
  readonly action: ExchangeAction;
  readonly nonce: number;
  /** Venue time (ms) from which on the venue refuses the action. */
  readonly expiresAfter: number;
}

const TIFS: Readonly<Record<TimeInForce, Tif>> = { GTC: 'Gtc', IOC: 'Ioc', ALO: 'Alo' };

/** One plain order, never reduce-only: the account's net position is not the user's (spec 01). */
export function orderAction(request: VenueOrderRequest): Signable {
  const { assetId, side, szDecimals, timeInForce, nonce, expiresAfter } = request;
  const order = {
    a: assetId,
    b: side === 'buy',
    p: signedDecimal(formatPrice(request.limitPrice, szDecimals)),
    s: signedDecimal(formatSize(request.size, szDecimals)),
    r: false,
    t: { limit: { tif: TIFS[timeInForce] } },
    c: request.venueCloid,
  };
  return { action: { type: 'order', orders: [order], grouping: 'na' }, nonce, expiresAfter };
}

/** A cancel by cloid: it finds the order also where its venue id never reached us. */
export function cancelAction({ assetId, venueCloid, nonce, expiresAfter }: VenueCancelRequest): Signable {
  const cancels = [{ asset: assetId, cloid: venueCloid }];
  return { action: { type: 'cancelByCloid', cancels }, nonce, expiresAfter };
}

/** Signed texts carry no trailing zeros. */
function signedDecimal(text: string): string {
  const canonical = canonicalDecimal(text);
  if (canonical === undefined) throw new RangeError(`${text} is no price or size the venue takes`);
  return canonical;
}

/** The complete body; throws what the signer throws (its policy's refusal, KMS out of reach). */
export async function signBody(
  { action, nonce, expiresAfter }: Signable,
  { signer, network }: { readonly signer: VenueSigner; readonly network: Network },
): Promise<string> {
  const connectionId = l1ActionHash({ action, nonce, expiresAfter });
  const signature =
    signer.signTypedData === undefined
      ? await signer.signDigest(l1Digest(connectionId, network))
      : await signer.signTypedData(agentTypedData(connectionId, network), { expiresAfter });
  const { r, s, v } = signature;
  return JSON.stringify({ action, nonce, signature: { r, s, v }, expiresAfter });
}

/** The phantom agent around an action's hash. @see https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/signing */
const agentTypedData = (connectionId: Uint8Array, network: Network): AgentTypedData => ({
  domain: { name: 'Exchange', version: '1', chainId: 1337, verifyingContract: `0x${'0'.repeat(40)}` },
  types: {
    Agent: [
      { name: 'source', type: 'string' },
      { name: 'connectionId', type: 'bytes32' },
    ],
  },
  message: {
    source: network === 'Mainnet' ? 'a' : 'b',
    connectionId: `0x${Buffer.from(connectionId).toString('hex')}`,
  },
});
