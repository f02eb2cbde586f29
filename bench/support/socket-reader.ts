/** Thread: opens WebSocket connections and only counts the bytes that arrive, so that reading costs next to nothing. */
import { connect, type Socket } from 'node:net';
import { parentPort } from 'node:worker_threads';

export type ReaderQuestion =
  | { readonly kind: 'open'; readonly port: number; readonly connections: number }
  /** Answered when so many bytes have come since the last answer, over all connections. */
  | { readonly kind: 'await'; readonly bytes: number };
export type ReaderAnswer = 'ready';

let received = 0;
let awaited: number | undefined;

parentPort?.on('message', (question: ReaderQuestion) => {
  if (question.kind === 'await') {
    awaited = question.bytes;
    answerWhenComplete();
    return;
  }
  void Promise.all(Array.from({ length: question.connections }, () => open(question.port))).then(answer);
});

function answer(): void {
  parentPort?.postMessage('ready' satisfies ReaderAnswer);
}

function answerWhenComplete(): void {
  if (awaited === undefined || received < awaited) return;
  received -= awaited;
  awaited = undefined;
  answer();
}

function open(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1').setNoDelay();
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.write(
        'GET /ws HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n' +
          'sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
      );
    });
    socket.once('data', () => {
      countBytes(socket);
      resolve();
    });
  });
}

function countBytes(socket: Socket): void {
  socket.on('data', (chunk) => {
    received += chunk.length;
    answerWhenComplete();
  });
}
