import { describe, expect, it } from '@jest/globals';
import type { ExchangeAction, LedgerUpdate, Portfolio, SpotClearinghouseState } from '@perps/contracts/hyperliquid';
import { answerInfo } from './info/index.ts';
import { ANN, ANN_ADDRESS, BOB_ADDRESS, ETH, limit, standingVenue } from './testing/standing-venue.ts';

type World = ReturnType<typeof standingVenue>;

const head = { signatureChainId: '0x66eee', hyperliquidChain: 'Testnet' as const };
const ledgerOf = ({ venue }: World, user: string) =>
  answerInfo(venue, { type: 'userNonFundingLedgerUpdates', user }) as LedgerUpdate[];
const spotOf = ({ venue }: World, user: string) =>
  answerInfo(venue, { type: 'spotClearinghouseState', user }) as SpotClearinghouseState;
const balance = (world: World, user: string) => world.state(user).withdrawable;

let userNonce = 1_000;

/** User-signed actions carry the nonce of their envelope. */
function userSigned(world: World, action: (nonce: number) => ExchangeAction) {
  userNonce += 1;
  const nonce = world.clock.now() + userNonce;
  return world.act(ANN, action(nonce), nonce);
}

describe('transfers', () => {
  it('pass USD from account to account, and both ledgers and streams say so', () => {
    const world = standingVenue();
    const answer = userSigned(world, (time) => ({
      type: 'usdSend',
      ...head,
      destination: BOB_ADDRESS,
      amount: '250.5',
      time,
    }));
    expect(answer).toEqual({ status: 'ok', response: { type: 'default' } });
    expect([balance(world, ANN_ADDRESS), balance(world, BOB_ADDRESS)]).toEqual(['9749.5', '10250.5']);
    const delta = { type: 'internalTransfer', usdc: '250.5', user: ANN_ADDRESS, destination: BOB_ADDRESS, fee: '0.0' };
    expect(ledgerOf(world, BOB_ADDRESS).at(-1)?.delta).toEqual(delta);
    expect(world.told(ANN_ADDRESS, 'ledger')[0]?.delta).toEqual(delta);
  });

  it('move USDC between the two wallets and on to another spot wallet', () => {
    const world = standingVenue();
    userSigned(world, (nonce) => ({ type: 'usdClassTransfer', ...head, amount: '100', toPerp: false, nonce }));
    expect(spotOf(world, ANN_ADDRESS).balances).toMatchObject([{ coin: 'USDC', total: '100.0' }]);
    const token = 'USDC:0x6d1e7cde53ba9467b783cb7c530ce054';
    userSigned(world, (time) => ({ type: 'spotSend', ...head, destination: BOB_ADDRESS, token, amount: '40', time }));
    expect(spotOf(world, BOB_ADDRESS).balances).toMatchObject([{ total: '40.0' }]);
    const back = { sourceDex: 'spot', destinationDex: '', token, fromSubAccount: '' };
    userSigned(world, (nonce) => ({
      type: 'sendAsset',
      ...head,
      destination: ANN_ADDRESS,
      ...back,
      amount: '60',
      nonce,
    }));
    expect(spotOf(world, ANN_ADDRESS).balances).toEqual([]);
    expect(balance(world, ANN_ADDRESS)).toBe('9960.0');
    expect(ledgerOf(world, ANN_ADDRESS).map(({ delta }) => delta.type)).toEqual([
      'deposit',
      'accountClassTransfer',
      'spotTransfer',
      'send',
    ]);
  });

  it('refuse what is not there', () => {
    const world = standingVenue();
    const tooMuch = userSigned(world, (nonce) => ({
      type: 'usdClassTransfer',
      ...head,
      amount: '10001',
      toPerp: false,
      nonce,
    }));
    expect(tooMuch).toEqual({ status: 'err', response: 'Insufficient balance for withdrawal' });
  });
});

describe('a portfolio', () => {
  it('remembers what the account was worth and gained, apart from what was paid in', async () => {
    const world = standingVenue();
    world.holdAt('4000');
    world.place(ANN, [limit({ isBuy: true, price: '4100', size: '1', tif: 'Ioc' })]);
    await world.pass(60_000);
    userSigned(world, (time) => ({ type: 'usdSend', ...head, destination: BOB_ADDRESS, amount: '1000', time }));
    world.holdAt('4100');
    await world.pass(60_000);
    const portfolio = new Map(answerInfo(world.venue, { type: 'portfolio', user: ANN_ADDRESS }) as Portfolio);
    const day = portfolio.get('day')!;
    const values = day.accountValueHistory.map(([, value]) => Number(value));
    expect(values.at(-1)! - values[0]!).toBeCloseTo(-900, 6);
    expect(Number(day.pnlHistory.at(-1)![1])).toBeCloseTo(100, 6);
    expect(Number(day.vlm)).toBeCloseTo(4000.1, 6);
    expect([...portfolio.keys()]).toContain('perpAllTime');
  });
});

describe('isolated margin', () => {
  it('is topped up to a target leverage, and only by what is missing', () => {
    const world = standingVenue();
    world.holdAt('4000');
    world.act(ANN, { type: 'updateLeverage', asset: ETH, isCross: false, leverage: 20 });
    const topUp = (leverage: string) => world.act(ANN, { type: 'topUpIsolatedOnlyMargin', asset: ETH, leverage });
    expect(topUp('10').response).toBe('Position does not use isolated margin.');
    world.place(ANN, [limit({ isBuy: true, price: '4100', size: '1', tif: 'Ioc' })]);
    expect(topUp('10').status).toBe('ok');
    const marginUsed = () => world.state(ANN_ADDRESS).assetPositions[0]?.position.marginUsed;
    expect(marginUsed()).toBe('400.0');
    expect(topUp('12.5').status).toBe('ok');
    expect(marginUsed()).toBe('400.0');
    expect(topUp('0.3').response).toBe('Account does not have sufficient margin available for increase.');
  });
});

describe('the dead man’s switch', () => {
  it('looks five seconds ahead, fires ten times a day and no more, and can be cleared', async () => {
    const world = standingVenue({ scheduleCancelVolume: 0 });
    const arm = (ms: number) => world.act(ANN, { type: 'scheduleCancel', time: world.clock.now() + ms });
    expect(arm(4_999).response).toBe('Scheduled cancel time too early, must be at least 5 seconds from now.');
    world.place(ANN, [limit({ isBuy: true, price: '3000', size: '1' })]);
    arm(5_000);
    world.act(ANN, { type: 'scheduleCancel' });
    await world.pass(6_000);
    expect(world.frontendOrders(ANN_ADDRESS)).toHaveLength(1);
    for (let firing = 0; firing < 10; firing += 1) {
      expect(arm(5_000).status).toBe('ok');
      await world.pass(5_001);
    }
    expect(world.frontendOrders(ANN_ADDRESS)).toEqual([]);
    expect(arm(5_000)).toMatchObject({ status: 'err' });
    await world.pass(86_400_000);
    expect(arm(5_000).status).toBe('ok');
  });

  it('says what has been traded in dollars and cents', () => {
    const world = standingVenue();
    world.holdAt('4000');
    world.place(ANN, [limit({ isBuy: true, price: '4100', size: '0.3333', tif: 'Ioc' })]);
    expect(world.act(ANN, { type: 'scheduleCancel', time: world.clock.now() + 9_000 }).response).toBe(
      'Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $1333.23.',
    );
  });
});
