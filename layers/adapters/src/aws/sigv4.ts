/** AWS Signature Version 4 for one kind of request: a POST of JSON to one path of one service. */
import { createHmac, hash } from 'node:crypto';

const ALGORITHM = 'AWS4-HMAC-SHA256';
const TERMINATOR = 'aws4_request';
const DAY_LENGTH = 'YYYYMMDD'.length;

export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined;
}

/** Where requests go; the same for a client's whole life. */
export interface SigningScope {
  readonly region: string;
  readonly service: string;
  /** As the `host` header says it: with the port where it is not the protocol's own. */
  readonly host: string;
  /** As it stands in the request line. */
  readonly path: string;
  readonly contentType: string;
}

export interface SigningRequest {
  /** `x-amz-target`: service version and operation. */
  readonly target: string;
  readonly body: string;
  /** Time of signing, ms since the epoch. */
  readonly at: number;
  readonly credentials: SigningCredentials;
}

const hmac = (key: Buffer | string, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/** The key of one day, region and service: four HMACs, which is why a signer keeps it. `day` is YYYYMMDD in UTC. */
export const deriveSigningKey = (
  secretAccessKey: string,
  scope: { readonly day: string; readonly region: string; readonly service: string },
): Buffer => hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, scope.day), scope.region), scope.service), TERMINATOR);

/** `20150830T123600Z` */
const amzDateOf = (second: number): string => new Date(second * 1_000).toISOString().replace(/[-:]|\.\d{3}/g, '');

/** Services other than S3 sign the path escaped once more than it is sent. */
const canonicalPathOf = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

/**
 * Creates a signer: it gives the header lines a request must carry, signature included, each with its line end. The body
 * is signed as UTF-8.
 */
export function createSigner(scope: SigningScope): (request: SigningRequest) => string {
  const { region, service, host, contentType } = scope;
  const canonicalHead = `POST\n${canonicalPathOf(scope.path)}\n\ncontent-type:${contentType}\nhost:${host}\n`;
  const headLines = `host: ${host}\r\ncontent-type: ${contentType}\r\n`;
  const dates = createDates();
  const keyOf = createKeyRing(scope);
  return ({ target, body, at, credentials }) => {
    const { sessionToken } = credentials;
    const date = dates(at);
    const day = date.slice(0, DAY_LENGTH);
    const bodyHash = hash('sha256', body, 'hex');
    const tokenLine = sessionToken === undefined ? '' : `x-amz-security-token:${sessionToken}\n`;
    const signed = `content-type;host;x-amz-content-sha256;x-amz-date;${sessionToken === undefined ? '' : 'x-amz-security-token;'}x-amz-target`;
    const canonical = `${canonicalHead}x-amz-content-sha256:${bodyHash}\nx-amz-date:${date}\n${tokenLine}x-amz-target:${target}\n\n${signed}\n${bodyHash}`;
    const credentialScope = `${day}/${region}/${service}/${TERMINATOR}`;
    const toSign = `${ALGORITHM}\n${date}\n${credentialScope}\n${hash('sha256', canonical, 'hex')}`;
    const signature = createHmac('sha256', keyOf(credentials, day)).update(toSign).digest('hex');
    const tokenHeader = sessionToken === undefined ? '' : `x-amz-security-token: ${sessionToken}\r\n`;
    return `${headLines}x-amz-content-sha256: ${bodyHash}\r\nx-amz-date: ${date}\r\nx-amz-target: ${target}\r\n${tokenHeader}authorization: ${ALGORITHM} Credential=${credentials.accessKeyId}/${credentialScope}, SignedHeaders=${signed}, Signature=${signature}\r\n`;
  };
}

/** Requests of one second share its text. */
function createDates(): (at: number) => string {
  let known = { second: Number.NaN, text: '' };
  return (at) => {
    const second = Math.floor(at / 1_000);
    if (second !== known.second) known = { second, text: amzDateOf(second) };
    return known.text;
  };
}

/** One derived key: of the day and the secret last used. */
function createKeyRing({ region, service }: SigningScope): (credentials: SigningCredentials, day: string) => Buffer {
  let known: { readonly day: string; readonly secretAccessKey: string; readonly key: Buffer } | undefined;
  return ({ secretAccessKey }, day) => {
    if (known?.day !== day || known.secretAccessKey !== secretAccessKey) {
      known = { day, secretAccessKey, key: deriveSigningKey(secretAccessKey, { day, region, service }) };
    }
    return known.key;
  };
}
