/** Execution receipts, end to end: a fill, its receipt over HTTP, verified by the command-line tool with the public key. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accountIdOf } from '@perps/contracts/engine';
import { receipt as receiptSchema, type Receipt } from '@perps/contracts/receipts';
import {
  createMarket,
  createTrader,
  filledOf,
  type Market,
  restingOf,
  type Trader,
  useSystem,
} from '../support/scenario.ts';
import { eventually } from '../support/waiting.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const TEST_MS_MAX = 90_000;
const system = useSystem();

interface Run {
  readonly code: number;
  readonly output: string;
}

/** Runs the tool as its user would, with nothing of AWS in its environment. */
function verifyCli(...args: readonly string[]): Promise<Run> {
  const file = join(ROOT, 'scripts/verify-receipt.ts');
  return new Promise((done) => {
    execFile(
      process.execPath,
      ['--conditions=source', file, ...args],
      { cwd: tmpdir(), env: {} },
      (error, stdout, stderr) =>
        done({ code: error === null ? 0 : Number(error.code ?? -1), output: `${stdout}${stderr}` }),
    );
  });
}

describe('execution receipts', () => {
  const dir = mkdtempSync(join(tmpdir(), 'perps-receipts-'));
  const keyFile = join(dir, 'key.pem');
  let market: Market;
  let trader: Trader;

  beforeAll(async () => {
    market = createMarket(system());
    await market.set('BTC', 100_000);
    trader = await createTrader(system(), { balance: 50_000 });
    const response = await fetch(`${system().url}/v1/receipts/key`);
    const { publicKey } = (await response.json()) as { publicKey: string };
    writeFileSync(keyFile, publicKey);
  }, TEST_MS_MAX);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** The fill of an order as `userFills` tells it, and its receipt. */
  async function receiptOf(oid: number) {
    const fill = await eventually(`fill of ${oid}`, async () =>
      (await trader.info.userFills({ user: trader.address })).find((one) => one.oid === oid),
    );
    const receipt = await eventually(`receipt of ${fill.tid}`, async () => {
      const response = await fetch(`${system().url}/v1/receipts/${fill.tid}`);
      const body: unknown = await response.json();
      return response.status === 200 ? receiptSchema.parse(body) : undefined;
    });
    return { fill, receipt };
  }

  function save(name: string, receipt: unknown): string {
    const file = join(dir, `${name}.json`);
    writeFileSync(file, JSON.stringify(receipt));
    return file;
  }

  const expectSame = ({ body }: Receipt, fill: Awaited<ReturnType<typeof receiptOf>>['fill']): void => {
    expect(body).toMatchObject({
      tradeId: fill.tid,
      orderId: fill.oid,
      symbol: fill.coin,
      price: fill.px,
      size: fill.sz,
    });
    expect(body).toMatchObject({ accountId: accountIdOf(trader.address), side: fill.side === 'B' ? 'buy' : 'sell' });
    expect([body.fee, body.builderFee]).toEqual([fill.fee, fill.builderFee]);
    expect(JSON.stringify(body)).not.toContain(trader.address);
  };

  it(
    'of an order the platform takes: at the ask it names, with rule, version and latency',
    async () => {
      const { ask, bid } = await market.bbo('BTC');
      const { oid } = filledOf(await trader.order({ coin: 'BTC', isBuy: true, size: '0.05' }));
      const { fill, receipt } = await receiptOf(oid);
      expectSame(receipt, fill);
      const { body } = receipt;
      expect(body).toMatchObject({
        route: 'INTERNAL',
        liquidity: 'taker',
        rule: 'within_threshold',
        mode: 'NORMAL_MODE',
        thresholdUsed: '10000.0',
        policyVersion: expect.any(Number),
        routingLatencyMs: expect.any(Number),
      });
      expect([Number(body.price), Number(body.quote?.ask), Number(body.quote?.bid)]).toEqual([
        Number(ask),
        Number(ask),
        Number(bid),
      ]);
      expect(body.quote?.quoteAgeMs).toBeLessThanOrEqual(500);

      const valid = await verifyCli('--key', keyFile, save('internal', receipt));
      expect(valid).toMatchObject({ code: 0, output: expect.stringContaining('VALID') });
      expect(valid.output).toContain('not worse than the best price of the visible book');

      const better = { ...receipt, body: { ...body, price: '99000.0' } };
      const tampered = await verifyCli('--key', keyFile, save('tampered', better));
      expect(tampered).toMatchObject({ code: 1, output: expect.stringContaining('NOT VALID (NotInTree)') });
      const later = { ...receipt, head: { ...receipt.head, signedAt: receipt.head.signedAt + 1 } };
      expect(await verifyCli('--key', keyFile, save('later', later))).toMatchObject({
        code: 1,
        output: expect.stringContaining('NOT VALID'),
      });
    },
    TEST_MS_MAX,
  );

  it(
    'of an order that Hyperliquid filled, and of a resting one that the book came to',
    async () => {
      const large = filledOf(await trader.order({ coin: 'BTC', isBuy: true, size: '0.3' }));
      const venue = await receiptOf(large.oid);
      expectSame(venue.receipt, venue.fill);
      expect(venue.receipt.body).toMatchObject({
        route: 'HYPERLIQUID',
        rule: 'over_threshold',
        venue: { hash: venue.fill.hash, time: venue.fill.time },
      });

      // It closes what the platform took above, so it stays there however wild the market looks after the move.
      const { oid } = restingOf(
        await trader.order({ coin: 'BTC', isBuy: false, size: '0.01', price: '101000', tif: 'Gtc' }),
      );
      await market.set('BTC', 101_500);
      const resting = await receiptOf(oid);
      expectSame(resting.receipt, resting.fill);
      expect(resting.receipt.body).toMatchObject({
        route: 'INTERNAL',
        liquidity: 'maker',
        rule: 'closes_internal_position',
        price: '101000.0',
      });

      const files = [save('resting', resting.receipt), save('venue', venue.receipt)];
      const run = await verifyCli('--key', keyFile, ...files);
      expect(run).toMatchObject({ code: 0, output: expect.stringContaining('at its limit') });
      expect(run.output).toContain("Hyperliquid's own execution");
      const swapped = save('swapped', { ...resting.receipt, body: venue.receipt.body });
      expect(await verifyCli('--key', keyFile, ...files, swapped)).toMatchObject({
        code: 1,
        output: expect.stringContaining('NOT VALID'),
      });
    },
    TEST_MS_MAX,
  );

  it('are judged by the right key only, and wrong usage is told apart', async () => {
    const { generateKeyPairSync } = await import('node:crypto');
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const otherKey = join(dir, 'other.pem');
    writeFileSync(otherKey, publicKey.export({ type: 'spki', format: 'pem' }));
    const [fill] = await trader.info.userFills({ user: trader.address });
    const { receipt } = await receiptOf(fill!.oid);
    const file = save('again', receipt);
    expect(await verifyCli('--key', otherKey, file)).toMatchObject({
      code: 1,
      output: expect.stringContaining('signed with another key'),
    });
    expect(await verifyCli('--key', keyFile, join(dir, 'absent.json'))).toMatchObject({ code: 2 });
    expect(await verifyCli('--key', file, file)).toMatchObject({
      code: 2,
      output: expect.stringContaining('no public key'),
    });
    expect(await verifyCli(file)).toMatchObject({ code: 2, output: expect.stringContaining('usage:') });
    expect(await verifyCli('--help')).toMatchObject({ code: 0 });
  });

  it('of a trade that never was do not exist', async () => {
    const response = await fetch(`${system().url}/v1/receipts/4611686018427387`);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([404, 'ReceiptNotFound']);
  });
});
