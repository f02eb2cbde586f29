/**
 * Kept-alive connections to one endpoint, each with one request in flight and nothing sent twice. `node:http` does the
 * same for twice the processor time: a request and an answer are streams there, and both leave and arrive in one piece here.
 */
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import { createAnswerReader, HttpAnswerError, type HttpAnswer } from './http-answer.ts';

export interface HttpLinesOptions {
  readonly isSecure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** Longest silence after a request is sent, opening its connection included; ms. */
  readonly timeoutMs: number;
  readonly maxSockets: number;
  readonly keepAliveMs: number;
}

export interface HttpLines {
  /**
   * Sends a whole request once. Rejects with `HttpSilenceError`, `HttpAnswerError` or the socket's error; whether the
   * server got it is then unknown.
   */
  send(request: string, encoding: 'latin1' | 'utf8'): Promise<HttpAnswer>;
  /** Ends every connection; what is under way is rejected. */
  destroy(): void;
}

/** No answer, or no next part of it, in time. */
export class HttpSilenceError extends Error {
  readonly code = 'HttpSilence';
  override readonly name = 'TimeoutError';
}

interface Line {
  readonly isUsable: () => boolean;
  readonly exchange: (request: string, encoding: 'latin1' | 'utf8') => Promise<HttpAnswer>;
  readonly destroy: () => void;
}

/** Creates the connections as they are needed; idle ones do not keep the process alive. */
export function createHttpLines(options: HttpLinesOptions): HttpLines {
  const lines = new Set<Line>();
  const idle: Line[] = [];
  const waiting: (() => void)[] = [];

  const nextLine = async (): Promise<Line> => {
    for (let line = idle.pop(); line !== undefined; line = idle.pop()) if (line.isUsable()) return line;
    if (lines.size < options.maxSockets) {
      const line = openLine(options, () => {
        lines.delete(line);
        if (idle.includes(line)) idle.splice(idle.indexOf(line), 1);
        waiting.shift()?.();
      });
      lines.add(line);
      return line;
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
    return nextLine();
  };

  return {
    send: async (request, encoding) => {
      const line = await nextLine();
      try {
        return await line.exchange(request, encoding);
      } finally {
        if (line.isUsable()) {
          idle.push(line);
          waiting.shift()?.();
        }
      }
    },
    destroy: () => {
      for (const line of lines) line.destroy();
    },
  };
}

interface Exchange {
  readonly read: (bytes: Buffer) => HttpAnswer | undefined;
  readonly resolve: (answer: HttpAnswer) => void;
  readonly reject: (cause: unknown) => void;
  readonly timer: NodeJS.Timeout;
  /** The time is over and nothing has come since. */
  isSilent: boolean;
}

function openLine(options: HttpLinesOptions, onClosed: () => void): Line {
  const socket = openSocket(options);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, options.keepAliveMs);
  let exchange: Exchange | undefined;

  /** The exchange under way, if any, is over. */
  const ended = (): Exchange | undefined => {
    const over = exchange;
    exchange = undefined;
    clearTimeout(over?.timer);
    return over;
  };
  /** After anything but a whole answer the connection serves no other request. */
  const fail = (cause: unknown): void => {
    socket.destroy();
    ended()?.reject(cause);
  };
  const succeed = (answer: HttpAnswer): void => {
    if (answer.isLast) socket.destroy();
    else socket.unref();
    ended()?.resolve(answer);
  };

  /** A thread that was busy for that long finds the timer first and the bytes after it, so they get their turn. */
  const onSilence = (): void => {
    const silent = exchange;
    if (silent === undefined) return;
    silent.isSilent = true;
    setImmediate(() => {
      if (silent.isSilent && exchange === silent) fail(new HttpSilenceError(`no answer in ${options.timeoutMs} ms`));
    });
  };

  socket.on('data', (bytes: Buffer) => {
    if (exchange === undefined) return fail(new HttpAnswerError('an answer nobody asked for'));
    exchange.isSilent = false;
    exchange.timer.refresh();
    try {
      const answer = exchange.read(bytes);
      if (answer !== undefined) succeed(answer);
    } catch (cause) {
      fail(cause);
    }
  });
  socket.on('error', fail);
  socket.on('close', () => {
    fail(new HttpAnswerError('the connection ended before the answer'));
    onClosed();
  });

  return {
    isUsable: () => exchange === undefined && !socket.destroyed && socket.writable,
    destroy: () => socket.destroy(),
    exchange: (request, encoding) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(onSilence, options.timeoutMs);
        exchange = { read: createAnswerReader(), resolve, reject, timer, isSilent: false };
        socket.ref();
        socket.write(request, encoding);
      }),
  };
}

function openSocket({ isSecure, hostname, port }: HttpLinesOptions): Socket {
  const target = { host: hostname, port };
  if (!isSecure) return connectPlain(target);
  return connectSecure({
    ...target,
    ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
    ALPNProtocols: ['http/1.1'],
  });
}
