import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDynamoIdentities } from '@perps/adapters/aws';
import { startEmulators, type Emulators } from '../support/emulators.ts';

const WALLET = `0x${'Ab'.repeat(20)}`;

describe('identities on DynamoDB', () => {
  let emulators: Emulators;
  beforeAll(async () => {
    emulators = await startEmulators();
  });
  afterAll(() => emulators.close());
  const create = async () =>
    createDynamoIdentities({
      client: emulators.dynamo,
      tableName: await emulators.createTable({ partition: 'alias' }),
    });

  it('gives an alias to the first who claims it, and to nobody else', async () => {
    const identities = await create();
    const claims = ['u1', 'u2', 'u3'].map((accountId) =>
      identities.claim({ kind: 'wallet', address: WALLET, accountId }),
    );
    const outcomes = await Promise.all(claims);
    expect(outcomes.filter(({ status }) => status === 'claimed')).toHaveLength(1);
    const owner = await identities.get({ kind: 'wallet', address: WALLET });
    expect(await identities.claim({ kind: 'wallet', address: WALLET, accountId: owner!.accountId })).toEqual({
      status: 'claimed',
    });
    expect(await identities.claim({ kind: 'wallet', address: WALLET, accountId: 'u9' })).toEqual({
      status: 'taken',
      accountId: owner!.accountId,
    });
  });

  it('finds a signer as wallet or as agent, in any case of letters', async () => {
    const identities = await create();
    expect(await identities.findSigner(WALLET)).toBeUndefined();
    await identities.claim({ kind: 'agent', address: WALLET, accountId: 'u1' });
    expect(await identities.findSigner(WALLET.toLowerCase())).toEqual({
      kind: 'agent',
      address: WALLET.toLowerCase(),
      accountId: 'u1',
    });
    await identities.claim({ kind: 'wallet', address: WALLET, accountId: 'u2' });
    expect(await identities.findSigner(WALLET)).toMatchObject({ kind: 'wallet', accountId: 'u2' });
  });
});
