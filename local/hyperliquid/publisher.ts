/** Carries the venue's changes to the subscriptions that want them. */
import { userFillsForStream } from './info/account-history.ts';
import { historicalOrderWire } from './order-wire.ts';
import type { Changes, UserChanges } from './outbox.ts';
import { marketPicture, userState, type Frame } from './streams.ts';
import type { Topic } from './topics.ts';
import type { WsHub } from './ws.ts';
import { marketOfCoin, type Venue } from './venue.ts';

export interface Publisher {
  /** After a block: books and best prices that changed, forming candles. */
  afterBlock(): void;
  /** After oracles moved: contexts, mids, states of accounts with positions. */
  afterContexts(): void;
}

/** A quiet book is repeated so often (ms). */
const BOOK_REPEAT_MS = 500;

export function createPublisher(venue: Venue, hub: WsHub): Publisher {
  venue.outbox.onFlush((changes) => publishChanges(venue, hub, changes));
  return {
    afterBlock: () => {
      for (const topic of hub.topics()) publishBlock(venue, topic);
    },
    afterContexts: () => {
      for (const topic of hub.topics()) publishContexts(venue, topic);
    },
  };
}

function publishBlock(venue: Venue, topic: Topic): void {
  const { subscription } = topic;
  if (subscription.type !== 'l2Book' && subscription.type !== 'bbo' && subscription.type !== 'candle') return;
  const market = marketOfCoin(venue, subscription.coin);
  if (market === undefined) return;
  const isChanged = topic.sentVersion !== market.version;
  const isDue = subscription.type === 'l2Book' && venue.clock.now() - topic.sentAt >= BOOK_REPEAT_MS;
  if (!isChanged && !isDue) return;
  topic.sentVersion = market.version;
  topic.sentAt = venue.clock.now();
  const frame = marketPicture(venue, subscription);
  if (frame === undefined) return;
  if (subscription.type !== 'l2Book' && isSameAsLast(topic, frame)) return;
  topic.send(frame);
}

/** The best prices and a candle are only sent when they really differ. */
function isSameAsLast(topic: Topic, frame: Frame): boolean {
  const text = JSON.stringify(frame.data, (field, value: unknown) => (field === 'time' ? undefined : value));
  if (topic.lastText === text) return true;
  topic.lastText = text;
  return false;
}

function publishContexts(venue: Venue, topic: Topic): void {
  const { subscription } = topic;
  switch (subscription.type) {
    case 'allMids':
    case 'activeAssetCtx':
    case 'assetCtxs':
    case 'allDexsAssetCtxs':
    case 'fastAssetCtxs':
    case 'spotAssetCtxs':
      sendIfAny(topic, marketPicture(venue, subscription));
      return;
    case 'clearinghouseState':
    case 'allDexsClearinghouseState':
    case 'activeAssetData':
    case 'webData2':
    case 'webData3': {
      const account = venue.accounts.get(subscription.user);
      const isMoving = account !== undefined && account.positions.size > 0;
      if (isMoving || subscription.type === 'webData2') sendIfAny(topic, userState(venue, subscription));
      return;
    }
    default:
  }
}

const sendIfAny = (topic: Topic, frame: Frame | undefined): void => {
  if (frame !== undefined) topic.send(frame);
};

function publishChanges(venue: Venue, hub: WsHub, changes: Changes): void {
  for (const topic of hub.topics()) {
    const { subscription } = topic;
    if (subscription.type === 'trades') {
      const trades = changes.trades.get(subscription.coin);
      if (trades !== undefined) topic.send({ channel: 'trades', data: trades });
    } else if ('user' in subscription) {
      const mine = changes.users.get(subscription.user);
      if (mine !== undefined) publishUser(venue, topic, mine);
    }
  }
}

function publishUser(venue: Venue, topic: Topic, changes: UserChanges): void {
  const { subscription } = topic;
  if (!('user' in subscription)) return;
  const { user } = subscription;
  switch (subscription.type) {
    case 'orderUpdates':
      if (changes.orderUpdates.length > 0) topic.send({ channel: 'orderUpdates', data: changes.orderUpdates });
      return;
    case 'userFills': {
      const fills = userFillsForStream(changes.fills, subscription.aggregateByTime === true);
      if (fills.length > 0) topic.send({ channel: 'userFills', data: { user, fills } });
      return;
    }
    case 'userEvents':
      if (changes.fills.length > 0) topic.send({ channel: 'user', data: { fills: changes.fills } });
      if (changes.venueCancels.length > 0) {
        topic.send({ channel: 'user', data: { nonUserCancel: changes.venueCancels } });
      }
      for (const funding of changes.fundings) topic.send({ channel: 'user', data: { funding } });
      for (const liquidation of changes.liquidations) topic.send({ channel: 'user', data: { liquidation } });
      if (changes.twapFills.length > 0) {
        topic.send({ channel: 'user', data: { twapSliceFills: changes.twapFills } });
      }
      if (changes.twapHistory.length > 0) topic.send({ channel: 'user', data: { twapHistory: changes.twapHistory } });
      return;
    case 'notification':
      for (const notification of changes.notifications) topic.send({ channel: 'notification', data: { notification } });
      return;
    case 'userFundings':
    case 'userNonFundingLedgerUpdates':
    case 'userTwapHistory':
    case 'userTwapSliceFills':
      publishRows(topic, user, changes);
      return;
    case 'userHistoricalOrders':
      publishHistory(venue, topic, changes);
      return;
    default:
      sendIfAny(topic, userState(venue, subscription));
  }
}

/** Streams of rows: each frame has the new ones. */
function publishRows(topic: Topic, user: string, changes: UserChanges): void {
  const send = (rows: readonly unknown[], field: string): void => {
    if (rows.length > 0) topic.send({ channel: topic.subscription.type, data: { user, [field]: rows } });
  };
  switch (topic.subscription.type) {
    case 'userFundings':
      send(changes.fundings, 'fundings');
      return;
    case 'userNonFundingLedgerUpdates':
      send(changes.ledger, 'nonFundingLedgerUpdates');
      return;
    case 'userTwapHistory':
      send(changes.twapHistory, 'history');
      return;
    case 'userTwapSliceFills':
      send(changes.twapFills, 'twapSliceFills');
      return;
    default:
  }
}

function publishHistory(venue: Venue, topic: Topic, changes: UserChanges): void {
  if (!('user' in topic.subscription) || changes.orderUpdates.length === 0) return;
  // An order may have gone through several states in one change: each row shows its own.
  const orderHistory = changes.orderUpdates.flatMap(({ order, status, statusTimestamp }) => {
    const record = venue.orders.get(order.oid);
    return record === undefined ? [] : [{ ...historicalOrderWire(venue.orders, record), status, statusTimestamp }];
  });
  topic.send({ channel: 'userHistoricalOrders', data: { user: topic.subscription.user, orderHistory } });
}
