/** Refusals of the control door. */
import type { FastifyReply } from 'fastify';
import { z } from 'zod';

/** Numbers come as JSON numbers or as decimal texts. */
export const decimal = z.union([z.string(), z.number()]).transform(String);

export const invalid = (reply: FastifyReply, error: z.ZodError): FastifyReply =>
  fail(reply, {
    status: 400,
    code: 'INVALID_REQUEST',
    message: error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
  });

export function fail(
  reply: FastifyReply,
  failure: { readonly status: number; readonly code: string; readonly message: string },
): FastifyReply {
  return reply.code(failure.status).send({ error: { code: failure.code, message: failure.message } });
}
