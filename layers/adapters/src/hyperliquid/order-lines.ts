/**
 * The connections orders leave by: one is always open and idle, so that an order costs one write, never a handshake.
 * One request at a time on each, nothing sent twice.
 */
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import { createAnswerReader } from '../aws/http-answer.ts';

export interface OrderLinesOptions {
  readonly isSecure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** An idle connection older than this is replaced: one the server is just closing would leave an order undecided; ms. */
  readonly idleMsMax: number;
}

export interface OrderLinesAnswer {
  readonly status: number;
  readonly bytes: Buffer;
}

export interface OrderLines {
  /**
   * Sends a whole request. Rejects with the socket's error, with `HttpAnswerError`, or with a plain error where the
   * connection ended or no whole answer came in time. `onSent`: the last byte went to the socket.
   */
  send(
    request: Buffer,
    options: { readonly timeoutMs: number; readonly onSent?: () => void },
  ): Promise<OrderLinesAnswer>;
  /** Opens the spare connection and keeps one open from now on. */
  warm(): void;
  close(): void;
}

interface Exchange {
  readonly read: ReturnType<typeof createAnswerReader>;
  readonly resolve: (answer: OrderLinesAnswer) => void;
  readonly reject: (cause: Error) => void;
  readonly deadline: NodeJS.Timeout;
}

interface Line {
  readonly socket: Socket;
  idleSince: number;
  exchange: Exchange | undefined;
}

/** Opens nothing before it is asked to; idle connections do not keep the process alive. */
export const createOrderLines = (options: OrderLinesOptions): OrderLines => new Lines(options);

class Lines implements OrderLines {
  readonly #options: OrderLinesOptions;
  readonly #lines = new Set<Line>();
  /** The one used last comes first. */
  #idle: Line[] = [];
  #keeping: NodeJS.Timeout | undefined;

  constructor(options: OrderLinesOptions) {
    this.#options = options;
  }

  send(request: Buffer, { timeoutMs, onSent }: Parameters<OrderLines['send']>[1]): Promise<OrderLinesAnswer> {
    const line = this.#take();
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => fail(line, new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
      line.exchange = { read: createAnswerReader(), resolve, reject, deadline };
      line.socket.ref();
      line.socket.write(request, (error) => {
        if (error === undefined || error === null) onSent?.();
      });
    });
  }

  warm(): void {
    this.#keeping ??= setInterval(() => this.#renewIdle(), this.#options.idleMsMax / 2).unref();
    this.#renewIdle();
  }

  close(): void {
    clearInterval(this.#keeping);
    this.#keeping = undefined;
    for (const { socket } of this.#lines) socket.destroy();
  }

  #take(): Line {
    for (let line = this.#idle.pop(); line !== undefined; line = this.#idle.pop()) {
      if (this.#isFresh(line)) {
        if (this.#idle.length === 0) setImmediate(() => this.#keepSpare());
        return line;
      }
      line.socket.destroy();
    }
    return this.#open();
  }

  #isFresh({ socket, idleSince }: Line): boolean {
    return !socket.destroyed && socket.writable && performance.now() - idleSince < this.#options.idleMsMax;
  }

  #renewIdle(): void {
    const [fresh, old] = [
      this.#idle.filter((line) => this.#isFresh(line)),
      this.#idle.filter((line) => !this.#isFresh(line)),
    ];
    this.#idle = fresh;
    for (const { socket } of old) socket.destroy();
    this.#keepSpare();
  }

  #keepSpare(): void {
    if (this.#keeping === undefined || this.#idle.length > 0) return;
    const line = this.#open();
    line.socket.unref();
    this.#idle.push(line);
  }

  #open(): Line {
    const line: Line = { socket: openSocket(this.#options), idleSince: performance.now(), exchange: undefined };
    const { socket } = line;
    this.#lines.add(line);
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#received(line, bytes));
    socket.on('error', (cause) => fail(line, cause));
    socket.on('close', () => {
      fail(line, new Error('connection closed before the answer'));
      this.#lines.delete(line);
      this.#idle = this.#idle.filter((other) => other !== line);
    });
    return line;
  }

  #received(line: Line, bytes: Buffer): void {
    const { exchange, socket } = line;
    // Bytes nobody asked for, as when a server says good-bye to an idle connection: it serves no order any more.
    if (exchange === undefined) return void socket.destroy();
    try {
      const answer = exchange.read(bytes);
      if (answer === undefined) return;
      line.exchange = undefined;
      clearTimeout(exchange.deadline);
      exchange.resolve({ status: answer.status, bytes: answer.bytes });
      if (answer.isLast) return void socket.destroy();
      line.idleSince = performance.now();
      socket.unref();
      this.#idle.push(line);
    } catch (cause) {
      fail(line, cause instanceof Error ? cause : new Error(String(cause)));
    }
  }
}

/** The exchange under way, if any, has no answer, and the connection serves no other. */
function fail(line: Line, cause: Error): void {
  const { exchange, socket } = line;
  line.exchange = undefined;
  socket.destroy();
  if (exchange === undefined) return;
  clearTimeout(exchange.deadline);
  exchange.reject(cause);
}

function openSocket({ isSecure, hostname, port }: OrderLinesOptions): Socket {
  const target = { host: hostname, port };
  if (!isSecure) return connectPlain(target);
  const servername = isIP(hostname) === 0 ? { servername: hostname } : {};
  return connectSecure({ ...target, ...servername, ALPNProtocols: ['http/1.1'] });
}
