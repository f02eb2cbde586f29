/** The smallest client of the simulator, for its own tests: signs and posts, and says what came back. */
import { addressOf, signExchange, type ExchangeAction, type ExchangeAnswer } from '@perps/contracts/hyperliquid';

export interface Trader {
  readonly address: string;
  /** HTTP status and body; rejects where the connection dies. */
  send(action: ExchangeAction, envelope?: Envelope): Promise<{ readonly status: number; readonly body: unknown }>;
  /** The answer of an action that must reach the venue. */
  act(action: ExchangeAction, envelope?: Envelope): Promise<ExchangeAnswer>;
  ask(request: object): Promise<unknown>;
}

interface Envelope {
  readonly nonce?: number;
  readonly expiresAfter?: number;
}

export function createTrader(url: string, privateKey: string, startNonce = Date.now()): Trader {
  let nonce = startNonce;
  const post = async (path: string, body: object): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('application/json') === true;
    return { status: response.status, body: isJson ? JSON.parse(text) : text };
  };
  const send: Trader['send'] = (action, envelope = {}) => {
    nonce += 1;
    return post('/exchange', signExchange({ action, nonce, network: 'Testnet', privateKey, ...envelope }));
  };
  return {
    address: addressOf(privateKey),
    send,
    act: async (action, envelope) => (await send(action, envelope)).body as ExchangeAnswer,
    ask: async (request) => (await post('/info', request)).body,
  };
}

type OrderAction = Extract<ExchangeAction, { type: 'order' }>;
type Tif = 'Gtc' | 'Ioc' | 'Alo' | 'FrontendMarket';

/** An order action with one order. */
export function orderAction(order: {
  readonly asset: number;
  readonly isBuy: boolean;
  readonly price: string;
  readonly size: string;
  readonly tif?: Tif;
  readonly isReduceOnly?: boolean;
  readonly cloid?: string;
}): OrderAction {
  return {
    type: 'order',
    orders: [
      {
        a: order.asset,
        b: order.isBuy,
        p: order.price,
        s: order.size,
        r: order.isReduceOnly ?? false,
        t: { limit: { tif: order.tif ?? 'Gtc' } },
        ...(order.cloid === undefined ? {} : { c: order.cloid }),
      },
    ],
    grouping: 'na',
  };
}
