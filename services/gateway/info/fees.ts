/** The fee schedule as `userFees` tells it (spec 00, 15: Hyperliquid's base schedule). */
import type { UserFees } from '@perps/contracts/hyperliquid';

const TAKER = '0.00045';
const MAKER = '0.00015';
const SPOT_TAKER = '0.0007';
const SPOT_MAKER = '0.0004';

/** Everybody has the base tier: discounts are not offered in this release. */
export const BASE_FEES: UserFees = {
  dailyUserVlm: [],
  feeSchedule: {
    cross: TAKER,
    add: MAKER,
    spotCross: SPOT_TAKER,
    spotAdd: SPOT_MAKER,
    tiers: { vip: [], mm: [] },
    referralDiscount: '0.0',
    stakingDiscountTiers: [],
  },
  userCrossRate: TAKER,
  userAddRate: MAKER,
  userSpotCrossRate: SPOT_TAKER,
  userSpotAddRate: SPOT_MAKER,
  activeReferralDiscount: '0.0',
  trial: null,
  feeTrialEscrow: '0.0',
  nextTrialAvailableTimestamp: null,
  stakingLink: null,
  activeStakingDiscount: { bpsOfMaxSupply: '0.0', discount: '0.0' },
};
