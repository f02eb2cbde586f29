/** `/info`: what each request type is answered with, and by whom. */
import type { InfoRequest } from '@perps/contracts/hyperliquid';
import { isSupportedAggregation, internalError } from '@perps/contracts/hyperliquid';
import type { Clock, HistoryStore } from '@perps/runtime/ports';
import type { Accounts } from '../engine/accounts.ts';
import { EngineUnavailableError, type Engines } from '../engine/engines.ts';
import { failed, json, NO_ANSWER } from '../http/answer.ts';
import type { InfoAnswer } from '../http/door.ts';
import type { MarketCache } from '../market/market-cache.ts';
import { answerAccountInfo } from './account.ts';
import { createMarketInfo, EMPTY_SPOT_STATE, type MarketRelay, SPOT_META, SPOT_META_AND_ASSET_CTXS } from './market.ts';

export interface InfoDeps {
  readonly markets: MarketCache;
  readonly engines: Engines;
  readonly accounts: Accounts;
  readonly relay: MarketRelay;
  /** Complete, but some moments behind the engines. */
  readonly history: HistoryStore;
  readonly clock: Clock;
}

/** Answers a parsed request; an engine that does not answer makes it 503. */
export function createInfo(deps: InfoDeps): (request: InfoRequest) => Promise<InfoAnswer> {
  const market = createMarketInfo({ markets: deps.markets, relay: deps.relay, now: () => deps.clock.now() });
  return async (request) => {
    try {
      return (
        answerStatic(request, deps) ?? (await answerMarket(request, market)) ?? (await answerAccountInfo(request, deps))
      );
    } catch (cause) {
      if (cause instanceof EngineUnavailableError) return { answer: NO_ANSWER };
      throw cause;
    }
  };
}

/** Answers that do not depend on any account or price. */
function answerStatic(request: InfoRequest, { clock }: InfoDeps): InfoAnswer | undefined {
  switch (request.type) {
    case 'spotMeta':
      return { answer: json(SPOT_META) };
    case 'spotMetaAndAssetCtxs':
      return { answer: json(SPOT_META_AND_ASSET_CTXS) };
    case 'spotClearinghouseState':
      return { answer: json(EMPTY_SPOT_STATE) };
    case 'perpDexs':
      return { answer: json([null]) };
    case 'outcomeMeta':
      return { answer: json({ outcomes: [], questions: [] }) };
    case 'delegatorSummary':
      return {
        answer: json({ delegated: '0.0', undelegated: '0.0', totalPendingWithdrawal: '0.0', nPendingWithdrawals: 0 }),
      };
    case 'exchangeStatus':
      return { answer: json({ time: clock.now(), specialStatuses: null }) };
    case 'subAccounts':
      return { answer: json(null) };
    case 'userAbstraction':
      return { answer: json('disabled') };
    case 'userDexAbstraction':
    case 'isVip':
      return { answer: json(false) };
    case 'legalCheck':
      return { answer: json({ ipAllowed: true, acceptedTerms: true, userAllowed: true }) };
    case 'perpsAtOpenInterestCap':
    case 'userVaultEquities':
      return { answer: json([]) };
    default:
      return undefined;
  }
}

async function answerMarket(
  request: InfoRequest,
  market: ReturnType<typeof createMarketInfo>,
): Promise<InfoAnswer | undefined> {
  switch (request.type) {
    case 'meta':
      return { answer: market.meta() };
    case 'metaAndAssetCtxs':
      return { answer: market.metaAndAssetCtxs() };
    case 'allPerpMetas':
      return { answer: market.allPerpMetas() };
    case 'marginTable':
      return { answer: market.marginTable(request.id) };
    case 'allMids':
      return { answer: market.allMids() };
    case 'l2Book':
      if (!isSupportedAggregation(request)) return { answer: failed(internalError()) };
      return {
        answer: market.l2Book({
          coin: request.coin,
          nSigFigs: request.nSigFigs ?? null,
          mantissa: request.mantissa ?? null,
        }),
      };
    case 'recentTrades':
      return { answer: market.recentTrades(request.coin) };
    case 'candleSnapshot':
    case 'fundingHistory':
    case 'predictedFundings':
      return market.relayed(request);
    default:
      return undefined;
  }
}
