/** What a Hyperliquid agent key of ours may sign: trading actions, and nothing that moves money or rights. */
import type { Clock } from '@perps/runtime/ports';
import { SigningRefusedError, type SigningPolicy } from './kms-signer.ts';

const EXCHANGE_CHAIN_ID = 1337n;
const NO_CONTRACT = `0x${'0'.repeat(40)}`;

/**
 * Agrees to `Agent` typed data of Hyperliquid's exchange domain for the network given (source `a` mainnet, `b`
 * testnet) whose expiry, where there is one, has not passed. Withdrawals, transfers and approvals are other types.
 */
export function hyperliquidAgentPolicy(options: { readonly clock: Clock; readonly isTestnet: boolean }): SigningPolicy {
  const source = options.isTestnet ? 'b' : 'a';
  return ({ domain, primaryType, message, expiresAfter }) => {
    const isExchange =
      domain.name === 'Exchange' &&
      BigInt(domain.chainId ?? 0) === EXCHANGE_CHAIN_ID &&
      domain.verifyingContract === NO_CONTRACT;
    if (primaryType !== 'Agent' || !isExchange) throw new SigningRefusedError(`${primaryType} is not a trading action`);
    if (message['source'] !== source) throw new SigningRefusedError('the action is for another network');
    if (expiresAfter !== undefined && options.clock.now() >= expiresAfter) {
      throw new SigningRefusedError('the action has expired');
    }
  };
}
