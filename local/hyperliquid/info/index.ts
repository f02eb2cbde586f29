/** `/info`: one answer per request type. */
import type { InfoRequestOf, InfoRequestType, SpotClearinghouseState } from '@perps/contracts/hyperliquid';
import { RECENT_TRADES, type Market } from '../market.ts';
import { frontendOrdersWire, historicalOrderWire, openOrderWire } from '../order-wire.ts';
import { formatMoney } from '../ticks.ts';
import { twapStates } from '../twap.ts';
import { metaOf, SPOT_CONTEXTS, SPOT_META, tiersOf } from '../universe.ts';
import { marketOfCoin, type Venue } from '../venue.ts';
import { createAccount, type Account } from '../accounts.ts';
import {
  extraAgents,
  orderStatus,
  userFees,
  userFunding,
  userFills,
  userFillsByTime,
  userRateLimit,
  userRole,
  userTwapSliceFills,
} from './account-history.ts';
import { activeAssetData, clearinghouseState } from './account-state.ts';
import { allMids, answerL2Book, contexts, fundingHistory, predictedFundings } from './market-data.ts';
import { portfolio } from './portfolio.ts';

/** A request on which the venue itself fails (HTTP 500). */
export const VENUE_FAILURE = Symbol('venue failure');

type Handlers = { readonly [T in InfoRequestType]: (venue: Venue, request: InfoRequestOf<T>) => unknown };

/** The answer to a well-formed request; `VENUE_FAILURE` where the venue answers 500. */
export function answerInfo<T extends InfoRequestType>(venue: Venue, request: InfoRequestOf<T>): unknown {
  const type: T = request.type;
  return handlers[type](venue, request);
}

/** Looks without creating: asking about an address must not make an account of it. */
const look = (venue: Venue, user: string): Account => venue.accounts.get(user) ?? createAccount(user);

const isDefaultDex = (request: { readonly dex?: string | null | undefined }): boolean => (request.dex ?? '') === '';

const ofMarket = (venue: Venue, coin: string, answer: (market: Market) => unknown): unknown => {
  const market = marketOfCoin(venue, coin);
  return market === undefined ? null : answer(market);
};

const meta = (venue: Venue) => metaOf(venue.markets.map(({ asset }) => asset));

const handlers: Handlers = {
  meta: (venue, request) => (isDefaultDex(request) ? meta(venue) : null),
  metaAndAssetCtxs: (venue, request) => (isDefaultDex(request) ? [meta(venue), contexts(venue)] : null),
  allMids: (venue, request) => (isDefaultDex(request) ? allMids(venue) : {}),
  allPerpMetas: (venue) => [meta(venue)],
  perpDexs: () => [null],
  perpsAtOpenInterestCap: () => [],
  predictedFundings,
  spotMeta: () => SPOT_META,
  outcomeMeta: () => ({ outcomes: [], questions: [] }),
  spotMetaAndAssetCtxs: () => [SPOT_META, SPOT_CONTEXTS],
  exchangeStatus: (venue) => ({ time: venue.clock.now(), specialStatuses: null }),
  marginTable: (venue, request) => marginTable(venue, request.id),

  l2Book: (venue, request) => {
    const book = answerL2Book(venue, request);
    return book === undefined ? VENUE_FAILURE : book;
  },
  recentTrades: (venue, { coin }) => ofMarket(venue, coin, (market) => market.trades.slice(-RECENT_TRADES).reverse()),
  candleSnapshot: (venue, { req }) =>
    ofMarket(venue, req.coin, (market) =>
      market.candles.rows(req.interval, req.startTime, req.endTime ?? venue.clock.now()),
    ) ?? [],
  fundingHistory,

  clearinghouseState: (venue, { user }) => clearinghouseState(venue, look(venue, user)),
  spotClearinghouseState: (venue, { user }) => spotState(look(venue, user)),
  openOrders: (venue, { user }) => venue.orders.open(user).map(openOrderWire).reverse(),
  frontendOpenOrders: (venue, { user }) => frontendOrdersWire(venue.orders, user),
  orderStatus,
  historicalOrders: (venue, { user }) =>
    venue.orders
      .ofUser(user)
      .slice(0, 2_000)
      .map((order) => historicalOrderWire(venue.orders, order)),
  userFills: (venue, { user, aggregateByTime }) => userFills(look(venue, user), aggregateByTime === true),
  userFillsByTime: (venue, request) => userFillsByTime(look(venue, request.user), request),
  userTwapSliceFills: (venue, { user }) => userTwapSliceFills(look(venue, user), undefined),
  userTwapSliceFillsByTime: (venue, request) => userTwapSliceFills(look(venue, request.user), request),
  twapHistory: (venue, { user }) => look(venue, user).twapHistory.toReversed(),
  userFunding: (venue, request) => userFunding(look(venue, request.user), request),
  userNonFundingLedgerUpdates: (venue, request) => ledgerUpdates(look(venue, request.user), request),
  userRateLimit: (venue, { user }) => userRateLimit(look(venue, user)),
  userFees: (venue, { user }) => userFees(venue, look(venue, user)),
  activeAssetData: (venue, { user, coin }) =>
    ofMarket(venue, coin, (market) => activeAssetData(venue, look(venue, user), market)),
  extraAgents: (venue, { user }) => extraAgents(look(venue, user)),
  maxBuilderFee: (venue, { user, builder }) => look(venue, user).builderFees.get(builder) ?? 0,
  approvedBuilders: (venue, { user }) => [...look(venue, user).builderFees.keys()],
  userRole: (venue, { user }) => userRole(venue, user),
  subAccounts: () => null,
  userAbstraction: () => 'default',
  userDexAbstraction: () => false,
  userVaultEquities: () => [],
  portfolio: (venue, { user }) => portfolio(venue, look(venue, user)),
  referral: (venue, { user }) => referral(look(venue, user)),
  delegatorSummary: () => ({
    delegated: '0.0',
    undelegated: '0.0',
    totalPendingWithdrawal: '0.0',
    nPendingWithdrawals: 0,
  }),
  isVip: () => false,
  legalCheck: () => ({ ipAllowed: true, acceptedTerms: true, userAllowed: true }),
  webData2: (venue, { user }) => webData2(venue, user),
};

