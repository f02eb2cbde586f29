/** Channels that show how an account is now: built anew after each change, whatever happened in between. */
import { toActiveAssetData, toClearinghouseState } from '../wire/clearinghouse.ts';
import { twapStates } from '../wire/twap.ts';
import { accountOrEmpty } from '../info/account.ts';
import { frontendOpenOrders } from '../info/history.ts';
import type { InfoDeps } from '../info/index.ts';
import { liveOrders, webData2, webData3 } from '../info/pictures.ts';
import { frameOf } from './subscriber.ts';
import type { UserSubscription } from './user-topics.ts';

const PICTURES: ReadonlySet<UserSubscription['type']> = new Set([
  'clearinghouseState',
  'allDexsClearinghouseState',
  'openOrders',
  'activeAssetData',
  'webData2',
  'webData3',
  'spotState',
  'twapStates',
]);
const MOVED_BY_PRICES: ReadonlySet<UserSubscription['type']> = new Set([
  'clearinghouseState',
  'allDexsClearinghouseState',
  'activeAssetData',
  'webData2',
]);

export const isPicture = ({ type }: UserSubscription): boolean => PICTURES.has(type);
export const isMovedByPrices = ({ type }: UserSubscription): boolean => MOVED_BY_PRICES.has(type);

/** undefined while there is nothing true to show (a held market without a mark). Throws where the engine is silent. */
export async function buildPicture(
  subscription: UserSubscription,
  accountId: string,
  deps: InfoDeps,
): Promise<string | undefined> {
  const account = await accountOrEmpty(accountId, deps);
  const { type, user } = subscription;
  const data = ((): unknown => {
    switch (type) {
      case 'clearinghouseState': {
        const clearinghouseState = toClearinghouseState(account, deps.markets.view, deps.clock.now());
        return clearinghouseState && { dex: subscription.dex, user, clearinghouseState };
      }
      case 'allDexsClearinghouseState': {
        const state = toClearinghouseState(account, deps.markets.view, deps.clock.now());
        return state && { user, clearinghouseStates: [['', state]] };
      }
      case 'openOrders':
        // With their triggers, unlike the request of the same name.
        return {
          dex: subscription.dex,
          user,
          orders: frontendOpenOrders(liveOrders(account), deps.markets.instrument),
        };
      case 'activeAssetData':
        return toActiveAssetData(account, subscription, deps.markets.view);
      case 'webData2':
        return webData2(user, account, deps);
      case 'webData3':
        return webData3(user, account, deps.clock.now());
      case 'spotState':
        return { user, spotState: { balances: [] } };
      case 'twapStates':
        return {
          dex: subscription.dex,
          user,
          states: twapStates(account, { user, instrumentOf: deps.markets.instrument }),
        };
      default:
        return undefined;
    }
  })();
  return data === undefined ? undefined : frameOf(type, data);
}
