/** Questions about our account at the venue; each answers with certainty or throws `VenueInfoError`. */
import {
  type AccountFill,
  parseAccountState,
  parseFills,
  parseOpenOrders,
  parseOrderStatus,
  parseVenueTime,
  type SzDecimalsOf,
  type VenueAccountState,
  type VenueOpenOrder,
  type VenueOrderUpdate,
} from './account-parse.ts';
import { type InfoClient, VenueInfoError } from './info.ts';
import type { WeightPriority } from './weight-budget.ts';

export interface AccountQueries {
  /** `absent`: the venue knows no order with this cloid, or none it still shows. */
  orderStatus(venueCloid: string): Promise<VenueOrderUpdate | 'absent'>;
  /** All fills from `startTime` on (venue ms, inclusive), oldest first, none twice. */
  fillsSince(startTime: number): Promise<readonly AccountFill[]>;
  openOrders(): Promise<readonly VenueOpenOrder[]>;
  accountState(): Promise<VenueAccountState>;
  /** The venue's clock, ms. */
  serverTime(): Promise<number>;
}

/** Rows the venue gives at most per answer. */
const PAGE_ROWS = 2_000;
/** The venue reaches back 10,000 fills. */
const PAGES_MAX = 6;

/** Undecided orders come first: they hold margin, and everything after a reconnect waits for them. */
const PRIORITY: WeightPriority = 'urgent';

export function createAccountQueries(options: {
  readonly info: InfoClient;
  /** The account's own address, never the agent's: an agent's address gets empty answers. */
  readonly account: string;
  readonly szDecimalsOf: SzDecimalsOf;
}): AccountQueries {
  const { info, account: user, szDecimalsOf } = options;

  const serverTime = async (): Promise<number> =>
    certain('exchangeStatus', parseVenueTime(await info.ask({ type: 'exchangeStatus' }, { priority: PRIORITY })));

  const openOrders = async (): Promise<readonly VenueOpenOrder[]> =>
    certain(
      'openOrders',
      parseOpenOrders(await info.ask({ type: 'openOrders', user }, { priority: PRIORITY }), szDecimalsOf),
    );

  const accountState = async (): Promise<VenueAccountState> =>
    certain(
      'clearinghouseState',
      parseAccountState(await info.ask({ type: 'clearinghouseState', user }, { priority: PRIORITY }), szDecimalsOf),
    );

  const orderStatus = async (venueCloid: string): Promise<VenueOrderUpdate | 'absent'> =>
    certain(
      'orderStatus',
      parseOrderStatus(
        await info.ask({ type: 'orderStatus', user, oid: venueCloid }, { priority: PRIORITY }),
        szDecimalsOf,
      ),
    );

  const fillsSince = async (startTime: number): Promise<readonly AccountFill[]> => {
    const fills = new Map<number, AccountFill>();
    let from = startTime;
    for (let page = 1; page <= PAGES_MAX; page += 1) {
      const request = { type: 'userFillsByTime', user, startTime: from } as const;
      const body = await info.ask(request, { priority: PRIORITY });
      const rows = certain('userFillsByTime', parseFills(body, szDecimalsOf));
      for (const row of rows) fills.set(row.fill.tid, row);
      const last = lastTimeOfFullPage(body);
      if (last === undefined) return [...fills.values()];
      // Bounds are inclusive: the rows of the last millisecond come again and are recognised by tid.
      from = last;
    }
    throw new VenueInfoError('VenueUnavailable', `more fills since ${startTime} than the venue shows`);
  };

  return { orderStatus, fillsSince, openOrders, accountState, serverTime };
}

/** undefined where the page is the last one. Rows of markets that are not ours count, too. */
function lastTimeOfFullPage(body: unknown): number | undefined {
  if (!Array.isArray(body) || body.length < PAGE_ROWS) return undefined;
  const last: unknown = body.at(-1);
  const hasTime = typeof last === 'object' && last !== null && 'time' in last && typeof last.time === 'number';
  return hasTime ? Number(last.time) : undefined;
}

function certain<Parsed>(type: string, parsed: Parsed | undefined): Parsed {
  if (parsed === undefined) throw new VenueInfoError('VenueUnavailable', `${type}: not the shape we know`);
  return parsed;
}
