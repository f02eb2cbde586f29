/** The control door: faults, prices, money. Not part of the venue's protocol; it listens on a port of its own. */
import fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { fail, invalid } from './control-answers.ts';
import { addFundingRoutes } from './control-funding.ts';
import { addMarketRoutes, type MarketControl } from './control-market.ts';
import { addMoneyRoutes } from './control-money.ts';
import { faultKinds, faultRequest, type Faults } from './faults.ts';
import { clearinghouseState } from './info/account-state.ts';
import { midOf } from './market.ts';
import { openOrderWire } from './order-wire.ts';
import { formatPx } from './ticks.ts';
import { depositedAccount } from './venue.ts';

const clearQuery = z.strictObject({ kind: z.enum(faultKinds).optional() });

export interface ControlServer {
  listen(options: {
    readonly host: string;
    readonly port: number;
  }): Promise<{ readonly host: string; readonly port: number }>;
  close(): Promise<void>;
}

interface ControlParts extends MarketControl {
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
  addMarketRoutes(app, parts);
  addFundingRoutes(app, parts);
  addMoneyRoutes(app, parts.venue);
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
