/** `/info` about an account: from the engine that owns it. An address without an account gets the empty answers. */
import type { AccountPicture } from '@perps/contracts/engine';
import type { InfoRequest, InfoRequestOf } from '@perps/contracts/hyperliquid';
import { internalError } from '@perps/contracts/hyperliquid';
import { accountDecider } from '@perps/domain/account';
import { failed, json, NO_ANSWER } from '../http/answer.ts';
import type { InfoAnswer } from '../http/door.ts';
import { toActiveAssetData, toClearinghouseState } from '../wire/clearinghouse.ts';
import { twapHistory } from '../wire/twap.ts';
import { BASE_FEES } from './fees.ts';
import { frontendOpenOrders, historicalOrders, openOrders, orderStatus } from './history.ts';
import { fillsByTime, newestFills, newestSliceFills, sliceFillsByTime } from './fills.ts';
import { extraAgents, maxBuilderFee, userRateLimit, userRole } from './identity.ts';
import type { InfoDeps } from './index.ts';
import { ledgerUpdates, portfolioOf, userFunding } from './money.ts';
import { referralOf, webData2 } from './pictures.ts';

const present = (value: unknown): InfoAnswer => ({ answer: value === undefined ? NO_ANSWER : json(value) });
const rows = (list: readonly unknown[]): InfoAnswer => ({ answer: json(list), rows: list.length });

export async function answerAccountInfo(request: InfoRequest, deps: InfoDeps): Promise<InfoAnswer> {
  if (!('user' in request)) return { answer: failed(internalError()) };
  const accountId = deps.accounts.accountOfOwner(request.user);
  switch (request.type) {
    case 'openOrders':
    case 'frontendOpenOrders':
    case 'historicalOrders':
      return orderList(request.type, accountId, deps);
    case 'orderStatus':
      return statusOf(request, accountId, deps);
    case 'userFills':
      return rows(await newestFills(request, accountId, deps));
    case 'userFillsByTime':
      return rows(await fillsByTime(request, accountId, deps));
    case 'userTwapSliceFills':
      return rows(await newestSliceFills(accountId, deps));
    case 'userTwapSliceFillsByTime':
      return rows(await sliceFillsByTime(request, accountId, deps));
    case 'userFunding':
      return rows(await userFunding(request, accountId, deps));
    case 'userNonFundingLedgerUpdates':
      return rows(await ledgerUpdates(request, accountId, deps));
    case 'portfolio':
      return present(await portfolioOf(await accountOrEmpty(accountId, deps), deps));
    case 'userRole':
      return roleOf(request.user, accountId, deps);
    default:
      return stateOf(request, await accountOrEmpty(accountId, deps), deps);
  }
}

/** An address without an account looks like an account that has nothing. */
export async function accountOrEmpty(
  accountId: string,
  { engines }: Pick<InfoDeps, 'engines'>,
): Promise<AccountPicture> {
  return (await engines.query('account', { accountId })) ?? { ...accountDecider.initialState(accountId), funding: {} };
}

async function orderList(
  type: 'openOrders' | 'frontendOpenOrders' | 'historicalOrders',
  accountId: string,
  { engines, markets }: InfoDeps,
): Promise<InfoAnswer> {
  const records = await engines.query('orders', { accountId });
  if (type === 'openOrders') return { answer: json(openOrders(records, markets.instrument)) };
  if (type === 'frontendOpenOrders') return { answer: json(frontendOpenOrders(records, markets.instrument)) };
  return rows(historicalOrders(records, markets.instrument));
}

async function statusOf(
  { oid }: InfoRequestOf<'orderStatus'>,
  accountId: string,
  { engines, markets }: InfoDeps,
): Promise<InfoAnswer> {
  const by = typeof oid === 'number' ? { orderId: oid } : { cloid: oid };
  const record = await engines.query('order', { accountId, ...by });
  return { answer: json(orderStatus(record, markets.instrument)) };
}

async function roleOf(user: string, accountId: string, { engines, accounts }: InfoDeps): Promise<InfoAnswer> {
  const asOwner = await engines.query('account', { accountId });
  const signerAccount = await accounts.accountOfSigner(user);
  const asSigner =
    signerAccount === accountId ? undefined : await engines.query('account', { accountId: signerAccount });
  return { answer: json(userRole(user, { asOwner, asSigner })) };
}

/** Requests that need only the account's state. */
function stateOf(
  request: InfoRequest & { readonly user: string },
  account: AccountPicture,
  deps: InfoDeps,
): InfoAnswer {
  const { markets, clock } = deps;
  switch (request.type) {
    case 'clearinghouseState':
      return present(toClearinghouseState(account, markets.view, clock.now()));
    case 'activeAssetData':
      if (markets.instrument(request.coin) === undefined) return { answer: failed(internalError()) };
      return present(toActiveAssetData(account, request, markets.view));
    case 'userRateLimit':
      return present(userRateLimit(account));
    case 'userFees':
      return present(BASE_FEES);
    case 'twapHistory':
      return rows(twapHistory(account, { user: request.user, instrumentOf: markets.instrument }));
    case 'extraAgents':
      return present(extraAgents(account));
    case 'maxBuilderFee':
      return present(maxBuilderFee(account, request.builder));
    case 'approvedBuilders':
      return present(Object.keys(account.builderFees));
    case 'referral':
      return present(referralOf(account));
    case 'webData2':
      return present(webData2(request.user, account, deps));
    default:
      return { answer: failed(internalError()) };
  }
}
