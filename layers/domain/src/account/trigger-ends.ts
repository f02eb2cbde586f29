/** How triggers end or change because of something else: their entry, a sibling, the position they protect. */
import { type Size, size, ZERO_SIZE } from '../money/index.ts';
import { type Draft, emit } from './draft.ts';
import type { EndStatus, Order, TriggerOrder } from './model.ts';
import { oppositeOf } from './state.ts';

export interface Ending {
  readonly status: EndStatus;
  readonly cause?: string;
}

export const endTrigger = (draft: Draft, trigger: TriggerOrder, ending: Ending): void =>
  emit(draft, { type: 'TriggerEnded', trigger, ...ending });

/** Lets children follow their entry, and siblings the one of them that has fired; `order` is as it has ended. */
export function followEnd(draft: Draft, order: Order, ending: Ending): void {
  const { triggers } = draft.state;
  for (const key in triggers) {
    const trigger = triggers[key];
    if (trigger === undefined) continue;
    if (trigger.parentId === order.orderId && !trigger.isArmed) followEntry(draft, trigger, { order, ending });
    else if (order.trigger !== undefined && trigger.siblings.includes(order.orderId)) {
      followSibling(draft, trigger, { order, status: ending.status });
    }
  }
}

/** Who cancels an entry cancels its children, also where it has filled in part, as at Hyperliquid. */
const ENDS_CHILDREN: ReadonlySet<EndStatus> = new Set([
  'canceled',
  'expired',
  'scheduledCancel',
  'reduceOnlyCanceled',
  'liquidatedCanceled',
] as const);

/** An entry that filled, or lost its rest to margin, the venue or its own haste, has what it filled protected. */
function followEntry(
  draft: Draft,
  child: TriggerOrder,
  { order: entry, ending }: { readonly order: Order; readonly ending: Ending },
): void {
  const { status, cause = status } = ending;
  // The venue's own word, such as marginCanceled, says that nobody asked for it.
  const isAsked = ENDS_CHILDREN.has(status) && cause === status;
  const isCanceled = isAsked && entry.timeInForce !== 'IOC';
  if (isCanceled || entry.filledSize === 0n) endTrigger(draft, child, { status: 'canceled' });
  else armChild(draft, child, entry);
}

/** Arms a child for what its entry has filled. */
export function armChild(draft: Draft, child: TriggerOrder, { filledSize }: Order): void {
  const armed = { ...child, isArmed: true, size: smaller(child.size, filledSize) };
  emit(draft, { type: 'TriggerChanged', trigger: armed });
}

/** One cancels the other once it has filled whole; a part of it leaves the other the rest, so that protection stays. */
function followSibling(
  draft: Draft,
  sibling: TriggerOrder,
  { order, status }: { readonly order: Order; readonly status: EndStatus },
): void {
  if (order.filledSize === 0n) return;
  const left = sibling.size - order.filledSize;
  if (status === 'filled' || (sibling.size > 0n && left <= 0n)) {
    endTrigger(draft, sibling, { status: 'siblingFilledCanceled' });
    return;
  }
  // Zero is the whole position, whatever is left of it.
  if (sibling.size > 0n) emit(draft, { type: 'TriggerChanged', trigger: { ...sibling, size: size(left) } });
}

/** Ends the symbol's armed reduce-only triggers that have no position to close any more: it is gone, or has flipped. */
export function endOrphans(draft: Draft, symbol: string): void {
  const { triggers } = draft.state;
  for (const key in triggers) {
    const trigger = triggers[key];
    if (trigger === undefined || trigger.symbol !== symbol || !trigger.reduceOnly || !trigger.isArmed) continue;
    if (oppositeOf(draft.state, trigger) === ZERO_SIZE) endTrigger(draft, trigger, { status: 'reduceOnlyCanceled' });
  }
}

const smaller = (left: Size, right: Size): Size => (left < right ? left : right);
