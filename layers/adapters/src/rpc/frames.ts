/**
 * Frames of the internal RPC: msgpack over WebSocket, many frames per message (what one turn of the event loop
 * produced leaves in one write), bigints as they are. Private network only; the public doors speak JSON.
 */
import { Packr } from 'msgpackr/pack';

export type ClientFrame =
  | { readonly kind: 'request'; readonly id: number; readonly method: string; readonly params: unknown }
  | { readonly kind: 'subscribe'; readonly topic: string };

export type ServerFrame =
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly code: string; readonly message: string }
  | { readonly kind: 'event'; readonly topic: string; readonly payload: unknown };

/** A message larger than this is a bug of a peer, not data (bytes). */
export const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;

/** Bigints of any size: a number that a trader makes up must not end the process that passes it on. */
const packr = new Packr({ useRecords: false, int64AsType: 'bigint', useBigIntExtension: true });

export const encodeFrames = (frames: readonly (ClientFrame | ServerFrame)[]): Buffer => packr.pack(frames);

/** The frames of one message; throws where it is not msgpack of a list of tagged objects. */
export function decodeFrames<Frame extends ClientFrame | ServerFrame>(data: Uint8Array): readonly Frame[] {
  const frames: unknown = packr.unpack(data);
  if (!Array.isArray(frames) || !frames.every(isTagged)) throw new RpcError('BadRequest', 'not a list of frames');
  return frames as readonly Frame[];
}

function isTagged(frame: unknown): boolean {
  return typeof frame === 'object' && frame !== null && 'kind' in frame && typeof frame.kind === 'string';
}

/**
 * A failed call. `Timeout` and `Disconnected` mean *unknown*: the peer may have done it; repeat with the same
 * command id. Every other code was answered by the peer.
 */
export class RpcError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RpcError';
    this.code = code;
  }
}
