import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createSigner, deriveSigningKey } from './sigv4.ts';

interface Signed {
  readonly headers: Readonly<Record<string, string>>;
}

const headersIn = (lines: string): Record<string, string> =>
  Object.fromEntries(
    lines
      .split('\r\n')
      .filter((line) => line !== '')
      .map((line) => {
        const colon = line.indexOf(': ');
        return [line.slice(0, colon), line.slice(colon + 2)];
      }),
  );

const word = fc.stringMatching(/^[A-Za-z0-9+/=]{1,40}$/);
const request = fc.record({
  region: fc.constantFrom('us-east-1', 'eu-central-1', 'ap-southeast-3'),
  hostname: fc.constantFrom('dynamodb.eu-central-1.amazonaws.com', '127.0.0.1'),
  port: fc.option(fc.integer({ min: 1_024, max: 65_535 }), { nil: undefined }),
  path: fc.constantFrom('/', '/stage/', '/a%20b/c'),
  target: fc.constantFrom('DynamoDB_20120810.PutItem', 'DynamoDB_20120810.Query'),
  body: fc.oneof(fc.json(), fc.string({ unit: 'grapheme' })),
  at: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  accessKeyId: word,
  secretAccessKey: word,
  sessionToken: fc.option(word, { nil: undefined }),
});

describe('sigv4', () => {
  it('derives the key of the published example', () => {
    const scope = { day: '20150830', region: 'us-east-1', service: 'iam' };
    expect(deriveSigningKey('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', scope).toString('hex')).toBe(
      'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9',
    );
  });

  it('signs as the SDK does', async () => {
    await fc.assert(
      fc.asyncProperty(request, async ({ region, hostname, port, path, target, body, at, ...keys }) => {
        const credentials = {
          ...keys,
          ...(keys.sessionToken === undefined ? {} : { sessionToken: keys.sessionToken }),
        };
        const host = port === undefined ? hostname : `${hostname}:${port}`;
        const contentType = 'application/x-amz-json-1.0';
        const sign = createSigner({ region, service: 'dynamodb', host, path, contentType });
        const ours = headersIn(sign({ target, body, at, credentials }));
        const theirs = await signedBySdk(
          { region, hostname, path, body, headers: { host, 'content-type': contentType, 'x-amz-target': target } },
          { credentials, at },
        );
        expect(ours).toEqual(theirs);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps the key of a day and takes the next one at midnight UTC and with other credentials', () => {
    const scope = { region: 'us-east-1', service: 'dynamodb', host: 'h', path: '/', contentType: 'c' };
    const sign = createSigner(scope);
    const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
    const renewed = { accessKeyId: 'id2', secretAccessKey: 'secret2', sessionToken: 'token' };
    const midnight = Date.UTC(2026, 0, 2);
    const steps = [
      { at: midnight - 1, credentials },
      { at: midnight, credentials },
      { at: midnight, credentials: renewed },
      { at: midnight - 1, credentials },
    ];
    for (const step of steps) {
      const request = { target: 't', body: '{}', ...step };
      expect(sign(request)).toBe(createSigner(scope)(request));
    }
  });
});

/** Headers of the request after the signer of a real SDK client has been over it. */
async function signedBySdk(
  request: { region: string; hostname: string; path: string; body: string; headers: Record<string, string> },
  { credentials, at }: { credentials: { accessKeyId: string; secretAccessKey: string }; at: number },
): Promise<Signed['headers']> {
  const { region, ...parts } = request;
  const client = new DynamoDBClient({ region, credentials });
  const signer = await client.config.signer({
    name: 'sigv4',
    signingName: 'dynamodb',
    signingRegion: region,
    properties: {},
  });
  const unsigned = { method: 'POST', protocol: 'https:', query: {}, ...parts };
  const signed = await signer.sign(unsigned, { signingDate: new Date(at) });
  client.destroy();
  return signed.headers;
}
