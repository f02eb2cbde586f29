/** What a change of the venue means for its streams: gathered while the change happens, published in one go after it. */
import type {
  LedgerUpdate,
  Trade,
  TwapHistoryRow,
  TwapSliceFill,
  UserFill,
  WsOrderUpdate,
  WsUserEvent,
  WsUserFunding,
} from '@perps/contracts/hyperliquid';

export interface UserChanges {
  readonly orderUpdates: WsOrderUpdate[];
  readonly fills: UserFill[];
  readonly notifications: string[];
  /** Orders the venue cancelled by itself. */
  readonly venueCancels: { readonly coin: string; readonly oid: number }[];
  readonly fundings: WsUserFunding[];
  readonly ledger: LedgerUpdate[];
  readonly liquidations: LiquidationEvent[];
  readonly twapFills: TwapSliceFill[];
  readonly twapHistory: TwapHistoryRow[];
}

export type LiquidationEvent = Extract<WsUserEvent, { liquidation: unknown }>['liquidation'];

export interface Changes {
  readonly trades: ReadonlyMap<string, readonly Trade[]>;
  readonly users: ReadonlyMap<string, UserChanges>;
}

export interface Outbox {
  trade(trade: Trade): void;
  /** The changes of one user, to be added to; asking for them marks the account as changed. */
  of(user: string): UserChanges;
  /** Hands everything gathered to the listeners. */
  flush(): void;
  onFlush(listener: (changes: Changes) => void): void;
}

export function createOutbox(): Outbox {
  const listeners: ((changes: Changes) => void)[] = [];
  let trades = new Map<string, Trade[]>();
  let users = new Map<string, UserChanges>();
  return {
    trade: (trade) => {
      const sameCoin = trades.get(trade.coin);
      if (sameCoin === undefined) trades.set(trade.coin, [trade]);
      else sameCoin.push(trade);
    },
    of: (user) => {
      const known = users.get(user);
      if (known !== undefined) return known;
      const fresh: UserChanges = {
        orderUpdates: [],
        fills: [],
        notifications: [],
        venueCancels: [],
        fundings: [],
        ledger: [],
        liquidations: [],
        twapFills: [],
        twapHistory: [],
      };
      users.set(user, fresh);
      return fresh;
    },
    flush: () => {
      if (trades.size === 0 && users.size === 0) return;
      const changes = { trades, users };
      trades = new Map();
      users = new Map();
      for (const listener of listeners) listener(changes);
    },
    onFlush: (listener) => {
      listeners.push(listener);
    },
  };
}
