/** Receipts by trade, and the public key that verifies them: `GET /v1/receipts/:tradeId`, `GET /v1/receipts/key`. */
import type { ReceiptPublicKey } from '@perps/adapters/aws';
import { corsHeaders } from '@perps/contracts/hyperliquid';
import type { Logger } from '@perps/runtime/ports';
import type { ReceiptStore } from '@perps/runtime/receipts';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { IpBudget } from '../http/ip-budget.ts';

/** Where receipts are read and who signs them. */
export interface ReceiptSource {
  /** False: the door keeps receipts to itself, for they tell the route. The key is public always. */
  readonly isPublic: boolean;
  readonly store: Pick<ReceiptStore, 'find'>;
  readonly key: { publicKey(): Promise<ReceiptPublicKey> };
}

export interface ReceiptDoorOptions {
  readonly source: ReceiptSource;
  readonly budget: IpBudget;
  readonly logger: Logger;
}

/** One small read. */
const WEIGHT = 2;
/** Trade ids are whole numbers below 2⁵³. */
const TRADE_ID = /^[1-9]\d{0,15}$/;
/** A receipt never changes once it is there. */
const FOREVER = 'public, max-age=31536000, immutable';
/** The key may be replaced: nobody may hold the old one for long as if it were the newest. */
const A_WHILE = 'public, max-age=300';

interface Answer {
  readonly status: number;
  readonly body: object;
  readonly caching?: string;
}

const ERRORS = {
  MalformedTradeId: [400, 'A trade id is a whole number, the tid of a fill.'],
  ReceiptsPrivate: [403, 'Receipts are handed out on request here.'],
  ReceiptNotFound: [404, 'There is no receipt of this trade; that of a new fill takes a moment.'],
  RateLimited: [429, 'Too many requests from this address.'],
  Unavailable: [503, 'Receipts cannot be read now.'],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;

type ErrorCode = keyof typeof ERRORS;

/** Adds the routes; anybody may ask, as anybody may ask for fills: a receipt names an account by its id only. */
export function addReceiptRoutes(app: FastifyInstance, { source, budget, logger }: ReceiptDoorOptions): void {
  const answering =
    <Params>(answer: (params: Params) => Promise<Answer | ErrorCode>) =>
    async (request: { readonly ip: string; readonly id: string; readonly params: Params }, reply: FastifyReply) => {
      const told = budget.take(request.ip, WEIGHT)
        ? await guarded(() => answer(request.params), logger)
        : 'RateLimited';
      return send(reply, typeof told === 'string' ? refusal(told, request.id) : told);
    };
  app.get(
    '/v1/receipts/key',
    answering(async () => {
      const { keyId, publicKey } = await source.key.publicKey();
      const body = { keyId, algorithm: 'ECDSA_SHA_256', curve: 'P-256', publicKey };
      return { status: 200, body, caching: A_WHILE };
    }),
  );
  app.get<{ Params: { tradeId: string } }>(
    '/v1/receipts/:tradeId',
    answering(async ({ tradeId }: { readonly tradeId: string }) => {
      const id = Number(tradeId);
      if (!source.isPublic) return 'ReceiptsPrivate';
      if (!TRADE_ID.test(tradeId) || !Number.isSafeInteger(id)) return 'MalformedTradeId';
      const receipt = await source.store.find(id);
      return receipt === undefined ? 'ReceiptNotFound' : { status: 200, body: receipt, caching: FOREVER };
    }),
  );
}

/** Never in its own words: what failed is ours to know. */
async function guarded(answer: () => Promise<Answer | ErrorCode>, logger: Logger): Promise<Answer | ErrorCode> {
  try {
    return await answer();
  } catch (cause) {
    logger.error('receipt not read', {
      cause: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
    });
    return 'Unavailable';
  }
}

function refusal(code: ErrorCode, requestId: string): Answer {
  const [status, message] = ERRORS[code];
  return { status, body: { code, message, requestId } };
}

const send = (reply: FastifyReply, { status, body, caching = 'no-store' }: Answer): FastifyReply =>
  reply
    .code(status)
    .headers({ ...corsHeaders, 'cache-control': caching })
    .type('application/json')
    .send(JSON.stringify(body));
