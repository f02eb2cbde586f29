/** `cancel` and `cancelByCloid`: one status each; a fault of one does not stop the others. */
import { BATCH_ITEMS_MAX, type CancelStatusItem, errAnswer, errorTexts, okCancels } from '@perps/contracts/hyperliquid';
import type { OrderTarget } from '@perps/domain/account';
import type { Instrument } from '@perps/domain/market';
import { cancelStatusItem } from './answers.ts';
import { type ActionCall, type ActionOutcome, type ExchangeDeps, type SignedCall, submit } from './call.ts';
import { filledIn, withInstruments } from './orders.ts';

const CANCELS_EMPTY = 'Cancels are empty.';

type Target = { readonly assetId: number } & ({ readonly orderId: number } | { readonly cloid: string });

export function cancelOrders(call: ActionCall<'cancel'>, deps: ExchangeDeps): Promise<ActionOutcome> {
  const targets = call.action.cancels.map(({ a, o }) => ({ assetId: a, orderId: o }));
  return cancel(call, deps, targets);
}

export function cancelByCloid(call: ActionCall<'cancelByCloid'>, deps: ExchangeDeps): Promise<ActionOutcome> {
  const targets = call.action.cancels.map(({ asset, cloid }) => ({ assetId: asset, cloid }));
  return cancel(call, deps, targets);
}

async function cancel(call: SignedCall, deps: ExchangeDeps, wanted: readonly Target[]): Promise<ActionOutcome> {
  if (wanted.length === 0) return errAnswer(CANCELS_EMPTY);
  if (wanted.length > BATCH_ITEMS_MAX) return errAnswer(errorTexts.overWeight);
  const items: (CancelStatusItem | undefined)[] = [];
  const targets: OrderTarget[] = [];
  const instruments: Instrument[] = [];
  for (const { assetId, ...id } of wanted) {
    const instrument = deps.markets.instrumentById(assetId);
    if (instrument === undefined) {
      items.push({ error: errorTexts.neverPlaced(assetId) });
      continue;
    }
    items.push(undefined);
    instruments.push(instrument);
    targets.push({ symbol: instrument.symbol, ...id });
  }
  if (targets.length === 0) return okCancels(items.filter((item) => item !== undefined));

  return submit(call, deps, {
    command: { ...call.command, type: 'CancelOrders', targets },
    onResult: (result) => {
      if (result.kind !== 'cancels' || result.cancels.length !== targets.length) return 'unknown';
      return okCancels(filledIn(items, withInstruments(result.cancels, instruments, cancelStatusItem)));
    },
  });
}
