/** The one door behind HTTP and `post`: reads a body, weighs it against the sender's budget, has it answered. */
import {
  type InfoRequest,
  type ExchangeRequest,
  internalError,
  parseExchangeRequest,
  parseInfoRequest,
  rateLimited,
  requestWeight,
  rowSurcharge,
} from '@perps/contracts/hyperliquid';
import type { Logger } from '@perps/runtime/ports';
import type { ActionOutcome } from '../exchange/call.ts';
import { type DoorAnswer, failed, json, UNKNOWN_OUTCOME } from './answer.ts';
import type { DoorHandler } from './http-server.ts';
import type { IpBudget } from './ip-budget.ts';

/** An info answer and how many rows it has (they cost extra weight). */
export interface InfoAnswer {
  readonly answer: DoorAnswer;
  readonly rows?: number;
}

export interface Door {
  readonly info: DoorHandler;
  readonly exchange: DoorHandler;
}

export interface DoorOptions {
  readonly answerInfo: (request: InfoRequest) => Promise<InfoAnswer>;
  readonly execute: (request: ExchangeRequest) => Promise<ActionOutcome>;
  readonly budget: IpBudget;
  readonly logger: Logger;
}

/** A failure of ours is told as the venue tells its own, and never in its own words. */
export function createDoor({ answerInfo, execute, budget, logger }: DoorOptions): Door {
  const guarded =
    (handler: DoorHandler): DoorHandler =>
    async (call) => {
      try {
        return await handler(call);
      } catch (cause) {
        logger.error('request failed', {
          cause: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
        });
        return failed(internalError());
      }
    };
  return {
    info: guarded(async ({ body, ip }) => {
      const parsed = parseInfoRequest(body);
      if (!budget.take(ip, parsed.ok ? requestWeight(parsed.request) : 1)) return failed(rateLimited());
      if (!parsed.ok) return failed(parsed);
      const { answer, rows = 0 } = await answerInfo(parsed.request);
      budget.charge(ip, rowSurcharge(parsed.request.type, rows));
      return answer;
    }),
    exchange: guarded(async ({ body, ip }) => {
      const parsed = parseExchangeRequest(body);
      if (!budget.take(ip, parsed.ok ? requestWeight(parsed.request) : 1)) return failed(rateLimited());
      if (!parsed.ok) return failed(parsed);
      const outcome = await execute(parsed.request);
      return outcome === 'unknown' ? UNKNOWN_OUTCOME : json(outcome);
    }),
  };
}
