/** `/exchange`: who signed, may the action still run, and which handler it is for. */
import {
  errAnswer,
  errorTexts,
  type ExchangeAction,
  type ExchangeRequest,
  isUserSigned,
  type Network,
} from '@perps/contracts/hyperliquid';
import { approveAgent } from './agents.ts';
import type { ActionOutcome, ExchangeDeps, SignedCall } from './call.ts';
import { cancelByCloid, cancelOrders } from './cancels.ts';
import { modifyOrder, modifyOrders } from './modifies.ts';
import { placeOrders } from './orders.ts';
import {
  approveBuilderFee,
  noop,
  scheduleCancel,
  setReferrer,
  updateIsolatedMargin,
  updateLeverage,
} from './settings.ts';
import { twapCancel, twapOrder } from './twap.ts';
import { verify } from './verify.ts';

const UNSUPPORTED = (type: string): string => `Action ${type} is not supported.`;

/** Executes a parsed request; what the engine left open is `unknown`. */
export async function executeAction(
  request: ExchangeRequest,
  deps: ExchangeDeps & { readonly network: Network },
): Promise<ActionOutcome> {
  const receivedAt = deps.clock.now();
  const verified = verify(request, deps.network);
  if (verified === undefined) return errAnswer(errorTexts.unrecoverable);
  const { signer, hash } = verified;
  const { action, nonce } = request;
  const isByOwner = isUserSigned(action);
  if (typeof request.vaultAddress === 'string') return errAnswer(errorTexts.vaultNotRegistered(request.vaultAddress));
  if (!isByOwner && typeof request.expiresAfter === 'number' && request.expiresAfter < receivedAt) {
    return errAnswer(errorTexts.expired);
  }
  const commandId = `${signer}:${nonce}`;
  if (deps.answered.has(commandId)) return errAnswer(errorTexts.duplicateNonce(nonce));
  // An agent cannot sign what is the owner's: its address is then just a wallet without an account.
  const accountId = isByOwner ? deps.accounts.accountOfOwner(signer) : await deps.accounts.accountOfSigner(signer);
  const command = { commandId, accountId, receivedAt, signed: { signer, nonce, hash } };
  return dispatch(action, { isUserSigned: isByOwner, command }, deps);
}

function dispatch(
  action: ExchangeAction,
  call: SignedCall,
  deps: ExchangeDeps,
): ActionOutcome | Promise<ActionOutcome> {
  switch (action.type) {
    case 'order':
      return placeOrders({ ...call, action }, deps);
    case 'cancel':
      return cancelOrders({ ...call, action }, deps);
    case 'cancelByCloid':
      return cancelByCloid({ ...call, action }, deps);
    case 'modify':
      return modifyOrder({ ...call, action }, deps);
    case 'batchModify':
      return modifyOrders({ ...call, action }, deps);
    case 'updateLeverage':
      return updateLeverage({ ...call, action }, deps);
    case 'approveAgent':
      return approveAgent({ ...call, action }, deps);
    case 'approveBuilderFee':
      return approveBuilderFee({ ...call, action }, deps);
    case 'setReferrer':
      return setReferrer({ ...call, action }, deps);
    case 'noop':
      return noop(call, deps);
    case 'scheduleCancel':
      return scheduleCancel({ ...call, action }, deps);
    case 'twapOrder':
      return twapOrder({ ...call, action }, deps);
    case 'twapCancel':
      return twapCancel({ ...call, action }, deps);
    case 'updateIsolatedMargin':
      return updateIsolatedMargin({ ...call, action }, deps);
    default:
      return errAnswer(UNSUPPORTED(action.type));
  }
}
