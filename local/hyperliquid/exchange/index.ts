/** `/exchange`: who asks, whether the action is fresh, and what each action does. */
import { BATCH_ITEMS_MAX } from '@perps/contracts/hyperliquid';
import {
  actionItems,
  errAnswer,
  errorTexts,
  okDefault,
  type ExchangeAction,
  type ExchangeAnswer,
  type ExchangeRequest,
} from '@perps/contracts/hyperliquid';
import { unreachable } from '@perps/domain/kernel';
import type { Account } from '../accounts.ts';
import { formatMoney } from '../ticks.ts';
import { randomHash, type Venue } from '../venue.ts';
import { approveAgent, approveBuilderFee } from './approvals.ts';
import { identify, useNonce } from './identity.ts';
import { topUpIsolatedMargin, updateIsolatedMargin, updateLeverage } from './leverage.ts';
import { batchModify, cancelByCloid, cancelByOid, modify, placeOrders } from './orders.ts';
import { scheduleCancel } from './schedule.ts';
import { sendUsd, withdraw } from './transfers.ts';
import { sendAsset, spotSend, usdClassTransfer } from './spot-transfers.ts';
import { twapCancel, twapOrder } from './twap.ts';

/** What an action may use besides its fields. */
export interface ActionContext {
  readonly venue: Venue;
  readonly account: Account;
  readonly nonce: number;
  /** Of the transaction: all fills of the action carry it. */
  readonly hash: string;
}

/** Executes a well-formed request and publishes what it changed; business refusals are answers too. */
export function executeExchange(venue: Venue, request: ExchangeRequest): ExchangeAnswer {
  const identity = identify(venue, request);
  if (!identity.ok) return errAnswer(identity.error);
  const nonceError = useNonce(venue, identity.signer, request.nonce);
  if (nonceError !== undefined) return errAnswer(nonceError);
  const { account } = identity;
  const now = venue.clock.now();
  const items = actionItems(request.action);
  if (typeof request.expiresAfter === 'number' && request.expiresAfter <= now) {
    account.requestsUsed += EXPIRED_COST * items;
    return errAnswer(errorTexts.expired);
  }
  if (items > BATCH_ITEMS_MAX) return errAnswer(errorTexts.overWeight);
  const isOverBudget = account.requestsUsed + items > requestsCap(account) && !isCancel(request.action);
  if (isOverBudget) {
    const counts = { used: account.requestsUsed, cap: requestsCap(account), volume: formatMoney(account.volume) };
    return errAnswer(errorTexts.tooManyRequests(counts));
  }
  const answer = perform({ venue, account, nonce: request.nonce, hash: randomHash(venue) }, request.action);
  if (answer.status === 'ok') account.requestsUsed += items;
  venue.outbox.flush();
  return answer;
}

/** One cancelled by a stale `expiresAfter` costs five. */
const EXPIRED_COST = 5;
const BUDGET_START = 10_000;

/** The life-long budget of actions: 10,000 plus one per USD traded. */
export const requestsCap = (account: Account): number => BUDGET_START + Number(account.volume / 1_000_000n);

const isCancel = (action: ExchangeAction): boolean => action.type === 'cancel' || action.type === 'cancelByCloid';

/** A table rather than a switch with everything in it: trading first, money second, the rest is not simulated. */
function perform(context: ActionContext, action: ExchangeAction): ExchangeAnswer {
  switch (action.type) {
    case 'order':
      return placeOrders(context, action);
    case 'cancel':
      return cancelByOid(context, action);
    case 'cancelByCloid':
      return cancelByCloid(context, action);
    case 'modify':
      return modify(context, action);
    case 'batchModify':
      return batchModify(context, action);
    case 'scheduleCancel':
      return scheduleCancel(context, action);
    case 'updateLeverage':
      return updateLeverage(context, action);
    case 'updateIsolatedMargin':
      return updateIsolatedMargin(context, action);
    case 'topUpIsolatedOnlyMargin':
      return topUpIsolatedMargin(context, action);
    case 'twapOrder':
      return twapOrder(context, action);
    case 'twapCancel':
      return twapCancel(context, action);
    default:
      return performAccountAction(context, action);
  }
}

type TradingType =
  | 'order'
  | 'cancel'
  | 'cancelByCloid'
  | 'modify'
  | 'batchModify'
  | 'scheduleCancel'
  | 'updateLeverage'
  | 'updateIsolatedMargin'
  | 'topUpIsolatedOnlyMargin'
  | 'twapOrder'
  | 'twapCancel';

function performAccountAction(
  context: ActionContext,
  action: Exclude<ExchangeAction, { type: TradingType }>,
): ExchangeAnswer {
  switch (action.type) {
    case 'approveAgent':
      return approveAgent(context, action);
    case 'approveBuilderFee':
      return approveBuilderFee(context, action);
    case 'usdSend':
      return sendUsd(context, action);
    case 'withdraw3':
      return withdraw(context, action);
    case 'setReferrer':
      context.account.referrer = action.code;
      return okDefault();
    case 'usdClassTransfer':
      return usdClassTransfer(context, action);
    case 'spotSend':
      return spotSend(context, action);
    case 'sendAsset':
      return sendAsset(context, action);
    case 'noop':
    case 'reserveRequestWeight':
    case 'agentSetAbstraction':
    case 'claimRewards':
      return okDefault();
    default:
      return performUnsupported(context, action);
  }
}

type SimulatedType =
  | TradingType
  | 'approveAgent'
  | 'approveBuilderFee'
  | 'usdSend'
  | 'withdraw3'
  | 'setReferrer'
  | 'noop'
  | 'usdClassTransfer'
  | 'spotSend'
  | 'sendAsset'
  | 'reserveRequestWeight'
  | 'agentSetAbstraction'
  | 'claimRewards';

/** Sub-accounts, vaults and spot trading are outside the simulation: the venue's own refusals say so. */
function performUnsupported(
  context: ActionContext,
  action: Exclude<ExchangeAction, { type: SimulatedType }>,
): ExchangeAnswer {
  const { address, volume } = context.account;
  switch (action.type) {
    case 'createSubAccount':
    case 'subAccountModify':
      return errAnswer(errorTexts.subAccountVolume(formatMoney(volume)));
    case 'subAccountTransfer':
    case 'subAccountSpotTransfer':
      return errAnswer(errorTexts.subAccountTransfer({ from: address, to: action.subAccountUser }));
    case 'vaultTransfer':
      return errAnswer(errorTexts.vaultNotRegistered(action.vaultAddress));
    case 'agentSendAsset':
      return errAnswer(errorTexts.agentSendForeign);
    default:
      return unreachable(action);
  }
}
