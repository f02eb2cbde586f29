/** `modify` and `batchModify`: cancel and place anew under a new oid. */
import {
  BATCH_ITEMS_MAX,
  errAnswer,
  errorTexts,
  okDefault,
  okOrders,
  type OrderStatusItem,
  type OrderWire,
} from '@perps/contracts/hyperliquid';
import type { OrderRequest } from '@perps/domain/account';
import type { Instrument } from '@perps/domain/market';
import { orderStatusItem, refusalText } from './answers.ts';
import { type ActionCall, type ActionOutcome, type ExchangeDeps, submit, whose } from './call.ts';
import { readOrder, type ReadOrder } from './order-wire.ts';
import { filledIn, withInstruments } from './orders.ts';

interface Modification {
  readonly target: { readonly orderId: number } | { readonly cloid: string };
  readonly order: OrderRequest;
}

const targetOf = (oid: number | string): Modification['target'] =>
  typeof oid === 'number' ? { orderId: oid } : { cloid: oid };

/** Whether a trigger may be without a size depends on the one it replaces, which the engine knows. */
const readReplacement = (wire: OrderWire, instrument: Instrument | undefined): ReadOrder =>
  readOrder(wire, instrument, 'trigger' in wire.t ? 'positionTpsl' : 'na');

/** Answers `default`, without the new oid; any refusal is the whole request's. */
export async function modifyOrder(call: ActionCall<'modify'>, deps: ExchangeDeps): Promise<ActionOutcome> {
  const { oid, order: wire } = call.action;
  const instrument = deps.markets.instrumentById(wire.a);
  const read = readReplacement(wire, instrument);
  if (read.kind === 'refusedRequest') return errAnswer(read.text);
  if (read.kind === 'refusedOrder') return errAnswer(read.text);
  return submit(call, deps, {
    command: { ...call.command, type: 'ModifyOrders', modifies: [{ target: targetOf(oid), order: read.order }] },
    onResult: (result) => {
      const outcome = result.kind === 'orders' ? result.orders[0] : undefined;
      if (outcome === undefined) return 'unknown';
      if (outcome.status !== 'refused') return okDefault();
      const text = refusalText(outcome.rejection, { ...whose(call), instrument });
      return errAnswer(outcome.rejection.reason === 'CannotModify' ? text : errorTexts.modifyPlacement(text));
    },
  });
}

/** Answers like `order`. */
export async function modifyOrders(call: ActionCall<'batchModify'>, deps: ExchangeDeps): Promise<ActionOutcome> {
  const wanted: readonly { readonly oid: number | string; readonly order: OrderWire }[] = call.action.modifies;
  if (wanted.length === 0) return errAnswer(errorTexts.noOrders);
  if (wanted.length > BATCH_ITEMS_MAX) return errAnswer(errorTexts.overWeight);
  const items: (OrderStatusItem | undefined)[] = [];
  const modifies: Modification[] = [];
  const instruments: Instrument[] = [];
  for (const { oid, order: wire } of wanted) {
    const instrument = deps.markets.instrumentById(wire.a);
    const read = readReplacement(wire, instrument);
    if (read.kind === 'refusedRequest') return errAnswer(read.text);
    if (read.kind === 'refusedOrder') {
      items.push({ error: read.text });
      continue;
    }
    items.push(undefined);
    instruments.push(read.instrument);
    modifies.push({ target: targetOf(oid), order: read.order });
  }
  if (modifies.length === 0) return okOrders(items.filter((item) => item !== undefined));
  return submit(call, deps, {
    command: { ...call.command, type: 'ModifyOrders', modifies },
    onResult: (result) => {
      if (result.kind !== 'orders' || result.orders.length !== modifies.length) return 'unknown';
      return okOrders(filledIn(items, withInstruments(result.orders, instruments, orderStatusItem)));
    },
  });
}
