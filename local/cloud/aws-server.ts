/** One small HTTP server for the AWS JSON protocols: `X-Amz-Target: Service.Operation`, no signature check. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Body = Readonly<Record<string, unknown>>;
export type Operation = (body: Body) => Promise<Body> | Body;
/** Operations by target, e.g. `TrentService.Sign`. */
export type Operations = Readonly<Record<string, Operation>>;

export interface RestRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Body;
}
/** Answers what has no target (REST protocols); undefined = not mine. */
export type RestHandler = (request: RestRequest) => Body | undefined;

/** An error as AWS answers it: the SDK throws an exception of this name. */
export class AwsError extends Error {
  override readonly name: string;
  readonly status: number;
  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

export interface AwsServer {
  readonly endpoint: string;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 2_000_000;

/** Starts the server on the port given (0 = any free one), on this machine only. */
export async function startAwsServer(options: {
  readonly port: number;
  readonly operations: Operations;
  readonly rest?: RestHandler;
}): Promise<AwsServer> {
  const server = createServer((request, response) => {
    void answer(request, response, options);
  });
  server.keepAliveTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { operations, rest }: { readonly operations: Operations; readonly rest?: RestHandler },
): Promise<void> {
  const send = (status: number, body: Body): void => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() });
    response.end(JSON.stringify(body));
  };
  try {
    const body = await readBody(request);
    const target = request.headers['x-amz-target'];
    if (typeof target === 'string') {
      const operation = Object.hasOwn(operations, target) ? operations[target] : undefined;
      if (operation === undefined) throw new AwsError('UnknownOperationException', `no operation ${target}`);
      send(200, await operation(body));
      return;
    }
    const found = rest?.({ method: request.method ?? 'GET', path: request.url ?? '/', body });
    if (found === undefined) throw new AwsError('UnknownOperationException', 'no such resource', 404);
    send(200, found);
  } catch (error) {
    const known = error instanceof AwsError ? error : new AwsError('InternalFailure', String(error), 500);
    send(known.status, { __type: known.name, message: known.message });
  }
}

async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > MAX_BODY_BYTES) throw new AwsError('RequestEntityTooLarge', 'body too large', 413);
  }
  if (length === 0) return {};
  try {
    const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Body;
  } catch {
    // Falls through: what is no JSON object is answered as AWS answers it.
  }
  throw new AwsError('SerializationException', 'the body is not a JSON object');
}

/** A required string of a request. */
export function requiredText(body: Body, field: string): string {
  const value = body[field];
  if (typeof value !== 'string' || value === '') throw new AwsError('ValidationException', `${field} is required`);
  return value;
}

/** A required blob of a request (base64 on the wire). */
export const requiredBytes = (body: Body, field: string): Buffer => Buffer.from(requiredText(body, field), 'base64');
