/** The control door: faults, prices, money. Not part of the venue's protocol; it listens on a port of its own. */
import { parseDecimal } from '@perps/domain/money';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { z } from 'zod';
import { faultKinds, faultRequest, type Faults } from './faults.ts';
import { clearinghouseState } from './info/account-state.ts';
import { midOf } from './market.ts';
import { openOrderWire } from './order-wire.ts';
import { formatMoney, formatPx } from './ticks.ts';
import { deposit, depositedAccount, marketOfCoin, randomHash, type Venue } from './venue.ts';

const MOVE_MS_MAX = 86_400_000;
const decimal = z.union([z.string(), z.number()]).transform(String);

const priceRequest = z.strictObject({
  coin: z.string().min(1).max(32),
  price: decimal,
  overMs: z.number().int().min(0).max(MOVE_MS_MAX).optional(),
});
const fundRequest = z.strictObject({
  address: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/)
    .transform((address) => address.toLowerCase()),
  /** USD; negative takes money away. */
  amount: decimal,
});
const clearQuery = z.strictObject({ kind: z.enum(faultKinds).optional() });

export interface ControlServer {
  listen(options: {
    readonly host: string;
    readonly port: number;
  }): Promise<{ readonly host: string; readonly port: number }>;
  close(): Promise<void>;
}

interface ControlParts {
  readonly venue: Venue;
  readonly faults: Faults;
  /** Counts of the doors, for `/state`. */
  readonly connectionCount: () => number;
}

export function createControlServer(parts: ControlParts): ControlServer {
  const app = fastify({ forceCloseConnections: true });
  app.setErrorHandler(async (error: { readonly statusCode?: number; readonly message?: string }, _request, reply) =>
    fail(reply, { status: error.statusCode ?? 500, code: 'BAD_REQUEST', message: error.message ?? 'bad request' }),
  );
  app.setNotFoundHandler(async (_request, reply) =>
    fail(reply, { status: 404, code: 'UNKNOWN_PATH', message: 'unknown path or method' }),
  );
  addFaultRoutes(app, parts.faults);
  addMarketRoutes(app, parts.venue);
  app.get('/state', async () => stateOf(parts));
  return {
    listen: async ({ host, port }) => {
      await app.listen({ host, port });
      const address = app.server.address();
      return { host, port: typeof address === 'object' && address !== null ? address.port : port };
    },
    close: () => app.close(),
  };
}

function addFaultRoutes(app: FastifyInstance, faults: Faults): void {
  app.post('/faults', async (request, reply) => {
    const parsed = faultRequest.safeParse(request.body);
    return parsed.success ? reply.code(201).send(faults.arm(parsed.data)) : invalid(reply, parsed.error);
  });
  app.get('/faults', async () => faults.list());
  app.delete('/faults', async (request, reply) => {
    const query = clearQuery.safeParse(request.query);
    if (!query.success) return invalid(reply, query.error);
    faults.clear(query.data.kind);
    return reply.send(faults.list());
  });
}

function addMarketRoutes(app: FastifyInstance, venue: Venue): void {
  app.post('/price', async (request, reply) => {
    const parsed = priceRequest.safeParse(request.body);
    if (!parsed.success) return invalid(reply, parsed.error);
    const { coin, overMs = 0 } = parsed.data;
    const usd = Number(parsed.data.price);
    const market = marketOfCoin(venue, coin);
    if (market === undefined || market.asset.isDelisted) {
      return fail(reply, { status: 404, code: 'UNKNOWN_COIN', message: `no live market ${coin}` });
    }
    if (!(usd > 0) || !Number.isFinite(usd)) {
      return fail(reply, { status: 400, code: 'INVALID_PRICE', message: 'price must be a positive number' });
    }
    market.process.moveTo({ usd, overMs, now: venue.clock.now() });
    return reply.send({ coin, from: market.process.current(), to: usd, overMs });
  });
  app.post('/fund', async (request, reply) => {
    const parsed = fundRequest.safeParse(request.body);
    if (!parsed.success) return invalid(reply, parsed.error);
    const amount = parseDecimal(parsed.data.amount, 6);
    if (amount === undefined) {
      return fail(reply, { status: 400, code: 'INVALID_AMOUNT', message: 'amount must have at most six decimals' });
    }
    const account = deposit(venue, parsed.data.address, amount);
    account.ledger.push({
      time: venue.clock.now(),
      hash: randomHash(venue),
      delta: { type: 'deposit', usdc: formatMoney(amount) },
    });
    venue.outbox.of(account.address);
    venue.outbox.flush();
    return reply.send({ address: account.address, rawUsd: formatMoney(account.rawUsd) });
  });
}

function stateOf({ venue, faults, connectionCount }: ControlParts): unknown {
  return {
    time: venue.clock.now(),
    connections: connectionCount(),
    faults: faults.list(),
    markets: venue.markets
      .filter((market) => !market.asset.isDelisted)
      .map((market) => ({
        coin: market.asset.name,
        mid: midOf(market),
        mark: formatPx(market.asset, market.mark),
        oracle: formatPx(market.asset, market.oracle),
        time: market.time,
      })),
    accounts: [...venue.accounts.keys()]
      .flatMap((address) => depositedAccount(venue, address) ?? [])
      .map((account) => ({
        address: account.address,
        state: clearinghouseState(venue, account),
        openOrders: venue.orders.open(account.address).map(openOrderWire),
        fills: account.fills.length,
        agents: account.agents,
      })),
  };
}

const invalid = (reply: FastifyReply, error: z.ZodError): FastifyReply =>
  fail(reply, {
    status: 400,
    code: 'INVALID_REQUEST',
    message: error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
  });

function fail(
  reply: FastifyReply,
  failure: { readonly status: number; readonly code: string; readonly message: string },
): FastifyReply {
  return reply.code(failure.status).send({ error: { code: failure.code, message: failure.message } });
}
