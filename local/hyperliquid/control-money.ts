/** Money from nowhere: the control door's deposits. */
import { parseDecimal } from '@perps/domain/money';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { decimal, fail, invalid } from './control-answers.ts';
import { noteLedger } from './ledger.ts';
import { formatMoney } from './ticks.ts';
import { deposit, randomHash, type Venue } from './venue.ts';

const fundRequest = z.strictObject({
  address: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/)
    .transform((address) => address.toLowerCase()),
  /** USD; negative takes money away. */
  amount: decimal,
});

export function addMoneyRoutes(app: FastifyInstance, venue: Venue): void {
  app.post('/fund', async (request, reply) => {
    const parsed = fundRequest.safeParse(request.body);
    if (!parsed.success) return invalid(reply, parsed.error);
    const amount = parseDecimal(parsed.data.amount, 6);
    if (amount === undefined) {
      return fail(reply, { status: 400, code: 'INVALID_AMOUNT', message: 'amount must have at most six decimals' });
    }
    const account = deposit(venue, parsed.data.address, amount);
    noteLedger(venue, account, {
      time: venue.clock.now(),
      hash: randomHash(venue),
      delta: { type: 'deposit', usdc: formatMoney(amount) },
    });
    venue.outbox.flush();
    return reply.send({ address: account.address, rawUsd: formatMoney(account.rawUsd) });
  });
}
