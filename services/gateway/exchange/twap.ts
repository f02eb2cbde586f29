/** `twapOrder` and `twapCancel`: what is wrong with the TWAP itself is told inside the answer, as at the venue. */
import { errAnswer, errorTexts, okTwap } from '@perps/contracts/hyperliquid';
import type { TwapOutcome } from '@perps/domain/account';
import type { Instrument } from '@perps/domain/market';
import { parseSize } from '@perps/domain/money';
import { refusalText, UNKNOWN_ASSET } from './answers.ts';
import { type ActionCall, type ActionOutcome, type ExchangeDeps, type SignedCall, submit, whose } from './call.ts';

const NO_CONDITIONS = 'TWAP orders with a trigger or a stop price are not supported.';

export async function twapOrder(call: ActionCall<'twapOrder'>, deps: ExchangeDeps): Promise<ActionOutcome> {
  const { twap, details } = call.action;
  const instrument = deps.markets.instrumentById(twap.a);
  if (instrument === undefined) return errAnswer(`${UNKNOWN_ASSET} asset=${twap.a}`);
  const size = parseSize(twap.s, instrument.szDecimals);
  if (size === undefined) return errAnswer(errorTexts.requestInvalidSize);
  // Without them it would do something else than was asked for.
  const isConditional = details !== undefined && (details.t !== null || details.s !== null);
  if (isConditional) return okTwap('twapOrder', { error: NO_CONDITIONS });
  return submit(call, deps, {
    command: {
      ...call.command,
      type: 'PlaceTwap',
      symbol: instrument.symbol,
      side: twap.b ? 'buy' : 'sell',
      size,
      reduceOnly: twap.r,
      minutes: twap.m,
      isRandomized: twap.t,
    },
    onResult: (result) =>
      result.kind === 'twap' ? answerOf('twapOrder', result.twap, { call, instrument }) : 'unknown',
  });
}

export async function twapCancel(call: ActionCall<'twapCancel'>, deps: ExchangeDeps): Promise<ActionOutcome> {
  const { a, t } = call.action;
  const instrument = deps.markets.instrumentById(a);
  if (instrument === undefined) return okTwap('twapCancel', { error: errorTexts.twapNeverPlaced });
  return submit(call, deps, {
    command: { ...call.command, type: 'CancelTwap', symbol: instrument.symbol, twapId: t },
    onResult: (result) =>
      result.kind === 'twap' ? answerOf('twapCancel', result.twap, { call, instrument }) : 'unknown',
  });
}

function answerOf(
  type: 'twapOrder' | 'twapCancel',
  outcome: TwapOutcome,
  { call, instrument }: { readonly call: SignedCall; readonly instrument: Instrument },
): ActionOutcome {
  if (outcome.status === 'running') return okTwap(type, { running: { twapId: outcome.twapId } });
  if (outcome.status === 'canceled') return okTwap(type, 'success');
  return okTwap(type, { error: refusalText(outcome.rejection, { ...whose(call), instrument }) });
}
