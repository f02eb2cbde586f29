import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ExchangeAction } from '@perps/contracts/hyperliquid';
import { addressOfKey, AGENT, ALICE, type Harness, nextNonce, startHarness, STRANGER } from '../testing/harness.ts';

const alice = addressOfKey(ALICE);
const agent = addressOfKey(AGENT);
const stranger = addressOfKey(STRANGER);
const CLOID = '0x1234567890abcdef1234567890abcdef';

type OrderAction = Extract<ExchangeAction, { type: 'order' }>;
type Wire = OrderAction['orders'][number];
const wire = (over: Partial<Wire> = {}): Wire => ({
  a: 0,
  b: true,
  p: '99000',
  s: '0.01',
  r: false,
  t: { limit: { tif: 'Gtc' } },
  ...over,
});
const order = (...orders: Wire[]): ExchangeAction => ({ type: 'order', orders, grouping: 'na' });
const errOf = (answer: { json: unknown }): unknown => (answer.json as { status: string; response: unknown }).response;
const statusesOf = (answer: { json: unknown }): unknown[] =>
  (answer.json as { response: { data: { statuses: unknown[] } } }).response.data.statuses;

describe('/exchange', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ engineTiming: { submitMs: 400, queryMs: 400, retryMs: 10, refreshMs: 1_000 } });
    gateway.engine.openAccount(alice, 1_000_000_000n);
  });
  afterAll(() => gateway.close());

  it('answers a resting order with our oid and the cloid', async () => {
    const answer = await gateway.act(ALICE, order(wire({ c: CLOID })));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.json).toEqual({
      status: 'ok',
      response: { type: 'order', data: { statuses: [{ resting: { oid: expect.any(Number), cloid: CLOID } }] } },
    });
  });

  it('sends the engine our own words with a command id of signer and nonce', async () => {
    const nonce = nextNonce();
    await gateway.act(ALICE, order(wire({ r: true, t: { limit: { tif: 'Alo' } } })), { nonce });
    expect(gateway.engine.commands.at(-1)).toMatchObject({
      type: 'PlaceOrders',
      commandId: `${alice}:${nonce}`,
      signed: { signer: alice, nonce, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      orders: [{ symbol: 'BTC', side: 'buy', size: 1000n, limitPrice: 990000n, timeInForce: 'ALO', reduceOnly: true }],
    });
  });

  it('answers a filled order with size and average price', async () => {
    const answer = await gateway.act(ALICE, order(wire({ p: '100001', t: { limit: { tif: 'FrontendMarket' } } })));
    expect(statusesOf(answer)).toEqual([{ filled: { totalSz: '0.01', avgPx: '100001.0', oid: expect.any(Number) } }]);
  });

  it('answers a pending order as resting', async () => {
    gateway.engine.answerNext({ kind: 'orders', orders: [{ status: 'pending', orderId: 77 }] });
    const answer = await gateway.act(ALICE, order(wire()));
    expect(statusesOf(answer)).toEqual([{ resting: { oid: 77 } }]);
  });

  it('keeps the order of statuses where some are refused before the engine', async () => {
    const answer = await gateway.act(ALICE, order(wire({ a: 78 }), wire(), wire({ a: 77 })));
    expect(statusesOf(answer)).toEqual([
      { error: 'Unknown asset. asset=78' },
      { resting: { oid: expect.any(Number) } },
      { error: 'Unknown asset. asset=77' },
    ]);
  });

  it('hands an entry with its take-profit and stop to the engine as one group', async () => {
    const child = (tpsl: 'tp' | 'sl', triggerPx: string, isMarket: boolean) =>
      wire({ b: false, r: true, t: { trigger: { isMarket, triggerPx, tpsl } } });
    gateway.engine.answerNext({
      kind: 'orders',
      orders: [
        { status: 'resting', orderId: 5 },
        { status: 'waitingForFill', orderId: 6 },
        { status: 'waitingForFill', orderId: 7 },
      ],
    });
    const orders = [wire(), child('tp', '110000', false), child('sl', '90000', true)];
    const answer = await gateway.act(ALICE, { type: 'order', orders, grouping: 'normalTpsl' });
    expect(statusesOf(answer)).toEqual([{ resting: { oid: 5 } }, 'waitingForFill', 'waitingForFill']);
    const command = gateway.engine.commands.at(-1);
    expect(command).toMatchObject({ type: 'PlaceOrders', grouping: 'normalTpsl' });
    expect(command?.type === 'PlaceOrders' && command.orders.map(({ trigger }) => trigger)).toEqual([
      undefined,
      { price: 1_100_000n, kind: 'takeProfit', isMarket: false },
      { price: 900_000n, kind: 'stop', isMarket: true },
    ]);
  });

  it('opens no entry whose stop cannot be read', async () => {
    const stop = wire({ a: 77, t: { trigger: { isMarket: true, triggerPx: '90000', tpsl: 'sl' } } });
    const before = gateway.engine.commands.length;
    const answer = await gateway.act(ALICE, { type: 'order', orders: [wire(), stop], grouping: 'normalTpsl' });
    expect(errOf(answer)).toBe('Unknown asset. asset=77');
    expect(gateway.engine.commands).toHaveLength(before);
  });

  it.each([
    ['an entry alone', 'normalTpsl', ['entry']],
    ['triggers without an entry', 'normalTpsl', ['tp', 'sl']],
    ['two stops', 'normalTpsl', ['entry', 'sl', 'sl']],
    ['a plain order for a position', 'positionTpsl', ['entry']],
  ] as const)('refuses %s as a group', async (_, grouping, kinds) => {
    const orders = kinds.map((kind) =>
      kind === 'entry' ? wire() : wire({ t: { trigger: { isMarket: true, triggerPx: '90000', tpsl: kind } } }),
    );
    const answer = await gateway.act(ALICE, { type: 'order', orders, grouping });
    expect(errOf(answer)).toBe('Unexpected number of trigger orders');
  });

  it('takes a size of zero only from the TP/SL of a position', async () => {
    const stop = wire({
      s: '0',
      b: false,
      r: true,
      t: { trigger: { isMarket: true, triggerPx: '90000', tpsl: 'sl' } },
    });
    expect(errOf(await gateway.act(ALICE, order(stop)))).toBe('Order has zero size.');
    gateway.engine.answerNext({ kind: 'orders', orders: [{ status: 'waitingForTrigger', orderId: 9 }] });
    const answer = await gateway.act(ALICE, { type: 'order', orders: [stop], grouping: 'positionTpsl' });
    expect(statusesOf(answer)).toEqual(['waitingForTrigger']);
  });

  it("moves isolated margin and the dead-man's switch", async () => {
    await gateway.act(ALICE, { type: 'updateIsolatedMargin', asset: 0, isBuy: true, ntli: -2_500_000 });
    expect(gateway.engine.commands.at(-1)).toMatchObject({
      type: 'AdjustIsolatedMargin',
      symbol: 'BTC',
      amount: -2_500_000n,
    });
    await gateway.act(ALICE, { type: 'scheduleCancel', time: 1_900_000_000_000 });
    expect(gateway.engine.commands.at(-1)).toMatchObject({ type: 'ScheduleCancel', cancelAllAt: 1_900_000_000_000 });
    await gateway.act(ALICE, { type: 'scheduleCancel' });
    expect(gateway.engine.commands.at(-1)).toMatchObject({ type: 'ScheduleCancel', cancelAllAt: undefined });
  });

  it.each([
    ['no orders', order(), 'Orders are empty.'],
    ['too many decimals in the price', order(wire({ p: '99000.12' })), 'Order has invalid price.'],
    ['a price of zero', order(wire({ p: '0' })), 'Order has invalid price.'],
    ['too many decimals in the size', order(wire({ s: '0.0000001' })), 'Order has invalid size.'],
    ['a size of zero', order(wire({ s: '0' })), 'Order has zero size.'],
    [
      'more than 200 items',
      order(...Array.from({ length: 201 }, () => wire())),
      'Signed action over weight limit of 200.',
    ],
  ])('refuses the whole request: %s', async (_name, action, text) => {
    const before = gateway.engine.commands.length;
    const answer = await gateway.act(ALICE, action);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({ status: 'err', response: text });
    expect(gateway.engine.commands).toHaveLength(before);
  });

  it('tells a refusal inside the statuses with the asset', async () => {
    gateway.engine.answerNext({
      kind: 'orders',
      orders: [{ status: 'refused', rejection: { reason: 'InsufficientMargin' } }],
    });
    const answer = await gateway.act(ALICE, order(wire({ a: 1 })));
    expect(statusesOf(answer)).toEqual([{ error: 'Insufficient margin to place order. asset=1' }]);
  });

  it('cancels by oid and by cloid, one status each', async () => {
    const placed = await gateway.act(ALICE, order(wire(), wire({ c: `0x${'ab'.repeat(16)}` })));
    const [first] = statusesOf(placed) as { resting: { oid: number } }[];
    const byOid = await gateway.act(ALICE, {
      type: 'cancel',
      cancels: [
        { a: 0, o: first!.resting.oid },
        { a: 0, o: 5 },
      ],
    });
    expect(byOid.json).toEqual({
      status: 'ok',
      response: {
        type: 'cancel',
        data: {
          statuses: ['success', { error: 'Order was never placed, already canceled, or filled. asset=0' }],
        },
      },
    });
    const byCloid = await gateway.act(ALICE, {
      type: 'cancelByCloid',
      cancels: [{ asset: 0, cloid: `0x${'ab'.repeat(16)}` }],
    });
    expect(statusesOf(byCloid)).toEqual(['success']);
  });

  it('modifies with default, and a batch like orders', async () => {
    const [placed] = statusesOf(await gateway.act(ALICE, order(wire()))) as { resting: { oid: number } }[];
    const modified = await gateway.act(ALICE, {
      type: 'modify',
      oid: placed!.resting.oid,
      order: wire({ p: '98000' }),
    });
    expect(modified.json).toEqual({ status: 'ok', response: { type: 'default' } });
    const batch = await gateway.act(ALICE, {
      type: 'batchModify',
      modifies: [{ oid: CLOID, order: wire({ p: '97000' }) }],
    });
    expect(statusesOf(batch)).toEqual([{ resting: { oid: expect.any(Number) } }]);
    gateway.engine.answerNext({ kind: 'refused', rejection: { reason: 'CannotModify' } });
    const late = await gateway.act(ALICE, { type: 'modify', oid: 5, order: wire() });
    expect(errOf(late)).toBe('Cannot modify canceled or filled order');
  });

  it('sets leverage, builder fee and referrer, and takes a noop', async () => {
    const done = { status: 'ok', response: { type: 'default' } };
    const leverage = await gateway.act(ALICE, { type: 'updateLeverage', asset: 0, isCross: false, leverage: 5 });
    expect(leverage.json).toEqual(done);
    const nonce = nextNonce();
    const builder = await gateway.act(
      ALICE,
      {
        type: 'approveBuilderFee',
        signatureChainId: '0x66eee',
        hyperliquidChain: 'Testnet',
        maxFeeRate: '0.01%',
        builder: stranger,
        nonce,
      },
      { nonce },
    );
    expect(builder.json).toEqual(done);
    expect((await gateway.act(ALICE, { type: 'setReferrer', code: 'X' })).json).toEqual(done);
    expect((await gateway.act(ALICE, { type: 'noop' })).json).toEqual(done);
  });

  describe('who signs', () => {
    const approve = (agentAddress: string, over: { nonce: number; agentName?: string }): ExchangeAction => ({
      type: 'approveAgent',
      signatureChainId: '0x66eee',
      hyperliquidChain: 'Testnet',
      agentAddress,
      agentName: over.agentName ?? '',
      nonce: over.nonce,
    });

    it('does not know a stranger, and names the recovered address', async () => {
      const answer = await gateway.act(STRANGER, order(wire()));
      expect(errOf(answer)).toBe(`User or API Wallet ${stranger} does not exist.`);
    });

    it('refuses what was signed for another network: it recovers somebody else', async () => {
      const before = gateway.engine.account(alice)?.orders;
      const answer = await gateway.act(ALICE, order(wire()), { network: 'Mainnet' });
      expect(errOf(answer)).toMatch(/^User or API Wallet 0x[0-9a-f]{40} does not exist\.$/);
      expect(errOf(answer)).not.toContain(alice);
      expect(gateway.engine.account(alice)?.orders).toEqual(before);
    });

    it('lets an approved agent trade for the account, and only after the approval', async () => {
      expect(errOf(await gateway.act(AGENT, order(wire())))).toBe(`User or API Wallet ${agent} does not exist.`);
      const nonce = nextNonce();
      const approved = await gateway.act(ALICE, approve(agent, { nonce }), { nonce });
      expect(approved.json).toEqual({ status: 'ok', response: { type: 'default' } });
      expect(statusesOf(await gateway.act(AGENT, order(wire())))).toEqual([{ resting: { oid: expect.any(Number) } }]);
      expect(gateway.engine.commands.at(-1)).toMatchObject({
        accountId: gateway.engine.account(alice)?.accountId,
        signed: { signer: agent },
      });
    });

    it('an agent cannot approve agents, and nobody without an account claims an address', async () => {
      const nonce = nextNonce();
      const byAgent = await gateway.act(AGENT, approve(stranger, { nonce }), { nonce });
      expect(errOf(byAgent)).toBe(`Must deposit before performing actions. User: ${agent}`);
      expect(gateway.identities.claims.has(`agent:${stranger}`)).toBe(false);
    });

    it('an address that belongs to another account is no agent', async () => {
      const bob = addressOfKey(`0x${'4'.repeat(64)}`);
      gateway.engine.openAccount(bob, 0n);
      const nonce = nextNonce();
      const taken = await gateway.act(`0x${'4'.repeat(64)}`, approve(agent, { nonce }), { nonce });
      expect(errOf(taken)).toBe('Extra agent already used.');
      const asOwner = nextNonce();
      const owner = await gateway.act(ALICE, approve(bob, { nonce: asOwner }), { nonce: asOwner });
      expect(errOf(owner)).toBe('Extra agent already used.');
    });

    it('refuses an agent that is already expired or valid for too long', async () => {
      for (const validUntil of [Date.now() - 1, Date.now() + 181 * 86_400_000]) {
        const nonce = nextNonce();
        const action = approve(stranger, { nonce, agentName: `bot valid_until ${validUntil}` });
        expect(errOf(await gateway.act(ALICE, action, { nonce }))).toBe('Agent valid_until already expired.');
      }
    });

    it('calls an answered action that comes again a duplicate, and gives an unanswered one its first answer', async () => {
      const nonce = nextNonce();
      await gateway.act(ALICE, order(wire()), { nonce });
      const before = gateway.engine.commands.length;
      const replayed = await gateway.act(ALICE, order(wire()), { nonce });
      expect(errOf(replayed)).toBe(`Invalid nonce: duplicate nonce ${nonce}`);
      expect(gateway.engine.commands).toHaveLength(before);

      const lost = nextNonce();
      gateway.engine.answerNext('never');
      expect((await gateway.act(ALICE, order(wire()), { nonce: lost })).status).toBe(504);
      const again = await gateway.act(ALICE, order(wire()), { nonce: lost });
      expect(statusesOf(again)).toEqual([{ resting: { oid: expect.any(Number) } }]);
    });

    it('tells the nonce rules', async () => {
      const nonce = nextNonce();
      gateway.engine.answerNext({ kind: 'refused', rejection: { reason: 'DuplicateNonce', nonce } });
      const duplicate = await gateway.act(ALICE, { type: 'noop' }, { nonce });
      expect(errOf(duplicate)).toBe(`Invalid nonce: duplicate nonce ${nonce}`);
      const tooHigh = await gateway.act(ALICE, { type: 'noop' }, { nonce: Date.now() + 2 * 86_400_000 });
      expect(errOf(tooHigh)).toMatch(/^Invalid nonce: nonce too high \d+ > \d+$/);
      const tooLow = await gateway.act(ALICE, { type: 'noop' }, { nonce: 2 });
      expect(errOf(tooLow)).toMatch(/^Invalid nonce: nonce too low 2 < \d+$/);
    });

    it('refuses expired actions, vaults and unsupported actions', async () => {
      const expired = await gateway.act(ALICE, order(wire()), { expiresAfter: Date.now() - 1 });
      expect(errOf(expired)).toBe('Action already expired');
      const vault = await gateway.act(ALICE, order(wire()), { vaultAddress: stranger });
      expect(errOf(vault)).toBe(`Vault not registered: ${stranger}`);
      const other = await gateway.act(ALICE, { type: 'reserveRequestWeight', weight: 1 });
      expect(errOf(other)).toBe('Action reserveRequestWeight is not supported.');
    });
  });

  describe('when the engine is not there', () => {
    it('repeats the same command where the owner refuses to own', async () => {
      gateway.engine.answerNext({ code: 'NotOwner' });
      const before = gateway.engine.commands.length;
      const answer = await gateway.act(ALICE, order(wire()));
      expect(statusesOf(answer)).toEqual([{ resting: { oid: expect.any(Number) } }]);
      const [first, second] = gateway.engine.commands.slice(before);
      expect(second).toEqual(first);
    });

    it('says 504 where the outcome is unknown', async () => {
      gateway.engine.answerNext('never');
      const answer = await gateway.act(ALICE, order(wire()));
      expect(answer.status).toBe(504);
    });

    it('does not say that nothing happened where an earlier attempt may have been done', async () => {
      const nonce = nextNonce();
      gateway.engine.answerNext('never');
      expect((await gateway.act(ALICE, order(wire()), { nonce })).status).toBe(504);
      for (let attempt = 0; attempt < 100; attempt += 1) gateway.engine.answerNext({ code: 'NotReady' });
      expect((await gateway.act(ALICE, order(wire()), { nonce })).status).toBe(504);
    });

    it('says that nothing happened where no engine took the command', async () => {
      for (let attempt = 0; attempt < 100; attempt += 1) gateway.engine.answerNext({ code: 'NotReady' });
      const answer = await gateway.act(ALICE, order(wire()));
      expect(errOf(answer)).toBe('Trading is temporarily unavailable. The action was not executed.');
    });
  });
});
