/** Answers of the HL-compatible door below the level of an action: texts and statuses as Hyperliquid gives them. */
import type { HttpFailure } from '@perps/contracts/hyperliquid';

export interface DoorAnswer {
  readonly status: number;
  readonly isJson: boolean;
  readonly body: string;
}

export const json = (value: unknown): DoorAnswer => ({ status: 200, isJson: true, body: JSON.stringify(value) });
/** A body that was serialised before (cached pictures of the market). */
export const jsonText = (body: string): DoorAnswer => ({ status: 200, isJson: true, body });

/** What the wire protocol refuses before any business is done. */
export const failed = ({ status, text, contentType }: HttpFailure): DoorAnswer => ({
  status,
  isJson: contentType.startsWith('application/json'),
  body: text,
});

/** Nobody answered in time. HL clients read 5xx as unknown, and for an action that is what it is. */
export const UNKNOWN_OUTCOME: DoorAnswer = {
  status: 504,
  isJson: false,
  body: 'Gateway timeout: the outcome is unknown',
};
/** A question about an account or the market that nobody can answer now. */
export const NO_ANSWER: DoorAnswer = { status: 503, isJson: false, body: 'Service unavailable' };
