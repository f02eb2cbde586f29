/** Funding by order: rates, and hours that end when a test says so. */
import { parseDecimal } from '@perps/domain/money';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { decimal, fail, invalid } from './control-answers.ts';
import type { MarketControl } from './control-market.ts';
import { HOUR_MS, settleFunding } from './funding.ts';
import { formatRate, fundingRateOf, RATE_DECIMALS } from './market.ts';
import { marketOfCoin } from './venue.ts';

const fundingRequest = z.strictObject({
  coin: z.string().min(1).max(32),
  /** Hourly, a fraction; null follows the book again. */
  rate: decimal.nullable(),
});
const hourRequest = z.strictObject({
  /** What the rows are stamped with, ms; the hour it falls into is then not settled again when it comes. */
  time: z.number().int().min(0).optional(),
  /** By coin: multiplies what is booked. */
  factor: z.record(z.string(), z.number()).optional(),
});

export function addFundingRoutes(app: FastifyInstance, control: MarketControl): void {
  const { venue } = control;
  app.post('/funding', async (request, reply) => {
    const parsed = fundingRequest.safeParse(request.body);
    if (!parsed.success) return invalid(reply, parsed.error);
    const { coin, rate } = parsed.data;
    const market = marketOfCoin(venue, coin);
    if (market === undefined || market.asset.isDelisted) {
      return fail(reply, { status: 404, code: 'UNKNOWN_COIN', message: `no live market ${coin}` });
    }
    const value = rate === null ? undefined : parseRate(rate);
    if (rate !== null && value === undefined) {
      return fail(reply, { status: 400, code: 'INVALID_RATE', message: 'rate must have at most ten decimals' });
    }
    market.fundingRate = value;
    control.publish();
    return reply.send({ coin, rate: formatRate(fundingRateOf(market)) });
  });
  app.post('/hour', async (request, reply) => {
    const parsed = hourRequest.safeParse(request.body ?? {});
    if (!parsed.success) return invalid(reply, parsed.error);
    const { time, factor } = parsed.data;
    const stamp = time ?? venue.clock.now();
    const payments = settleFunding(venue, { time: stamp, ...(factor === undefined ? {} : { factors: factor }) });
    if (time !== undefined && Math.floor(time / HOUR_MS) > venue.fundedHour) {
      venue.orderedHours.add(Math.floor(time / HOUR_MS));
    }
    venue.outbox.flush();
    control.engine.updateContexts();
    control.publish();
    return reply.send({ time: stamp, payments });
  });
}

/** A signed decimal in parts of 10¹⁰; JSON may have written a small one as `1e-7`. */
function parseRate(text: string): bigint | undefined {
  const plain = /e/i.test(text) ? Number(text).toFixed(RATE_DECIMALS) : text;
  return parseDecimal(plain, RATE_DECIMALS);
}
