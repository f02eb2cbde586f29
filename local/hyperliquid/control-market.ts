/** Prices by order: moves, markets that stand still, and marks that are wrong. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { decimal, fail, invalid } from './control-answers.ts';
import type { VenueEngine } from './engine.ts';
import { publishedMark, type Market } from './market.ts';
import { formatPx, priceFromUsd, stepAt } from './ticks.ts';
import { marketOfCoin, type Venue } from './venue.ts';

const MOVE_MS_MAX = 86_400_000;
/** How long a false mark stays where nothing is said. */
const PRINT_MS = 200;

const priceRequest = z.strictObject({
  coin: z.string().min(1).max(32),
  /** USD. */
  price: decimal.optional(),
  overMs: z.number().int().min(0).max(MOVE_MS_MAX).optional(),
  hold: z.boolean().optional(),
  /** Distance of the best quotes from a held price, USD; a tick without it. */
  spread: decimal.optional(),
  /** USD; published instead of the real mark for `ms`. */
  mark: decimal.optional(),
  ms: z.number().int().min(1).max(MOVE_MS_MAX).optional(),
});
type PriceRequest = z.infer<typeof priceRequest>;

export interface MarketControl {
  readonly venue: Venue;
  readonly engine: VenueEngine;
  /** Publishes the markets as they are now, without waiting for the next block. */
  readonly publish: () => void;
  /** Aborted when the simulator closes. */
  readonly stopped: AbortSignal;
}

export function addMarketRoutes(app: FastifyInstance, control: MarketControl): void {
  app.post('/price', async (request, reply) => {
    const parsed = priceRequest.safeParse(request.body);
    if (!parsed.success) return invalid(reply, parsed.error);
    const market = marketOfCoin(control.venue, parsed.data.coin);
    if (market === undefined || market.asset.isDelisted) {
      return fail(reply, { status: 404, code: 'UNKNOWN_COIN', message: `no live market ${parsed.data.coin}` });
    }
    return setPrice(control, reply, { market, request: parsed.data });
  });
}

interface PriceOrder {
  readonly market: Market;
  readonly request: PriceRequest;
}

function setPrice(control: MarketControl, reply: FastifyReply, order: PriceOrder): FastifyReply {
  const { market, request } = order;
  const wrong = [request.price, request.mark, request.spread].find((text) => text !== undefined && !isPositive(text));
  const hasPrice = request.price !== undefined || request.mark !== undefined || request.hold === false;
  if (wrong !== undefined || !hasPrice) {
    return fail(reply, { status: 400, code: 'INVALID_PRICE', message: 'price must be a positive number' });
  }
  const from = market.process.current();
  if (request.mark !== undefined)
    publishFalseMark(control, market, { usd: Number(request.mark), ms: request.ms ?? PRINT_MS });
  if (request.hold === true && request.price !== undefined) hold(control, order);
  else if (request.hold === false || request.price !== undefined) letGo(control, order);
  return reply.send({ coin: request.coin, from, ...pictureOf(market, request) });
}

const isPositive = (text: string): boolean => Number(text) > 0 && Number.isFinite(Number(text));

function pictureOf(market: Market, request: PriceRequest): object {
  const { asset } = market;
  return {
    to: request.price === undefined ? market.process.current() : Number(request.price),
    overMs: request.overMs ?? 0,
    hold: market.hold !== undefined,
    mark: formatPx(asset, publishedMark(market)),
    oracle: formatPx(asset, market.oracle),
  };
}

function hold(control: MarketControl, { market, request }: PriceOrder): void {
  const { asset } = market;
  const price = priceFromUsd(asset, Number(request.price));
  const step = stepAt(asset, price);
  const wished = request.spread === undefined ? step : priceFromUsd(asset, Number(request.spread));
  const spread = wished < step ? step : wished - (wished % step);
  control.engine.hold(market, { price, spread });
  settle(control);
}

/** Ends a hold, and leads the market to a price where one is given. */
function letGo(control: MarketControl, { market, request }: PriceOrder): void {
  if (market.hold !== undefined) control.engine.release(market);
  if (request.price === undefined) return;
  const move = { usd: Number(request.price), overMs: request.overMs ?? 0, now: control.venue.clock.now() };
  market.process.moveTo(move);
}

/** Lets everything that hangs on the marks happen before the answer. */
function settle(control: MarketControl): void {
  control.engine.updateContexts();
  control.publish();
}

/** Publishes a mark that is not so; the true one comes back after `ms`. */
function publishFalseMark(
  control: MarketControl,
  market: Market,
  print: { readonly usd: number; readonly ms: number },
): void {
  const mark = priceFromUsd(market.asset, print.usd);
  market.falseMark = mark;
  control.publish();
  void control.venue.clock.sleep(print.ms, control.stopped).then(() => {
    if (control.stopped.aborted) return;
    if (market.falseMark === mark) market.falseMark = undefined;
    control.publish();
  });
}
