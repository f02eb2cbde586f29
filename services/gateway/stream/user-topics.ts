/** Channels about an account: driven by the engine's committed updates. */
import type { AccountUpdate } from '@perps/contracts/engine';
import { type Subscription, subscriptionKey } from '@perps/contracts/hyperliquid';
import type { Clock, Logger } from '@perps/runtime/ports';
import { shardOf } from '@perps/contracts/engine';
import type { InfoDeps } from '../info/index.ts';
import { buildPicture, isMovedByPrices, isPicture } from './user-pictures.ts';
import { buildEvents, buildSnapshot } from './user-events.ts';
import type { Subscriber } from './subscriber.ts';

/** A picture is built at most so often per topic (ms), and again after so long when prices alone moved it. */
const PICTURE_INTERVAL_MS = 100;
const PRICE_REFRESH_MS = 5_000;
const FLUSH_MS = 50;
/** Updates held for one subscriber while its snapshot is fetched; more means that it must start again. */
const HELD_MAX = 5_000;

export type UserSubscription = Extract<Subscription, { readonly user: string }>;

interface Member {
  readonly subscriber: Subscriber;
  /** Updates that came while the snapshot was fetched; undefined once it is sent. */
  held: AccountUpdate[] | undefined;
  /** Fills up to this trade id were in the snapshot. */
  lastTradeId: number;
}

interface Topic {
  readonly subscription: UserSubscription;
  readonly accountId: string;
  readonly members: Map<Subscriber, Member>;
  isDirty: boolean;
  isBuilding: boolean;
  builtAt: number;
}

export interface UserTopics {
  add(subscription: UserSubscription, subscriber: Subscriber): void;
  remove(subscription: UserSubscription, subscriber: Subscriber): void;
  close(): void;
}

export interface UserTopicsDeps extends InfoDeps {
  readonly shardCount: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createUserTopics(deps: UserTopicsDeps): UserTopics {
  const { engines, clock, logger } = deps;
  const topics = new Map<string, Topic>();
  const byAccount = new Map<string, Set<Topic>>();
  /** Topics whose picture is due at the next flush. */
  const dirty = new Set<Topic>();

  engines.onUpdate((update) => {
    for (const topic of byAccount.get(update.accountId) ?? []) tell(topic, update);
  });
  engines.onGap((shards) => {
    const interrupted = new Set(shards);
    for (const topic of topics.values()) {
      if (!interrupted.has(shardOf(topic.accountId, deps.shardCount))) continue;
      for (const { subscriber } of [...topic.members.values()]) subscriber.restart('account stream interrupted');
    }
  });
  const flusher = setInterval(flush, FLUSH_MS);
  const refresher = setInterval(() => {
    for (const topic of topics.values()) if (isMovedByPrices(topic.subscription)) markDirty(topic);
  }, PRICE_REFRESH_MS);
  flusher.unref();
  refresher.unref();

  return {
    add(subscription, subscriber) {
      const topic = topics.get(subscriptionKey(subscription)) ?? open(subscription);
      const member: Member = { subscriber, held: undefined, lastTradeId: 0 };
      topic.members.set(subscriber, member);
      if (isPicture(subscription)) markDirty(topic);
      else void sendSnapshot(topic, member);
    },
    remove(subscription, subscriber) {
      const key = subscriptionKey(subscription);
      const topic = topics.get(key);
      if (topic === undefined) return;
      topic.members.delete(subscriber);
      if (topic.members.size > 0) return;
      topics.delete(key);
      dirty.delete(topic);
      const others = byAccount.get(topic.accountId);
      others?.delete(topic);
      if (others?.size === 0) byAccount.delete(topic.accountId);
    },
    close() {
      clearInterval(flusher);
      clearInterval(refresher);
    },
  };

  function open(subscription: UserSubscription): Topic {
    const accountId = deps.accounts.accountOfOwner(subscription.user);
    const topic: Topic = {
      subscription,
      accountId,
      members: new Map(),
      isDirty: false,
      isBuilding: false,
      builtAt: -Infinity,
    };
    topics.set(subscriptionKey(subscription), topic);
    const others = byAccount.get(accountId) ?? new Set<Topic>();
    others.add(topic);
    byAccount.set(accountId, others);
    return topic;
  }

  function tell(topic: Topic, update: AccountUpdate): void {
    if (isPicture(topic.subscription)) return markDirty(topic);
    let shared: readonly string[] | undefined;
    for (const member of topic.members.values()) {
      if (member.held !== undefined) {
        hold(member, update);
      } else if (hasSeen(member, update)) {
        sendAll(member, buildEvents(topic.subscription, withoutSeen(update, member), deps.markets.instrument));
      } else {
        shared ??= buildEvents(topic.subscription, update, deps.markets.instrument);
        sendAll(member, shared);
      }
    }
  }

  /** The snapshot comes first; what happened meanwhile follows, without what it already told. */
  async function sendSnapshot(topic: Topic, member: Member): Promise<void> {
    member.held = [];
    try {
      const snapshot = await buildSnapshot(topic.subscription, topic.accountId, deps);
      if (topic.members.get(member.subscriber) !== member) return;
      if (snapshot.frame !== undefined) member.subscriber.send(snapshot.frame);
      member.lastTradeId = snapshot.lastTradeId;
      const { held } = member;
      member.held = undefined;
      for (const update of held) {
        sendAll(member, buildEvents(topic.subscription, withoutSeen(update, member), deps.markets.instrument));
      }
    } catch (cause) {
      logger.warn('no snapshot for a subscriber', { cause: String(cause) });
      member.subscriber.restart('snapshot unavailable');
    }
  }

  function markDirty(topic: Topic): void {
    topic.isDirty = true;
    dirty.add(topic);
  }

  function flush(): void {
    const now = clock.monotonic();
    for (const topic of dirty) {
      if (topic.isBuilding || now - topic.builtAt < PICTURE_INTERVAL_MS) continue;
      dirty.delete(topic);
      topic.isDirty = false;
      void sendPicture(topic);
    }
  }

  async function sendPicture(topic: Topic): Promise<void> {
    topic.isBuilding = true;
    topic.builtAt = clock.monotonic();
    try {
      const frame = await buildPicture(topic.subscription, topic.accountId, deps);
      if (frame !== undefined) for (const subscriber of topic.members.keys()) subscriber.send(frame);
    } catch (cause) {
      logger.warn('no picture for a topic', { cause: String(cause) });
      if (topic.members.size > 0) markDirty(topic);
    } finally {
      topic.isBuilding = false;
    }
  }
}

function hold(member: Member, update: AccountUpdate): void {
  if (member.held !== undefined && member.held.length < HELD_MAX) member.held.push(update);
  else member.subscriber.restart('too many updates before the snapshot');
}

const hasSeen = (member: Member, update: AccountUpdate): boolean =>
  update.fills.some(({ tradeId }) => tradeId <= member.lastTradeId);

const withoutSeen = (update: AccountUpdate, member: Member): AccountUpdate => ({
  ...update,
  fills: update.fills.filter(({ tradeId }) => tradeId > member.lastTradeId),
});

function sendAll(member: Member, frames: readonly string[]): void {
  for (const frame of frames) member.subscriber.send(frame);
}
