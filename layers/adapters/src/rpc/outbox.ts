import { WebSocket } from 'ws';
import { type ClientFrame, encodeFrames, type ServerFrame } from './frames.ts';

/** A peer that does not read is cut off beyond this backlog, never buffered without bound (bytes). */
const BACKLOG_BYTES_MAX = 64 * 1024 * 1024;

export interface Outbox<Frame> {
  send(frame: Frame): void;
}

/** Gathers the frames of one turn and writes them as one message. */
export function createOutbox<Frame extends ClientFrame | ServerFrame>(socket: WebSocket): Outbox<Frame> {
  let waiting: Frame[] = [];
  const flush = (): void => {
    const frames = waiting;
    waiting = [];
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > BACKLOG_BYTES_MAX) {
      socket.terminate();
      return;
    }
    socket.send(encodeFrames(frames));
  };
  return {
    send(frame) {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push(frame);
    },
  };
}
