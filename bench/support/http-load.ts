/** Thread: keeps a number of keep-alive connections busy with POST requests for a while, one request at a time each. */
import { connect, type Socket } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { createLatencies, microsecondsAt } from './timing.ts';

export interface HttpLoad {
  readonly port: number;
  readonly connections: number;
  readonly durationMs: number;
  readonly bodies: readonly string[];
}

export interface HttpLoadResult {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly failures: number;
}

parentPort?.on('message', (load: HttpLoad) => {
  void applyLoad(load).then((result) => parentPort?.postMessage(result));
});

async function applyLoad(load: HttpLoad): Promise<HttpLoadResult> {
  const requests = load.bodies.map((body) =>
    Buffer.from(
      `POST /exchange HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  );
  const latencies = createLatencies();
  const tally = { answers: 0, failures: 0, next: 0 };
  const start = performance.now();
  const deadline = start + load.durationMs;
  const drive = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      let sentAt = 0n;
      let pending = '';
      const send = () => {
        sentAt = process.hrtime.bigint();
        tally.next += 1;
        socket.write(requests[tally.next % requests.length] ?? '');
      };
      socket.on('data', (chunk) => {
        pending += chunk.toString('latin1');
        const length = answerLength(pending);
        if (length === undefined || pending.length < length) return;
        latencies.recordValue(Number(process.hrtime.bigint() - sentAt));
        tally.answers += 1;
        if (!pending.startsWith('HTTP/1.1 200')) tally.failures += 1;
        pending = pending.slice(length);
        if (performance.now() < deadline) send();
        else socket.end(resolve);
      });
      socket.once('error', reject);
      socket.once('connect', send);
    });
  await Promise.all(
    Array.from({ length: load.connections }, () => drive(connect(load.port, '127.0.0.1').setNoDelay())),
  );
  return {
    perSecond: (tally.answers * 1000) / (performance.now() - start),
    p50: microsecondsAt(latencies, 50),
    p99: microsecondsAt(latencies, 99),
    failures: tally.failures,
  };
}

/** Bytes of the first answer with its head; `undefined` until the head is complete. */
function answerLength(text: string): number | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const length = /content-length: (\d+)/i.exec(text.slice(0, headEnd))?.[1];
  return headEnd + 4 + Number(length ?? 0);
}
