/** A connection as the topics see it. */

export interface Subscriber {
  /** A whole frame; a consumer that does not keep up is cut instead of buffered for. */
  send(frame: string): void;
  /** Ends the connection: what it follows was interrupted and it must start again. */
  restart(reason: string): void;
}

/** A server frame as text. */
export const frameOf = (channel: string, data: unknown): string => JSON.stringify({ channel, data });
