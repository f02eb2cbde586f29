/** `order`: each element is read by its instrument's rules; what can be read goes to the engine as one command. */
import {
  BATCH_ITEMS_MAX,
  errAnswer,
  errorTexts,
  okOrders,
  type OrderStatusItem,
  type OrderWire,
} from '@perps/contracts/hyperliquid';
import type { Grouping, OrderOutcome, OrderRequest } from '@perps/domain/account';
import type { Instrument } from '@perps/domain/market';
import { orderStatusItem } from './answers.ts';
import { type ActionCall, type ActionOutcome, type ExchangeDeps, submit } from './call.ts';
import { readOrder } from './order-wire.ts';

export async function placeOrders(call: ActionCall<'order'>, deps: ExchangeDeps): Promise<ActionOutcome> {
  const { orders: wires, grouping } = call.action;
  if (wires.length === 0) return errAnswer(errorTexts.noOrders);
  if (wires.length > BATCH_ITEMS_MAX) return errAnswer(errorTexts.overWeight);

  if (!isWellGrouped(wires, grouping)) return errAnswer(errorTexts.unexpectedTriggers);

  const items: (OrderStatusItem | undefined)[] = [];
  const orders: OrderRequest[] = [];
  const instruments: Instrument[] = [];
  for (const wire of wires) {
    const read = readOrder(wire, deps.markets.instrumentById(wire.a), grouping);
    if (read.kind === 'refusedRequest') return errAnswer(read.text);
    // An entry must not be opened without the stop that was sent with it.
    if (read.kind === 'refusedOrder' && grouping !== 'na') return errAnswer(read.text);
    items.push(read.kind === 'refusedOrder' ? { error: read.text } : undefined);
    if (read.kind !== 'order') continue;
    orders.push(read.order);
    instruments.push(read.instrument);
  }
  if (orders.length === 0) return okOrders(items.filter((item) => item !== undefined));

  return submit(call, deps, {
    command: { ...call.command, type: 'PlaceOrders', orders, grouping },
    onResult: (result) => {
      if (result.kind !== 'orders' || result.orders.length !== orders.length) return 'unknown';
      const tell = (outcome: OrderOutcome, instrument: Instrument): OrderStatusItem =>
        orderStatusItem(outcome, instrument, grouping);
      return okOrders(filledIn(items, withInstruments(result.orders, instruments, tell)));
    },
  });
}

/** An entry comes first and has a take-profit, a stop or both; a position has these alone. */
function isWellGrouped(wires: readonly OrderWire[], grouping: Grouping): boolean {
  if (grouping === 'na') return true;
  const [first, ...rest] = wires;
  const triggers = grouping === 'normalTpsl' ? rest : wires;
  const kinds = triggers.flatMap(({ t }) => ('trigger' in t ? t.trigger.tpsl : []));
  const isEntry = first !== undefined && 'limit' in first.t;
  return (
    (grouping === 'positionTpsl' || isEntry) &&
    kinds.length > 0 &&
    kinds.length === triggers.length &&
    new Set(kinds).size === kinds.length
  );
}

/** Tells each outcome by the rules of its own instrument. */
export function withInstruments<Outcome, Item>(
  outcomes: readonly Outcome[],
  instruments: readonly Instrument[],
  tell: (outcome: Outcome, instrument: Instrument) => Item,
): Item[] {
  return outcomes.flatMap((outcome, index) => {
    const instrument = instruments[index];
    return instrument === undefined ? [] : [tell(outcome, instrument)];
  });
}

/** Puts the engine's answers where the request had the orders they are about. */
export function filledIn<Item>(items: readonly (Item | undefined)[], answers: readonly Item[]): Item[] {
  let next = 0;
  return items.flatMap((item) => {
    if (item !== undefined) return [item];
    const answer = answers[next];
    next += 1;
    return answer === undefined ? [] : [answer];
  });
}
