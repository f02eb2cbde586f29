/** Leases on DynamoDB: who may write a shard and where it answers. They route; the journal's key protects. */
import {
  ConditionalCheckFailedException,
  GetItemCommand,
  UpdateItemCommand,
  type DynamoDBClient,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { AcquireOutcome, Clock, Lease, LeaseRequest, LeaseStore } from '@perps/runtime/ports';
import { integer, integerOf, text, textOf, type Item } from './items.ts';

export interface DynamoLeaseOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly clock: Clock;
  /** Two machines' wall clocks differ by less than this, ms; only saves waiting after a long stop. */
  readonly clockSkewMs?: number;
}

interface StoredLease extends Lease {
  /** Grows with every write, so that an observer sees whether the owner still renews. */
  readonly version: number;
  readonly ttlMs: number;
}

/** A taker gives up after so many lost races within one call; the runtime asks again later. */
const ACQUIRE_ROUNDS = 3;

/**
 * Creates the lease store over a table with key `resource`. A foreign lease counts as expired when its version stood
 * still for its time-to-live of *our* monotonic clock (no two wall clocks are compared), or when it is past by more
 * than the clock skew.
 */
export function createDynamoLeases(options: DynamoLeaseOptions): LeaseStore {
  const { client, tableName, clock, clockSkewMs = 10_000 } = options;
  const observed = new Map<string, { readonly version: number; readonly since: number }>();

  const find = async (resource: string): Promise<StoredLease | undefined> => {
    const answer = await client.send(
      new GetItemCommand({ TableName: tableName, Key: { resource: text(resource) }, ConsistentRead: true }),
    );
    return answer.Item === undefined ? undefined : toLease(answer.Item);
  };

  const isFree = (lease: StoredLease, owner: string): boolean => {
    if (lease.owner === owner || lease.expiresAt === 0) return true;
    if (clock.now() > lease.expiresAt + clockSkewMs) return true;
    const seen = observed.get(lease.resource);
    if (seen === undefined || seen.version !== lease.version) {
      observed.set(lease.resource, { version: lease.version, since: clock.monotonic() });
      return false;
    }
    return clock.monotonic() - seen.since >= lease.ttlMs;
  };

  const update = async (change: Change): Promise<boolean> => {
    try {
      await client.send(new UpdateItemCommand({ TableName: tableName, ...change }));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  };

  const take = (request: LeaseRequest, current: StoredLease | undefined): Promise<boolean> =>
    update(acquisition(request, current, clock.now()));

  const acquire = async (request: LeaseRequest): Promise<AcquireOutcome> => {
    for (let round = 1; ; round += 1) {
      const current = await find(request.resource);
      if (current !== undefined && !isFree(current, request.owner)) return { status: 'held', by: visible(current) };
      if (await take(request, current)) return { status: 'acquired', epoch: (current?.epoch ?? 0) + 1 };
      if (round === ACQUIRE_ROUNDS && current !== undefined) return { status: 'held', by: visible(current) };
    }
  };

  return {
    acquire,
    renew: async (request) => ({ status: (await update(renewal(request, clock.now()))) ? 'renewed' : 'lost' }),
    release: async (lease) => {
      await update(ending(lease));
    },
    read: async (resource) => {
      const lease = await find(resource);
      return lease === undefined ? undefined : visible(lease);
    },
  };
}

type Change = Omit<UpdateItemCommandInput, 'TableName'>;
type OwnLease = Pick<Lease, 'resource' | 'owner' | 'epoch'>;

const ifStillOurs = {
  ConditionExpression: '#owner = :owner AND epoch = :epoch',
  ExpressionAttributeNames: { '#owner': 'owner' },
};

function acquisition(request: LeaseRequest, current: StoredLease | undefined, now: number): Change {
  const isFirst = current === undefined;
  return {
    Key: { resource: text(request.resource) },
    UpdateExpression:
      'SET #owner = :owner, epoch = :epoch, address = :address, expiresAt = :expiresAt, version = :version, ttlMs = :ttl',
    ConditionExpression: isFirst ? 'attribute_not_exists(#resource)' : 'version = :seen',
    ExpressionAttributeNames: isFirst ? { '#owner': 'owner', '#resource': 'resource' } : { '#owner': 'owner' },
    ExpressionAttributeValues: {
      ':owner': text(request.owner),
      ':epoch': integer((current?.epoch ?? 0) + 1),
      ':address': text(request.address),
      ':expiresAt': integer(now + request.ttlMs),
      ':version': integer((current?.version ?? 0) + 1),
      ':ttl': integer(request.ttlMs),
      ...(isFirst ? {} : { ':seen': integer(current.version) }),
    },
  };
}

const renewal = (request: LeaseRequest & { readonly epoch: number }, now: number): Change => ({
  ...ifStillOurs,
  Key: { resource: text(request.resource) },
  UpdateExpression: 'SET address = :address, expiresAt = :expiresAt, ttlMs = :ttl ADD version :one',
  ExpressionAttributeValues: {
    ':owner': text(request.owner),
    ':epoch': integer(request.epoch),
    ':address': text(request.address),
    ':expiresAt': integer(now + request.ttlMs),
    ':ttl': integer(request.ttlMs),
    ':one': integer(1),
  },
});

const ending = (lease: OwnLease): Change => ({
  ...ifStillOurs,
  Key: { resource: text(lease.resource) },
  UpdateExpression: 'SET expiresAt = :zero ADD version :one',
  ExpressionAttributeValues: {
    ':owner': text(lease.owner),
    ':epoch': integer(lease.epoch),
    ':zero': integer(0),
    ':one': integer(1),
  },
});

const visible = ({ resource, owner, epoch, address, expiresAt }: StoredLease): Lease => ({
  resource,
  owner,
  epoch,
  address,
  expiresAt,
});

const toLease = (item: Item): StoredLease => ({
  resource: textOf(item, 'resource'),
  owner: textOf(item, 'owner'),
  epoch: integerOf(item, 'epoch'),
  address: textOf(item, 'address'),
  expiresAt: integerOf(item, 'expiresAt'),
  version: integerOf(item, 'version'),
  ttlMs: integerOf(item, 'ttlMs'),
});
