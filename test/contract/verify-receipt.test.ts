/** The command-line verifier as a program: what it takes, says and exits with. */
import { execFile } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  bookHash,
  keyIdOf,
  type Receipt,
  type ReceiptBody,
  sealBatch,
  type VisibleBook,
} from '@perps/contracts/receipts';

const PROGRAM = resolve(import.meta.dirname, '../../scripts/verify-receipt.ts');
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const BOOK: VisibleBook = {
  coin: 'BTC',
  time: 1_763_719_200_000,
  levels: [
    [{ px: '99990', sz: '0.02', n: 1 }],
    [
      { px: '100010', sz: '0.02', n: 1 },
      { px: '100020', sz: '0.03', n: 2 },
    ],
  ],
};

/** 0.05 BTC, 0.02 of it at 100,010 and 0.03 at 100,020: 100,016 on average. */
const BODY: ReceiptBody = {
  version: 1,
  tradeId: 640,
  accountId: 'u0123456789abcdef0123',
  orderId: 128,
  symbol: 'BTC',
  side: 'buy',
  price: '100016.0',
  size: '0.05',
  szDecimals: 5,
  fee: '3.25052',
  builderFee: '1.00016',
  liquidity: 'taker',
  route: 'INTERNAL',
  rule: 'within_threshold',
  mode: 'NORMAL_MODE',
  thresholdUsed: '10000.0',
  policyVersion: 3,
  quote: {
    bid: '99990.0',
    ask: '100010.0',
    mark: '100000.0',
    oracle: '100001.0',
    quoteAgeMs: 12,
    markAgeMs: 480,
    bookHash: bookHash(BOOK),
  },
  routingLatencyMs: 2,
  journal: { shard: 0, seq: 17 },
  filledAt: 1_763_719_200_000,
  salt: '00112233445566778899aabbccddeeff',
};

function issue(...bodies: readonly ReceiptBody[]): readonly Receipt[] {
  const keyId = keyIdOf(publicKey.export({ type: 'spki', format: 'der' }));
  const batch = sealBatch(bodies, { shard: 0, fromSeq: 10, toSeq: 20, signedAt: 1_763_719_201_000, keyId });
  return batch.receipts(sign('sha256', batch.message, privateKey));
}

interface Run {
  readonly code: number;
  readonly output: string;
}

/** In an empty environment: it needs nothing but its files. */
function run(args: readonly string[], input = ''): Promise<Run> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      ['--conditions=source', PROGRAM, ...args],
      { cwd: tmpdir(), env: {} },
      (error, stdout, stderr) => done({ code: Number(error?.code ?? 0), output: `${stdout}${stderr}` }),
    );
    child.stdin?.end(input);
  });
}

describe('verify-receipt', () => {
  const dir = mkdtempSync(join(tmpdir(), 'perps-verify-'));
  const save = (name: string, content: unknown): string => {
    const file = join(dir, name);
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  };
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const [walked, best] = issue(BODY, { ...BODY, tradeId: 704, price: '100010.0' });
  let key: string;
  beforeAll(() => {
    key = save('key.pem', pem);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('says what a valid receipt says, and exits with 0', async () => {
    const { code, output } = await run(['--key', key, save('best.json', best)]);
    expect(code).toBe(0);
    for (const part of [
      'best.json: VALID',
      'buy 0.05 BTC at 100010.0 as taker',
      'route INTERNAL by within_threshold in NORMAL_MODE, threshold 10000.0 USD, policy version 3',
      'bid 99990.0 ask 100010.0 (12 ms old), mark 100000.0 (480 ms old), oracle 100001.0',
      'one of 2 fills',
    ]) {
      expect(output).toContain(part);
    }
  });

  it('exits with 3 where a price rests on deeper levels, with 0 where their book is given', async () => {
    const file = save('walked.json', walked);
    expect(await run(['--key', key, file])).toMatchObject({ code: 3, output: expect.stringContaining('SIGNED') });
    const proven = await run(['--key', key, '--book', save('book.json', BOOK), file]);
    expect(proven).toMatchObject({ code: 0, output: expect.stringContaining('VALID') });
    const other = save('other-book.json', { ...BOOK, time: 1 });
    expect(await run(['--key', key, '--book', other, file])).toMatchObject({ code: 3 });
  });

  it('exits with 1 where one of several is not valid, and judges all of them', async () => {
    const forged = save('forged.json', { ...best!, body: { ...best!.body, price: '100000.0' } });
    const { code, output } = await run(['--key', key, forged, save('no.json', 'no receipt'), save('best.json', best)]);
    expect(code).toBe(1);
    expect(output).toContain('forged.json: NOT VALID (NotInTree)');
    expect(output).toContain('no.json: NOT VALID (Malformed)');
    expect(output).toContain('best.json: VALID');
  });

  it('takes the door’s answer as key, standard input as receipt, and answers in JSON', async () => {
    const answer = save('key.json', { keyId: 'x', publicKey: pem });
    const { code, output } = await run(['--key', answer, '--json', '-'], JSON.stringify(best));
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ file: '-', isValid: true, basis: 'best-level' });
  });

  it.each([
    ['no key', ['best.json'], 'usage:'],
    ['no receipt', ['--key', 'key.pem'], 'usage:'],
    ['an unknown flag', ['--keys', 'key.pem'], 'usage:'],
    ['an absent file', ['--key', 'key.pem', 'absent.json'], 'cannot read'],
    ['a key that is none', ['--key', 'best.json', 'best.json'], 'no public key'],
    ['a book that is none', ['--key', 'key.pem', '--book', 'best.json', 'best.json'], 'no answer of l2Book'],
  ])('exits with 2 on %s', async (_name, args, text) => {
    save('best.json', best);
    const files = args.map((one) => (one.startsWith('-') ? one : join(dir, one)));
    const { code, output } = await run(files);
    expect({ code, output }).toEqual({ code: 2, output: expect.stringContaining(text) });
    expect(output).not.toMatch(/\n\s+at /);
  });
});
