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
  /** Movements of money that were in the snapshot. */
  told: ReadonlySet<string>;
}

interface Topic {
  readonly subscription: UserSubscription;
  readonly accountId: string;
  readonly members: Map<Subscriber, Member>;
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
  return new FollowedAccounts(deps);
}

class FollowedAccounts implements UserTopics {
  readonly #deps: UserTopicsDeps;
  readonly #topics = new Map<string, Topic>();
  readonly #byAccount = new Map<string, Set<Topic>>();
  /** Topics whose picture is due at the next flush. */
  readonly #dirty = new Set<Topic>();
  readonly #flusher = setInterval(() => this.#flush(), FLUSH_MS);
  readonly #refresher = setInterval(() => this.#refresh(), PRICE_REFRESH_MS);

  constructor(deps: UserTopicsDeps) {
    this.#deps = deps;
    deps.engines.onUpdate((update) => {
      for (const topic of this.#byAccount.get(update.accountId) ?? []) this.#tell(topic, update);
    });
    deps.engines.onGap((shards) => this.#restartFollowers(new Set(shards)));
    this.#flusher.unref();
    this.#refresher.unref();
  }

  add(subscription: UserSubscription, subscriber: Subscriber): void {
    const topic = this.#topics.get(subscriptionKey(subscription)) ?? this.#open(subscription);
    const member: Member = { subscriber, held: undefined, lastTradeId: 0, told: new Set() };
    topic.members.set(subscriber, member);
    if (isPicture(subscription)) this.#dirty.add(topic);
    else void this.#sendSnapshot(topic, member);
  }

  remove(subscription: UserSubscription, subscriber: Subscriber): void {
    const key = subscriptionKey(subscription);
    const topic = this.#topics.get(key);
    if (topic === undefined) return;
    topic.members.delete(subscriber);
    if (topic.members.size > 0) return;
    this.#topics.delete(key);
    this.#dirty.delete(topic);
    const others = this.#byAccount.get(topic.accountId);
    others?.delete(topic);
    if (others?.size === 0) this.#byAccount.delete(topic.accountId);
  }

  close(): void {
    clearInterval(this.#flusher);
    clearInterval(this.#refresher);
  }

  #open(subscription: UserSubscription): Topic {
    const accountId = this.#deps.accounts.accountOfOwner(subscription.user);
    const topic: Topic = { subscription, accountId, members: new Map(), isBuilding: false, builtAt: -Infinity };
    this.#topics.set(subscriptionKey(subscription), topic);
    const others = this.#byAccount.get(accountId) ?? new Set<Topic>();
    others.add(topic);
    this.#byAccount.set(accountId, others);
    return topic;
  }

  /** Updates may have been missed: a stream with a hole is worse than one that starts again. */
  #restartFollowers(shards: ReadonlySet<number>): void {
    for (const topic of this.#topics.values()) {
      if (!shards.has(shardOf(topic.accountId, this.#deps.shardCount))) continue;
      for (const subscriber of topic.members.keys()) subscriber.restart('account stream interrupted');
    }
  }

  #tell(topic: Topic, update: AccountUpdate): void {
    if (isPicture(topic.subscription)) {
      this.#dirty.add(topic);
      return;
    }
    let shared: readonly string[] | undefined;
    for (const member of topic.members.values()) {
      if (member.held !== undefined) {
        hold(member, update);
      } else if (mayHaveSeen(member, update)) {
        sendAll(member, this.#events(topic, update, member));
      } else {
        shared ??= this.#events(topic, update);
        sendAll(member, shared);
      }
    }
  }

  /** For a member: without what its snapshot told. */
  #events(topic: Topic, update: AccountUpdate, member?: Member): readonly string[] {
    const { markets } = this.#deps;
    if (member === undefined) return buildEvents(topic.subscription, update, { markets });
    return buildEvents(topic.subscription, withoutSeen(update, member), { markets, told: member.told });
  }

  /** The snapshot comes first; what happened meanwhile follows, without what it already told. */
  async #sendSnapshot(topic: Topic, member: Member): Promise<void> {
    const held: AccountUpdate[] = [];
    member.held = held;
    try {
      const snapshot = await buildSnapshot(topic.subscription, topic.accountId, this.#deps);
      if (topic.members.get(member.subscriber) !== member) return;
      if (snapshot.frame !== undefined) member.subscriber.send(snapshot.frame);
      member.lastTradeId = snapshot.lastTradeId;
      member.told = snapshot.told;
      member.held = undefined;
      for (const update of held) sendAll(member, this.#events(topic, update, member));
    } catch (cause) {
      this.#deps.logger.warn('no snapshot for a subscriber', { cause: String(cause) });
      member.subscriber.restart('snapshot unavailable');
    }
  }

  #refresh(): void {
    for (const topic of this.#topics.values()) if (isMovedByPrices(topic.subscription)) this.#dirty.add(topic);
  }

  #flush(): void {
    const now = this.#deps.clock.monotonic();
    for (const topic of this.#dirty) {
      if (topic.isBuilding || now - topic.builtAt < PICTURE_INTERVAL_MS) continue;
      this.#dirty.delete(topic);
      void this.#sendPicture(topic);
    }
  }

  async #sendPicture(topic: Topic): Promise<void> {
    topic.isBuilding = true;
    topic.builtAt = this.#deps.clock.monotonic();
    try {
      const frame = await buildPicture(topic.subscription, topic.accountId, this.#deps);
      if (frame !== undefined) for (const subscriber of topic.members.keys()) subscriber.send(frame);
    } catch (cause) {
      this.#deps.logger.warn('no picture for a topic', { cause: String(cause) });
      if (topic.members.size > 0) this.#dirty.add(topic);
    } finally {
      topic.isBuilding = false;
    }
  }
}

function hold(member: Member, update: AccountUpdate): void {
  if (member.held !== undefined && member.held.length < HELD_MAX) member.held.push(update);
  else member.subscriber.restart('too many updates before the snapshot');
}

const mayHaveSeen = (member: Member, update: AccountUpdate): boolean =>
  member.told.size > 0 || update.fills.some(({ tradeId }) => tradeId <= member.lastTradeId);

const withoutSeen = (update: AccountUpdate, member: Member): AccountUpdate => ({
  ...update,
  fills: update.fills.filter(({ tradeId }) => tradeId > member.lastTradeId),
});

function sendAll(member: Member, frames: readonly string[]): void {
  for (const frame of frames) member.subscriber.send(frame);
}
