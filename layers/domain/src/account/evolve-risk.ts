/** What warnings and liquidations leave in the state. */
import { applyTransfers } from '../ledger/index.ts';
import type { RiskEvent } from './events.ts';
import type { AccountState, RiskEpisode } from './model.ts';
import { without } from './records.ts';
import { positionKey } from './state.ts';

export function riskEvolved(state: AccountState, event: RiskEvent): AccountState {
  const { scope } = event;
  const episode = event.type === 'RiskCleared' ? undefined : event.episode;
  const after = { ...state, episodes: episodesWith(state, scope, episode) };
  if (event.type !== 'LiquidationStepped') return after;
  const { transfers, symbol, route, position } = event;
  // A step at the venue was booked by its fills.
  if (transfers.length === 0 && route === 'HYPERLIQUID') return after;
  const key = positionKey(symbol, route);
  const positions = position === undefined ? without(state.positions, key) : { ...state.positions, [key]: position };
  return { ...after, ...applyTransfers(state, transfers), positions };
}

function episodesWith(
  { episodes }: AccountState,
  scope: string,
  episode: RiskEpisode | undefined,
): AccountState['episodes'] {
  if (episode === undefined) return scope in episodes ? without(episodes, scope) : episodes;
  return { ...episodes, [scope]: episode };
}
