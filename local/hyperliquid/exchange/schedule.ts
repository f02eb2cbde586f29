/** The dead man's switch: everything an account has open ends at a time, unless it is put off again. */
import {
  errAnswer,
  errorTexts,
  okDefault,
  type ExchangeActionOf,
  type ExchangeAnswer,
} from '@perps/contracts/hyperliquid';
import { formatDecimal } from '@perps/domain/money';
import type { Account } from '../accounts.ts';
import { endOrder } from '../lifecycle.ts';
import type { Venue } from '../venue.ts';
import type { ActionContext } from './index.ts';

const AHEAD_MS_MIN = 5_000;
const FIRINGS_PER_DAY = 10;
const DAY_MS = 86_400_000;
const MICRO_PER_CENT = 10_000n;

/** Sets the switch, or clears it without a time; needs a traded volume, as at the venue. */
export function scheduleCancel(context: ActionContext, action: ExchangeActionOf<'scheduleCancel'>): ExchangeAnswer {
  const { venue, account } = context;
  const required = BigInt(Math.round(venue.rules.scheduleCancelVolume)) * 1_000_000n;
  if (account.volume < required) {
    return errAnswer(errorTexts.scheduleCancelVolume(formatDecimal(account.volume / MICRO_PER_CENT, 2)));
  }
  const now = venue.clock.now();
  if (action.time !== undefined) {
    if (action.time < now + AHEAD_MS_MIN) return errAnswer(errorTexts.scheduleCancelTooEarly);
    if (firingsToday(account, now) >= FIRINGS_PER_DAY) {
      return errAnswer(errorTexts.scheduleCancelTooMany(FIRINGS_PER_DAY));
    }
  }
  account.scheduledCancelAt = action.time;
  return okDefault();
}

const dayOf = (time: number): number => Math.floor(time / DAY_MS);

const firingsToday = (account: Account, now: number): number =>
  account.scheduledCancels.day === dayOf(now) ? account.scheduledCancels.count : 0;

/** Ends what is open where a time has come; triggers, too. */
export function fireScheduledCancels(venue: Venue, now: number): void {
  for (const account of venue.accounts.values()) {
    if (account.scheduledCancelAt === undefined || account.scheduledCancelAt > now) continue;
    account.scheduledCancelAt = undefined;
    account.scheduledCancels = { day: dayOf(now), count: firingsToday(account, now) + 1 };
    for (const order of venue.orders.open(account.address)) endOrder(venue, order.oid, 'scheduledCancel');
  }
}
