import { usd } from '../money/index.ts';
import type { RoutingPolicy } from './model.ts';

/** Spec 02's values. No symbol is internalised until a policy lists it. */
export const DEFAULT_ROUTING_POLICY: RoutingPolicy = {
  version: 0,
  mode: 'NORMAL_MODE',
  isBettingEnabled: true,
  normalThreshold: usd(10_000_000_000n),
  bettingThreshold: usd(50_000_000_000n),
  netExposureLimit: usd(1_000_000_000_000n),
  totalExposureLimit: usd(5_000_000_000_000n),
  userInternalCapMultiple: 5,
  splitWindowMs: 60_000,
  latencyMsMax: 500,
  quoteAgeMsMax: 500,
  slippageCapTenthsBps: 500,
  tradingState: 'ACTIVE',
  symbols: {},
  holds: [],
};
