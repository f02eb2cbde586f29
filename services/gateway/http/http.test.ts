import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Harness, startHarness } from '../testing/harness.ts';

const meta = { type: 'meta' };

describe('the HTTP door', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness();
  });
  afterAll(() => gateway.close());

  it.each([
    ['not JSON', '{"type":', {}, 400, 'Failed to parse the request body as JSON'],
    ['an unknown type', { type: 'nothing' }, {}, 422, 'Failed to deserialize the JSON body into the target type'],
    ['a list', [], {}, 422, 'Failed to deserialize the JSON body into the target type'],
    ['a number', '5', {}, 422, 'Failed to deserialize the JSON body into the target type'],
    ['null', 'null', {}, 422, 'Failed to deserialize the JSON body into the target type'],
    [
      'another media type',
      meta,
      { 'content-type': 'text/plain' },
      415,
      'Expected request with `Content-Type: application/json`',
    ],
    [
      'too long a body',
      JSON.stringify({ type: 'x'.repeat(300_000) }),
      {},
      413,
      'Failed to buffer the request body: length limit exceeded',
    ],
  ])('answers %s as the venue does', async (_name, body, headers: Record<string, string>, status, text) => {
    for (const path of ['/info', '/exchange']) {
      const answer = await gateway.post(path, body, headers);
      expect([answer.status, answer.text]).toEqual([status, text]);
      expect(answer.headers.get('content-type')).toContain('text/plain');
    }
  });

  it('answers a body without a type as malformed', async () => {
    const response = await fetch(`${gateway.url}/info`, { method: 'POST' });
    expect(response.status).toBe(415);
    await response.text();
  });

  it('lets browsers in', async () => {
    const answer = await gateway.post('/info', meta);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('vary')).toContain('origin');
    const preflight = await fetch(`${gateway.url}/exchange`, { method: 'OPTIONS' });
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([200, '*']);
    await preflight.text();
  });

  it('knows no other paths', async () => {
    const answer = await gateway.post('/admin', {});
    expect(answer.status).toBe(404);
  });

  it('is healthy while feed and shards answer, and says what is missing', async () => {
    const healthy = await (await fetch(`${gateway.url}/health`)).json();
    expect(healthy).toMatchObject({ status: 'ok', reasons: [], feed: { status: 'live' } });
    expect((healthy as { shards: unknown[] }).shards).toHaveLength(2);
    gateway.feed.publish({
      type: 'health',
      status: 'down',
      reasons: ['venue silent for 61 s'],
      venueTime: 1,
      receivedAt: 1,
      latencyMs: 0,
    });
    let response = await fetch(`${gateway.url}/health`);
    while (response.status === 200) {
      await response.text();
      response = await fetch(`${gateway.url}/health`);
    }
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      status: 'unavailable',
      reasons: ['market data is down: venue silent for 61 s'],
    });
  });
});

describe('the weight of an address', () => {
  it('is 429 with the body null when it is used up', async () => {
    const gateway = await startHarness({ weightPerMinute: 45 });
    expect((await gateway.post('/info', meta)).status).toBe(200);
    expect((await gateway.post('/info', meta)).status).toBe(200);
    const refused = await gateway.post('/info', meta);
    expect([refused.status, refused.text]).toEqual([429, 'null']);
    expect(refused.headers.get('content-type')).toContain('application/json');
    await gateway.close();
  });

  it('is counted per client behind the edge and the balancer', async () => {
    const gateway = await startHarness({ weightPerMinute: 45, trustProxy: true });
    const from = (client: string) => ({ 'x-forwarded-for': `6.6.6.6, ${client}, 10.0.0.1` });
    for (let call = 0; call < 2; call += 1) await gateway.post('/info', meta, from('1.1.1.1'));
    expect((await gateway.post('/info', meta, from('1.1.1.1'))).status).toBe(429);
    expect((await gateway.post('/info', meta, from('2.2.2.2'))).status).toBe(200);
    await gateway.close();
  });
});
