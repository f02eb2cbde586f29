/** Aliases of accounts (wallets and agents now; e-mails later). The conditional put makes an alias unique. */
import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { MalformedItemError, text, textOf, type Item } from './items.ts';

export type AliasKind = 'wallet' | 'agent';

export interface Alias {
  readonly kind: AliasKind;
  /** The address, in any case; stored lower case. */
  readonly address: string;
}

export interface Identity extends Alias {
  readonly accountId: string;
}

/** `taken` by another account; claiming again for the same account is `claimed`. */
export type ClaimOutcome = { readonly status: 'claimed' } | { readonly status: 'taken'; readonly accountId: string };

export interface IdentityStore {
  claim(identity: Identity): Promise<ClaimOutcome>;
  /** Consistent read; undefined = unknown alias. */
  get(alias: Alias): Promise<Identity | undefined>;
  /** The account an address may sign for, as main wallet first, then as agent. */
  findSigner(address: string): Promise<Identity | undefined>;
}

export interface DynamoIdentityOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

const aliasKey = ({ kind, address }: Alias): string => `${kind}:${address.toLowerCase()}`;

/** Creates the identity store over a table with key `alias` (`wallet:0x…`, `agent:0x…`). */
export function createDynamoIdentities({ client, tableName }: DynamoIdentityOptions): IdentityStore {
  const get = async (alias: Alias): Promise<Identity | undefined> => {
    const answer = await client.send(
      new GetItemCommand({ TableName: tableName, Key: { alias: text(aliasKey(alias)) }, ConsistentRead: true }),
    );
    return answer.Item === undefined ? undefined : toIdentity(answer.Item);
  };

  const claim = async (identity: Identity): Promise<ClaimOutcome> => {
    try {
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: { alias: text(aliasKey(identity)), kind: text(identity.kind), accountId: text(identity.accountId) },
          ConditionExpression: 'attribute_not_exists(#alias)',
          ExpressionAttributeNames: { '#alias': 'alias' },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return { status: 'claimed' };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException) || error.Item === undefined) throw error;
      const accountId = textOf(error.Item, 'accountId');
      return accountId === identity.accountId ? { status: 'claimed' } : { status: 'taken', accountId };
    }
  };

  return {
    claim,
    get,
    findSigner: async (address) => (await get({ kind: 'wallet', address })) ?? get({ kind: 'agent', address }),
  };
}

function toIdentity(item: Item): Identity {
  const [kind, address] = textOf(item, 'alias').split(':');
  if ((kind !== 'wallet' && kind !== 'agent') || address === undefined) {
    throw new MalformedItemError(`identity ${textOf(item, 'alias')}: unknown kind`);
  }
  return { kind, address, accountId: textOf(item, 'accountId') };
}