function marginTable(venue: Venue, id: number): unknown {
  const listed = meta(venue).marginTables.find(([tableId]) => tableId === id)?.[1];
  if (listed !== undefined) return listed;
  const asset = venue.markets.find((market) => market.asset.marginTableId === id)?.asset;
  if (asset === undefined) return null;
  return {
    description: '',
    marginTiers: tiersOf(asset).map((tier) => ({
      lowerBound: formatMoney(tier.lowerBound),
      maxLeverage: tier.maxLeverage,
    })),
  };
}

function ledgerUpdates(account: Account, request: InfoRequestOf<'userNonFundingLedgerUpdates'>): unknown {
  const start = request.startTime ?? 0;
  const end = request.endTime ?? Number.MAX_SAFE_INTEGER;
  return account.ledger.filter((update) => update.time >= start && update.time <= end);
}

const referral = (account: Account): unknown => ({
  referredBy: account.referrer === undefined ? null : { referrer: `0x${'0'.repeat(40)}`, code: account.referrer },
  cumVlm: formatMoney(account.volume),
  unclaimedRewards: '0.0',
  claimedRewards: '0.0',
  builderRewards: '0.0',
  tokenToState: [],
  referrerState: { stage: 'needToTrade', data: { required: '10000.0' } },
  rewardHistory: [],
});

/** Only USDC is kept; an empty wallet lists nothing. */
function spotState(account: Account): SpotClearinghouseState {
  if (account.spotUsd === 0n) return { balances: [] };
  return {
    balances: [{ coin: 'USDC', token: 0, total: formatMoney(account.spotUsd), hold: '0.0', entryNtl: '0.0' }],
  };
}

/** The aggregate older front ends live on. */
export function webData2(venue: Venue, user: string): unknown {
  const account = look(venue, user);
  return {
    clearinghouseState: clearinghouseState(venue, account),
    leadingVaults: [],
    totalVaultEquity: '0.0',
    openOrders: frontendOrdersWire(venue.orders, user),
    agentAddress: account.agents.find((agent) => agent.name === '')?.address ?? null,
    agentValidUntil: account.agents.find((agent) => agent.name === '')?.validUntil ?? null,
    cumLedger: '0.0',
    meta: meta(venue),
    assetCtxs: contexts(venue),
    serverTime: venue.clock.now(),
    isVault: false,
    user,
    twapStates: twapStates(venue, user),
    spotState: spotState(account),
    spotAssetCtxs: SPOT_CONTEXTS,
    perpsAtOpenInterestCap: [],
  };
}
