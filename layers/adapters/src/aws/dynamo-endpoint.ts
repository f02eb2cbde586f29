/** Where, and with which credentials, an SDK client would send: asked of the client, so that its rules stay the only ones. */
import { ListTablesCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';

export interface DynamoEndpoint {
  readonly isSecure: boolean;
  readonly hostname: string;
  /** undefined = the protocol's own. */
  readonly port: number | undefined;
  readonly path: string;
  readonly region: string;
}

interface PreparedRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
}

/**
 * Prepares a request and looks at it instead of sending it: region, `AWS_ENDPOINT_URL_DYNAMODB`, endpoints of an account,
 * FIPS and dual stack are then what the SDK makes of them. Rejects where the SDK finds no region or endpoint.
 */
export async function resolveDynamoEndpoint(client: DynamoDBClient): Promise<DynamoEndpoint> {
  let prepared: PreparedRequest | undefined;
  const command = new ListTablesCommand({});
  command.middlewareStack.add(
    () =>
      ({ request }) => {
        if (isPreparedRequest(request)) prepared = request;
        return Promise.resolve({ response: {}, output: { $metadata: {} } });
      },
    { step: 'build', priority: 'high', name: 'dynamoEndpoint' },
  );
  await client.send(command);
  if (prepared === undefined) throw new Error('the SDK prepared no HTTP request');
  const { protocol, hostname, port, path } = prepared;
  return { isSecure: protocol === 'https:', hostname, port, path, region: await client.config.region() };
}

const isPreparedRequest = (request: unknown): request is PreparedRequest =>
  typeof request === 'object' &&
  request !== null &&
  'protocol' in request &&
  'hostname' in request &&
  'path' in request &&
  typeof request.hostname === 'string' &&
  typeof request.path === 'string';
