/** The simulated venue as the platform's treasurer uses it: deposits, and agents approved by the master key. */
import { signExchange } from '@perps/contracts/hyperliquid';
import { z } from 'zod';
import type { Wallet } from './accounts.ts';
import type { Ports } from './ports.ts';

export interface VenueAddresses {
  readonly url: string;
  readonly wsUrl: string;
  readonly control: string;
}

export const venueAddresses = (ports: Ports): VenueAddresses => ({
  url: `http://127.0.0.1:${ports.venue}`,
  wsUrl: `ws://127.0.0.1:${ports.venue}/ws`,
  control: `http://127.0.0.1:${ports['venue-control']}`,
});

/** The simulator refused what the bootstrap needs. */
export class VenueBootstrapError extends Error {
  readonly code = 'VenueBootstrap';
  override readonly name = 'VenueBootstrapError';
}

async function post(url: string, body: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new VenueBootstrapError(`${url}: ${response.status} ${text}`);
  return text === '' ? {} : JSON.parse(text);
}

const stateSchema = z.object({ marginSummary: z.object({ accountValue: z.string() }) });

/** Credits the account where it has nothing yet (a simulator that starts anew has forgotten it). */
export async function fundVenueAccount(venue: VenueAddresses, wallet: Wallet): Promise<void> {
  const state = stateSchema.parse(
    await post(`${venue.url}/info`, { type: 'clearinghouseState', user: wallet.address }),
  );
  if (Number(state.marginSummary.accountValue) > 0) return;
  await post(`${venue.control}/fund`, { address: wallet.address, amount: wallet.balance });
}

const agentsSchema = z.array(z.object({ address: z.string(), validUntil: z.number() }));
const answerSchema = z.object({ status: z.string() });

/** Approves the engine's KMS key as agent `name` of the account, unless it is approved. */
export async function approveAgent(
  venue: VenueAddresses,
  { master, agent, name }: { readonly master: Wallet; readonly agent: string; readonly name: string },
): Promise<void> {
  const agents = agentsSchema.parse(await post(`${venue.url}/info`, { type: 'extraAgents', user: master.address }));
  if (agents.some(({ address, validUntil }) => address === agent && validUntil > Date.now())) return;
  const nonce = Date.now();
  const request = signExchange({
    action: {
      type: 'approveAgent',
      hyperliquidChain: 'Testnet',
      signatureChainId: '0x66eee',
      agentAddress: agent,
      agentName: name,
      nonce,
    },
    nonce,
    network: 'Testnet',
    privateKey: master.privateKey,
  });
  const answer = answerSchema.parse(await post(`${venue.url}/exchange`, request));
  if (answer.status !== 'ok') throw new VenueBootstrapError(`approveAgent ${name}: ${JSON.stringify(answer)}`);
}
