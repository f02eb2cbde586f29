import type { Receipt } from '@perps/contracts/receipts';
import type { ReadModelStore } from '../projection/index.ts';

/** Signs heads of receipt batches; one call per batch, whatever its number of fills. */
export interface ReceiptSigner {
  /** SHA-256 of the public key (SubjectPublicKeyInfo, DER), hex. */
  keyId(): Promise<string>;
  /** ECDSA over SHA-256 of the message, DER. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** A trade id that is taken by a receipt of another fill: the journal was changed. Nothing is overwritten. */
export class ReceiptConflictError extends Error {
  readonly code = 'ReceiptConflict';
  override readonly name = 'ReceiptConflictError';
}

export interface ReceiptStore {
  /**
   * Durable when it resolves; any order, any number of times. A receipt that is there already stays as it is.
   * @throws ReceiptConflictError where the one that is there is of another fill
   */
  write(receipts: readonly Receipt[]): Promise<void>;
  /** undefined = no such trade, or none yet. */
  find(tradeId: number): Promise<Receipt | undefined>;
}

/** How far receipts follow the journal. */
export type ReceiptCheckpoints = Pick<ReadModelStore, 'checkpoint' | 'advance'>;
