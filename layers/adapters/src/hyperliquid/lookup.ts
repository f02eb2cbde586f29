/** One look at the venue for an order whose fate is not known. */
import { size, type Size } from '@perps/domain/money';
import { VISIBILITY_LAG_MS, type VenueObservation } from '@perps/domain/reconcile';
import type { AccountFill, VenueOrderUpdate } from './account-parse.ts';
import type { AccountQueries } from './account-queries.ts';
import { VenueInfoError } from './info.ts';

export interface LookupRequest {
  readonly venueCloid: string;
  /** When it was requested (our wall clock, ms): fills are looked for from a while before it. */
  readonly requestedAt: number;
  /** Its whole size, to tell a complete set of fills from a part. */
  readonly size: Size;
  readonly expiresAfter: number;
}

/** Our clock and the venue's may differ by so much. */
const CLOCK_SLACK_MS = 60_000;

/** Status by cloid, then fills by cloid. Never throws for the venue's troubles: no certain answer is `unknown`. */
export async function lookup(queries: AccountQueries, request: LookupRequest): Promise<VenueObservation> {
  try {
    // The clock first: what is absent afterwards was absent at that time, or later.
    const venueTime = await queries.serverTime();
    const order = await queries.orderStatus(request.venueCloid);
    if (order === 'absent') return await lookupFills(queries, request, venueTime);
    const mayHideFills = order.status === 'canceled' || order.status === 'rejected';
    return mayHideFills ? await withFills(queries, request, order) : found(order);
  } catch (cause) {
    if (cause instanceof VenueInfoError) return { kind: 'unknown' };
    throw cause;
  }
}

/** An order that ended early may have executed a part: its fills outweigh what the order says of itself. */
async function withFills(
  queries: AccountQueries,
  request: LookupRequest,
  order: VenueOrderUpdate,
): Promise<VenueObservation> {
  const executedSize = sumOf(await executionsOf(queries, request));
  return found(executedSize > order.executedSize ? { ...order, executedSize } : order);
}

/** The venue shows only the newest 2,000 orders by status, but fills for much longer. */
async function lookupFills(
  queries: AccountQueries,
  request: LookupRequest,
  venueTime: number,
): Promise<VenueObservation> {
  const fills = await executionsOf(queries, request);
  const venueOrderId = fills[0]?.fill.venueOrderId;
  if (venueOrderId === undefined) return { kind: 'absent', venueTime };
  const executedSize = sumOf(fills);
  if (executedSize >= request.size) return { kind: 'found', venueOrderId, status: 'filled', executedSize };
  const isOpen = (await queries.openOrders()).some((order) => order.venueCloid === request.venueCloid);
  if (isOpen) return { kind: 'found', venueOrderId, status: 'open', executedSize };
  // Fills may be visible before the order is: only past the lag does their sum say how it ended.
  if (venueTime < request.expiresAfter + VISIBILITY_LAG_MS) return { kind: 'unknown' };
  return { kind: 'found', venueOrderId, status: 'canceled', executedSize };
}

async function executionsOf(
  queries: AccountQueries,
  { venueCloid, requestedAt }: LookupRequest,
): Promise<readonly AccountFill[]> {
  const fills = await queries.fillsSince(Math.max(0, requestedAt - CLOCK_SLACK_MS));
  return fills.filter((row) => row.venueCloid === venueCloid);
}

const found = ({ venueOrderId, status, executedSize, cause }: VenueOrderUpdate): VenueObservation => ({
  kind: 'found',
  venueOrderId,
  status,
  executedSize,
  cause,
});

const sumOf = (fills: readonly AccountFill[]): Size => size(fills.reduce((sum, { fill }) => sum + fill.size, 0n));
