/** Actions that change how an account trades: leverage, builder fee, referrer; and `noop`, which only takes a nonce. */
import { errAnswer, errorTexts, okDefault } from '@perps/contracts/hyperliquid';
import type { DoorCommand } from '@perps/contracts/engine';
import type { CommandResult } from '@perps/domain/account';
import { usd } from '@perps/domain/money';
import { UNKNOWN_ASSET } from './answers.ts';
import { type ActionCall, type ActionOutcome, type ExchangeDeps, type SignedCall, submit } from './call.ts';

/** Submits a command that answers `default`. */
export function submitSetting(call: SignedCall, deps: ExchangeDeps, command: DoorCommand): Promise<ActionOutcome> {
  return submit(call, deps, { command, onResult: doneOrUnknown });
}

const doneOrUnknown = (result: CommandResult): ActionOutcome => (result.kind === 'done' ? okDefault() : 'unknown');

export async function updateLeverage(call: ActionCall<'updateLeverage'>, deps: ExchangeDeps): Promise<ActionOutcome> {
  const { asset, isCross, leverage } = call.action;
  const instrument = deps.markets.instrumentById(asset);
  if (instrument === undefined) return errAnswer(`${UNKNOWN_ASSET} asset=${asset}`);
  return submitSetting(call, deps, {
    ...call.command,
    type: 'UpdateLeverage',
    symbol: instrument.symbol,
    setting: { marginMode: isCross ? 'cross' : 'isolated', leverage },
  });
}

export function approveBuilderFee(call: ActionCall<'approveBuilderFee'>, deps: ExchangeDeps): Promise<ActionOutcome> {
  const { builder, maxFeeRate } = call.action;
  return submitSetting(call, deps, { ...call.command, type: 'ApproveBuilderFee', builder, feeRateMax: maxFeeRate });
}

export function setReferrer(call: ActionCall<'setReferrer'>, deps: ExchangeDeps): Promise<ActionOutcome> {
  return submitSetting(call, deps, { ...call.command, type: 'SetReferrer', code: call.action.code });
}

/** Dead-man's switch; without a time it is disarmed. */
export function scheduleCancel(call: ActionCall<'scheduleCancel'>, deps: ExchangeDeps): Promise<ActionOutcome> {
  return submitSetting(call, deps, { ...call.command, type: 'ScheduleCancel', cancelAllAt: call.action.time });
}

/** `ntli` is 10⁻⁶ USD, negative to remove. The side is the position's own. */
export async function updateIsolatedMargin(
  call: ActionCall<'updateIsolatedMargin'>,
  deps: ExchangeDeps,
): Promise<ActionOutcome> {
  const { asset, ntli } = call.action;
  const instrument = deps.markets.instrumentById(asset);
  if (instrument === undefined) return errAnswer(`${UNKNOWN_ASSET} asset=${asset}`);
  return submit(call, deps, {
    command: { ...call.command, type: 'AdjustIsolatedMargin', symbol: instrument.symbol, amount: usd(BigInt(ntli)) },
    onResult: doneOrUnknown,
    texts: { InsufficientMargin: errorTexts.marginIncrease },
  });
}

export function noop(call: SignedCall, deps: ExchangeDeps): Promise<ActionOutcome> {
  return submitSetting(call, deps, { ...call.command, type: 'Noop' });
}
