/** Payloads of the WebSocket channels, as far as they differ from the answers of `/info`. */
import type { FundingDelta, LedgerUpdate, TwapHistoryRow, TwapSliceFill, TwapState } from './account-responses.ts';
import type {
  AssetCtx,
  Candle,
  ClearinghouseState,
  FrontendOrder,
  L2Book,
  L2Level,
  OpenOrder,
  SpotAssetCtx,
  Trade,
  UserFill,
  WireOrderStatus,
} from './responses.ts';

export interface WsBbo {
  readonly coin: string;
  readonly time: number;
  readonly bbo: readonly [L2Level | null, L2Level | null];
}

/** Element of `orderUpdates`: a fill shows `sz` 0.0, a cancel keeps what remained. */
export interface WsOrderUpdate {
  readonly order: OpenOrder;
  readonly status: WireOrderStatus;
  readonly statusTimestamp: number;
}

export interface WsUserFills {
  readonly user: string;
  readonly fills: readonly UserFill[];
  /** Only on the first frame. */
  readonly isSnapshot?: true;
}

export type WsUserFunding = FundingDelta & { readonly time: number };

/** The channel of `userEvents` is `user`, and no user is inside. */
export type WsUserEvent =
  | { readonly fills: readonly UserFill[] }
  | { readonly funding: WsUserFunding }
  | {
      readonly liquidation: {
        readonly lid: number;
        readonly liquidator: string;
        readonly liquidated_user: string;
        readonly liquidated_ntl_pos: string;
        readonly liquidated_account_value: string;
      };
    }
  | { readonly nonUserCancel: readonly { readonly coin: string; readonly oid: number }[] }
  | { readonly twapHistory: readonly TwapHistoryRow[] }
  | { readonly twapSliceFills: readonly TwapSliceFill[] };

/** A server frame by channel. */
export type ChannelFrame =
  | { readonly channel: 'allMids'; readonly data: { readonly mids: Readonly<Record<string, string>> } }
  | { readonly channel: 'l2Book'; readonly data: L2Book }
  | { readonly channel: 'bbo'; readonly data: WsBbo }
  | { readonly channel: 'trades'; readonly data: readonly Trade[] }
  | { readonly channel: 'candle'; readonly data: Candle }
  | { readonly channel: 'activeAssetCtx'; readonly data: { readonly coin: string; readonly ctx: AssetCtx } }
  | {
      readonly channel: 'activeSpotAssetCtx';
      readonly data: { readonly coin: string; readonly ctx: SpotAssetCtx };
    }
  | {
      readonly channel: 'assetCtxs';
      readonly data: { readonly dex: string; readonly ctxs: readonly AssetCtx[] };
    }
  | {
      readonly channel: 'allDexsAssetCtxs';
      readonly data: { readonly ctxs: readonly (readonly [string, readonly AssetCtx[]])[] };
    }
  | { readonly channel: 'user'; readonly data: WsUserEvent }
  | { readonly channel: 'userFills'; readonly data: WsUserFills }
  | { readonly channel: 'orderUpdates'; readonly data: readonly WsOrderUpdate[] }
  | {
      readonly channel: 'userFundings';
      readonly data: {
        readonly user: string;
        readonly fundings: readonly WsUserFunding[];
        readonly isSnapshot?: true;
      };
    }
  | {
      readonly channel: 'userNonFundingLedgerUpdates';
      readonly data: {
        readonly user: string;
        readonly nonFundingLedgerUpdates: readonly LedgerUpdate[];
        readonly isSnapshot?: true;
      };
    }
  | {
      readonly channel: 'clearinghouseState';
      readonly data: {
        readonly dex: string;
        readonly user: string;
        readonly clearinghouseState: ClearinghouseState;
      };
    }
  | {
      readonly channel: 'openOrders';
      /** With their triggers, unlike the request of the same name. */
      readonly data: { readonly dex: string; readonly user: string; readonly orders: readonly FrontendOrder[] };
    }
  | {
      readonly channel: 'userTwapHistory';
      readonly data: {
        readonly user: string;
        readonly history: readonly TwapHistoryRow[];
        readonly isSnapshot?: true;
      };
    }
  | {
      readonly channel: 'userTwapSliceFills';
      readonly data: {
        readonly user: string;
        readonly twapSliceFills: readonly TwapSliceFill[];
        readonly isSnapshot?: true;
      };
    }
  | {
      readonly channel: 'twapStates';
      readonly data: {
        readonly dex: string;
        readonly user: string;
        readonly states: readonly (readonly [number, TwapState])[];
      };
    }
  | { readonly channel: 'notification'; readonly data: { readonly notification: string } };
