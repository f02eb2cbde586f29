/** What every action handler gets and gives. */
import {
  errAnswer,
  type ExchangeActionOf,
  type ExchangeActionType,
  type ExchangeAnswer,
} from '@perps/contracts/hyperliquid';
import type { DoorCommand } from '@perps/contracts/engine';
import type { CommandResult, Rejection, Signed } from '@perps/domain/account';
import type { Clock } from '@perps/runtime/ports';
import type { Accounts } from '../engine/accounts.ts';
import type { Engines } from '../engine/engines.ts';
import type { MarketCache } from '../market/market-cache.ts';
import type { AnsweredNonces } from './answered-nonces.ts';
import { type RefusalContext, refusalText, UNAVAILABLE } from './answers.ts';

export interface ExchangeDeps {
  readonly markets: MarketCache;
  readonly engines: Engines;
  readonly accounts: Accounts;
  readonly clock: Clock;
  readonly answered: AnsweredNonces;
}

/** Who signed, for which account, and what every command of the action carries. */
export interface SignedCall {
  readonly isUserSigned: boolean;
  readonly command: {
    readonly commandId: string;
    readonly accountId: string;
    readonly receivedAt: number;
    readonly signed: Signed;
  };
}

/** A verified action. */
export interface ActionCall<Type extends ExchangeActionType> extends SignedCall {
  readonly action: ExchangeActionOf<Type>;
}

/** `unknown`: the engine may or may not have done it. */
export type ActionOutcome = ExchangeAnswer | 'unknown';

/** Sends the command; a refusal of the whole becomes its text, anything else is for `onResult` to tell. */
export async function submit(
  call: SignedCall,
  deps: ExchangeDeps,
  request: {
    readonly command: DoorCommand;
    readonly onResult: (result: CommandResult) => ActionOutcome;
    /** Texts of this action where they are not those of orders. */
    readonly texts?: Readonly<Partial<Record<Rejection['reason'], string>>>;
  },
): Promise<ActionOutcome> {
  const { commandId } = request.command;
  const outcome = await deps.engines.submit(request.command);
  if (outcome.status === 'unknown') {
    deps.answered.leaveOpen(commandId);
    return 'unknown';
  }
  // What an earlier attempt may have done is not undone by nobody being there for this one.
  if (outcome.status === 'unavailable') return deps.answered.isOpen(commandId) ? 'unknown' : errAnswer(UNAVAILABLE);
  const rejection = outcome.result.kind === 'refused' ? outcome.result.rejection : undefined;
  deps.answered.remember(commandId, rejection);
  if (rejection === undefined) return request.onResult(outcome.result);
  if (rejection.reason === 'UnknownSigner') deps.accounts.forget(call.command.signed.signer);
  return errAnswer(request.texts?.[rejection.reason] ?? refusalText(rejection, whose(call)));
}

/** Whom a refusal is about. */
export const whose = (call: SignedCall): Pick<RefusalContext, 'signer' | 'isUserSigned'> => ({
  signer: call.command.signed.signer,
  isUserSigned: call.isUserSigned,
});
