/** A command as it came by queue. */
export interface QueuedMessage {
  /** The queue's message id (for logs only; idempotency rests on the commandId inside the body). */
  readonly id: string;
  readonly body: string;
  /** Handle of this delivery, for delete and extend. */
  readonly receipt: string;
  /** 1 on the first delivery. */
  readonly attempts: number;
}

export interface QueuedCommand {
  readonly shard: number;
  /** Order is kept within a group: the account id, or `config`. */
  readonly groupId: string;
  readonly commandId: string;
  readonly body: string;
}

/** One shard's command queue as its owner reads it, and the queue of any shard as senders see it. */
export interface CommandQueue {
  receive(options: {
    readonly shard: number;
    /** 1 … 10. */
    readonly max: number;
    readonly waitMs: number;
    readonly signal?: AbortSignal;
  }): Promise<readonly QueuedMessage[]>;
  delete(message: { readonly shard: number; readonly receipt: string }): Promise<void>;
  /** Keeps the message invisible for so many more seconds from now. */
  extend(message: { readonly shard: number; readonly receipt: string; readonly seconds: number }): Promise<void>;
  send(command: QueuedCommand): Promise<void>;
}
