/** The account's decisions: who may act, then the command by its name; nothing else is decided here. */
import { accept, type Decision, reject, unreachable } from '../kernel/index.ts';
import { depositTransfer } from '../ledger/index.ts';
import { approveAgent, checkSigned, shortHash } from './agents.ts';
import { cancelOrder } from './cancel.ts';
import type { AccountCommand } from './commands.ts';
import { type Draft, openDraft } from './draft.ts';
import { evolve } from './evolve.ts';
import type { AccountEvent } from './events.ts';
import { updateLeverage } from './leverage.ts';
import type { AccountState } from './model.ts';
import { modifyOrder } from './modify.ts';
import { placeOrders } from './grouping.ts';
import { checkRisk } from './check-risk.ts';
import { cancelAll, scheduleCancel } from './cancel-all.ts';
import { adjustIsolatedMargin } from './isolated-margin.ts';
import { resumeLiquidation } from './resume-liquidation.ts';
import { correctFunding, postFunding } from './post-funding.ts';
import { fireTrigger } from './triggers.ts';
import { expireOrder, fillResting } from './resting.ts';
import type { CommandResult, Rejection } from './results.ts';
import { initialState } from './state.ts';
import { cancelTwap, placeTwap, runTwapSlice } from './twap.ts';
import { sendVenueSlice } from './venue-slicing.ts';
import { bookVenueFill, resolveVenueOrder } from './venue-orders.ts';

/** A decision and what its sender is told. No events = nothing happened that anyone must remember. */
export interface AccountDecision {
  readonly events: readonly AccountEvent[];
  readonly result: CommandResult;
  /** The state after each event, where the decision has folded them already: the host need not do it again. */
  readonly states?: readonly AccountState[];
}

const DONE: CommandResult = { kind: 'done' };

/** Commands that come by queue: their refusals are journaled, so that a redelivery cannot be accepted later. */
const isQueued = ({ type }: AccountCommand): boolean =>
  type === 'OpenAccount' || type === 'CreditDeposit' || type === 'SetTradingState';

/**
 * Decides a command with its answer. A signed action consumes its nonce unless its signer is unknown or the nonce
 * itself is refused; all other refusals are facts of it.
 */
export function decideAccount(state: AccountState, command: AccountCommand): AccountDecision {
  const { signed } = command;
  if (state.owner === undefined && command.type !== 'OpenAccount') return refuse(command, { reason: 'UnknownAccount' });
  if (signed === undefined) return decideUnsigned(state, command);
  const rejection = checkSigned(state, command, signed);
  if (rejection !== undefined) return { events: [], result: { kind: 'refused', rejection } };
  const { signer, nonce, hash } = signed;
  const actionSigned: AccountEvent = { type: 'ActionSigned', signer, nonce, hash: shortHash(hash) };
  const after = evolve(state, actionSigned);
  const { events, result, states } = decideUnsigned(after, command);
  return {
    events: [actionSigned, ...events],
    result,
    ...(states === undefined ? {} : { states: [after, ...states] }),
  };
}

function decideUnsigned(state: AccountState, command: AccountCommand): AccountDecision {
  const decided = decideCommand(state, command);
  return 'reason' in decided ? refuse(command, decided) : decided;
}

function refuse(command: AccountCommand, rejection: Rejection): AccountDecision {
  const isFact = isQueued(command) || (command.signed !== undefined && rejection.reason !== 'UnknownAccount');
  return {
    events: isFact ? [{ type: 'CommandRefused', rejection }] : [],
    result: { kind: 'refused', rejection },
  };
}

function decideCommand(state: AccountState, command: AccountCommand): AccountDecision | Rejection {
  switch (command.type) {
    case 'OpenAccount':
      return openAccount(state, command);
    case 'CreditDeposit':
      return creditDeposit(state, command);
    case 'ApproveAgent': {
      const approved = approveAgent(state, command);
      return 'reason' in approved ? approved : { events: approved, result: DONE };
    }
    case 'ApproveBuilderFee':
      return {
        events: [{ type: 'BuilderFeeApproved', builder: command.builder, feeRateMax: command.feeRateMax }],
        result: DONE,
      };
    case 'SetReferrer':
      return {
        events: state.referrer === undefined ? [{ type: 'ReferrerSet', code: command.code }] : [],
        result: DONE,
      };
    case 'Noop':
      return { events: [], result: DONE };
    case 'SetTradingState':
      return setTradingState(state, command);
    case 'ResumeLiquidation':
      return { events: resumeLiquidation(state, command.scope), result: DONE };
    default:
      return decideTrading(openDraft(state, command), command);
  }
}

type TradingCommand = Extract<AccountCommand, { context: unknown }>;

