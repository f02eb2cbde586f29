/** Thread: sends each request at its due time over keep-alive connections; latency counts from the due time. */
import { connect, type Socket } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { createLatencies, microsecondsAt } from './timing.ts';

export interface OpenLoad {
  readonly port: number;
  readonly connections: number;
  readonly perSecond: number;
  readonly bodies: readonly string[];
}

/** Times in microseconds. */
export interface OpenLoadResult {
  readonly answered: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** From writing the request to the answer: without what the load generator itself was late. */
  readonly sentP50: number;
  readonly sentP99: number;
  /** By text, what was not an answer with `"filled"`. */
  readonly errors: Readonly<Record<string, number>>;
}

interface Connection {
  readonly socket: Socket;
  pending: string;
  due: number;
  sentAt: number;
}

parentPort?.on('message', (load: OpenLoad) => {
  void applyLoad(load).then((result) => parentPort?.postMessage(result));
});

async function applyLoad(load: OpenLoad): Promise<OpenLoadResult> {
  const idle = await Promise.all(Array.from({ length: load.connections }, () => open(load.port)));
  const all = [...idle];
  const latencies = createLatencies();
  const services = createLatencies();
  const errors: Record<string, number> = {};
  const total = load.bodies.length;
  const stepMs = 1000 / load.perSecond;
  const start = performance.now() + 5;
  let sent = 0;
  let answered = 0;
  const finished = Promise.withResolvers<void>();

  const finish = (connection: Connection, text: string): void => {
    const now = performance.now();
    latencies.recordValue(Math.round((now - connection.due) * 1_000_000));
    services.recordValue(Math.round((now - connection.sentAt) * 1_000_000));
    answered += 1;
    const body = text.slice(text.indexOf('\r\n\r\n') + 4);
    if (!text.startsWith('HTTP/1.1 200') || !body.includes('"filled"')) {
      const error = `${text.slice(9, 12)} ${body}`.slice(0, 120);
      errors[error] = (errors[error] ?? 0) + 1;
    }
    idle.push(connection);
    if (answered === total) finished.resolve();
    else pump();
  };
  const pump = (): void => {
    const now = performance.now();
    while (sent < total && idle.length > 0 && start + sent * stepMs <= now) {
      const connection = idle.pop();
      if (connection === undefined) return;
      connection.due = start + sent * stepMs;
      connection.sentAt = now;
      connection.socket.write(requestOf(load.bodies[sent] ?? ''));
      sent += 1;
    }
  };
  for (const connection of all) {
    connection.socket.on('data', (chunk) => {
      connection.pending += chunk.toString('latin1');
      const length = answerLength(connection.pending);
      if (length === undefined || connection.pending.length < length) return;
      const text = connection.pending;
      connection.pending = '';
      finish(connection, text);
    });
    connection.socket.once('error', (error) => finished.reject(error));
    connection.socket.once('close', () => finished.reject(new Error('The server closed a connection.')));
  }
  const timer = setInterval(pump, 1);
  await finished.promise;
  clearInterval(timer);
  const perSecond = (total * 1000) / (performance.now() - start);
  for (const { socket } of all) socket.removeAllListeners('close').destroy();
  return {
    answered,
    perSecond,
    p50: microsecondsAt(latencies, 50),
    p99: microsecondsAt(latencies, 99),
    max: microsecondsAt(latencies, 100),
    sentP50: microsecondsAt(services, 50),
    sentP99: microsecondsAt(services, 99),
    errors,
  };
}

function open(port: number): Promise<Connection> {
  const socket = connect(port, '127.0.0.1').setNoDelay();
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve({ socket, pending: '', due: 0, sentAt: 0 });
    });
  });
}

const requestOf = (body: string): string =>
  `POST /exchange HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** Length of the first answer with its head; `undefined` until the head is complete. */
function answerLength(text: string): number | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const length = /content-length: (\d+)/i.exec(text.slice(0, headEnd))?.[1];
  return headEnd + 4 + Number(length ?? 0);
}
