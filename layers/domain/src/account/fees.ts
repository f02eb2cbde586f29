import type { Route } from '../routing/index.ts';
import type { FeeSchedule } from './commands.ts';
import type { Draft } from './draft.ts';

/** What an execution on the route costs, tenths of a basis point: the surcharge of a volatile market is ours, so INTERNAL only. */
export function feesOn(draft: Draft, route: Route): FeeSchedule {
  const { fees, policy } = draft.context;
  const { feeSurcharge = 0 } = policy;
  if (route !== 'INTERNAL' || feeSurcharge === 0) return fees;
  return { ...fees, taker: fees.taker + feeSurcharge, maker: fees.maker + feeSurcharge };
}
