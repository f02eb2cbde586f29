/** Answers that gather several things about an account. */
import type { AccountState } from '@perps/domain/account';
import { liveRecord, triggerRecord } from '@perps/domain/shard';
import type { AccountPicture, OrderRecord } from '@perps/contracts/engine';
import { formatUsd } from '@perps/domain/money';
import { toClearinghouseState } from '../wire/clearinghouse.ts';
import { twapStates } from '../wire/twap.ts';
import { frontendOpenOrders } from './history.ts';
import type { InfoDeps } from './index.ts';

export function referralOf(account: AccountState): unknown {
  return {
    referredBy: account.referrer === undefined ? null : { referrer: `0x${'0'.repeat(40)}`, code: account.referrer },
    cumVlm: formatUsd(account.cumulativeVolume),
    unclaimedRewards: '0.0',
    claimedRewards: '0.0',
    builderRewards: '0.0',
    referrerState: null,
    rewardHistory: [],
  };
}

/** State, open orders and contexts in one; undefined while a held market has no mark. */
export function webData2(
  user: string,
  account: AccountPicture,
  { markets, clock }: Pick<InfoDeps, 'markets' | 'clock'>,
): unknown {
  const clearinghouseState = toClearinghouseState(account, markets.view, clock.now());
  if (clearinghouseState === undefined) return undefined;
  const unnamed = account.agents.find(({ name }) => name === '');
  return {
    clearinghouseState,
    leadingVaults: [],
    totalVaultEquity: '0.0',
    openOrders: frontendOpenOrders(liveOrders(account), markets.instrument),
    agentAddress: unnamed?.address ?? null,
    agentValidUntil: unnamed?.validUntil ?? null,
    cumLedger: '0.0',
    meta: markets.meta(),
    assetCtxs: markets.contexts(),
    serverTime: clock.now(),
    isVault: false,
    user,
    twapStates: twapStates(account, { user, instrumentOf: markets.instrument }),
    spotState: { balances: [] },
    spotAssetCtxs: [],
  };
}

/** The live orders of a state as records, newest first. */
export function liveOrders(account: AccountState): OrderRecord[] {
  const { accountId } = account;
  const orders = Object.values(account.orders).map((order) => liveRecord(accountId, order));
  const triggers = Object.values(account.triggers).map((trigger) => triggerRecord(accountId, trigger));
  return [...orders, ...triggers].sort((left, right) => right.order.orderId - left.order.orderId);
}

/** The reduced successor of webData2. */
export function webData3(user: string, account: AccountState, serverTime: number): unknown {
  const unnamed = account.agents.find(({ name }) => name === '');
  return {
    userState: {
      abstraction: 'disabled',
      agentAddress: unnamed?.address ?? null,
      agentValidUntil: unnamed?.validUntil ?? null,
      serverTime,
      cumLedger: '0.0',
      isVault: false,
      user,
    },
    perpDexStates: [{ totalVaultEquity: '0.0' }],
  };
}