/** Commands that look at the market. Several orders of one command are decided one after another. */
function decideTrading(draft: Draft, command: TradingCommand): AccountDecision | Rejection {
  switch (command.type) {
    case 'PlaceOrders':
      return drafted(draft, { kind: 'orders', orders: placeOrders(draft, command) });
    case 'CancelOrders': {
      const cancels = command.targets.map((target) => cancelOrder(draft, target));
      return drafted(draft, { kind: 'cancels', cancels });
    }
    case 'ModifyOrders': {
      const orders = command.modifies.map((modify) => modifyOrder(draft, modify));
      return drafted(draft, { kind: 'orders', orders });
    }
    case 'CancelAll':
      return drafted(draft, { kind: 'cancels', cancels: cancelAll(draft, command) });
    case 'ScheduleCancel':
      return settled(draft, scheduleCancel(draft, command.cancelAllAt));
    case 'PlaceTwap':
      return drafted(draft, { kind: 'twap', twap: placeTwap(draft, command) });
    case 'CancelTwap':
      return drafted(draft, { kind: 'twap', twap: cancelTwap(draft, command) });
    case 'UpdateLeverage':
      return settled(draft, updateLeverage(draft, command));
    case 'AdjustIsolatedMargin':
      return settled(draft, adjustIsolatedMargin(draft, command));
    default:
      return decideReaction(draft, command);
  }
}

/** What the host asks because the market, the venue or the hour says so. */
function decideReaction(
  draft: Draft,
  command: Exclude<
    TradingCommand,
    {
      type:
        | 'PlaceOrders'
        | 'CancelOrders'
        | 'ModifyOrders'
        | 'CancelAll'
        | 'ScheduleCancel'
        | 'PlaceTwap'
        | 'CancelTwap'
        | 'UpdateLeverage'
        | 'AdjustIsolatedMargin';
    }
  >,
): AccountDecision | Rejection {
  switch (command.type) {
    case 'FireTrigger':
      return settled(draft, fireTrigger(draft, command.orderId));
    case 'RunTwapSlice':
      return settled(draft, runTwapSlice(draft, command.twapId));
    case 'CheckRisk':
      return settled(draft, checkRisk(draft));
    case 'PostFunding':
      return settled(draft, postFunding(draft, command.routes));
    case 'CorrectFunding':
      return settled(draft, correctFunding(draft, command));
    case 'FillResting':
      return settled(draft, fillResting(draft, command.orderId));
    case 'SendVenueSlice':
      return settled(draft, sendVenueSlice(draft, command.orderId));
    case 'ExpireOrder':
      return settled(draft, expireOrder(draft, command.orderId));
    case 'BookVenueFill':
      return settled(draft, bookVenueFill(draft, command.venueCloid, command.fill));
    case 'ResolveVenueOrder':
      return settled(draft, resolveVenueOrder(draft, command.venueCloid, command.fate));
    default:
      return unreachable(command);
  }
}

const settled = (draft: Draft, rejection: Rejection | undefined): AccountDecision | Rejection =>
  rejection ?? drafted(draft, DONE);

const drafted = ({ events, states }: Draft, result: CommandResult): AccountDecision => ({ events, result, states });

function openAccount(
  state: AccountState,
  command: Extract<AccountCommand, { type: 'OpenAccount' }>,
): AccountDecision | Rejection {
  if (state.owner === command.owner) return { events: [], result: DONE };
  if (state.owner !== undefined) return { reason: 'UnknownSigner', signer: command.owner };
  return { events: [{ type: 'AccountOpened', owner: command.owner }], result: DONE };
}

/** Credits a deposit once, for ever, by its own id. */
function creditDeposit(
  state: AccountState,
  command: Extract<AccountCommand, { type: 'CreditDeposit' }>,
): AccountDecision | Rejection {
  const { depositId, chain, amount } = command;
  if (state.deposits.includes(depositId)) return { events: [], result: DONE };
  if (amount <= 0n) return { reason: 'InvalidSize' };
  const transfers = [depositTransfer({ ref: depositId, chain, amount })];
  return { events: [{ type: 'DepositCredited', depositId, amount, transfers }], result: DONE };
}

/** Set by risk or operators; the same state again is no fact. */
function setTradingState(
  state: AccountState,
  { tradingState, cause }: Extract<AccountCommand, { type: 'SetTradingState' }>,
): AccountDecision {
  if ((state.tradingState ?? 'ACTIVE') === tradingState) return { events: [], result: DONE };
  return { events: [{ type: 'TradingStateSet', tradingState, cause }], result: DONE };
}

/** The account as a decider: one stream, one owner, one consistency boundary. */
export const accountDecider = {
  initialState,
  evolve,
  decide(state: AccountState, command: AccountCommand): Decision<AccountEvent, Rejection> {
    const { events, result } = decideAccount(state, command);
    return events.length === 0 && result.kind === 'refused' ? reject(result.rejection) : accept(...events);
  },
};
