import { type Usd, usd } from '../money/index.ts';
import type {
  RoutingDecision,
  RoutingFacts,
  RoutingMode,
  RoutingPolicy,
  RoutingReason,
  SymbolPolicy,
} from './model.ts';

/**
 * Decides the route of what an order opens. Forced conditions first, in this order; then the mode's threshold; then
 * what stops a large order from arriving in pieces. Limits mean "at or over", a threshold includes its own value.
 * @see spec 02, "Routing decision"
 */
export function route(facts: RoutingFacts, policy: RoutingPolicy): RoutingDecision {
  const symbolPolicy = policy.symbols[facts.symbol];
  const mode = symbolPolicy?.mode ?? policy.mode;
  const thresholdUsed = thresholdOf(mode, policy, symbolPolicy);
  const forced =
    marketForces(facts, policy, symbolPolicy) ??
    limitForces(facts, policy, symbolPolicy) ??
    sizeForces(facts, policy, { mode, thresholdUsed });
  return {
    route: forced === undefined ? 'INTERNAL' : 'HYPERLIQUID',
    reason: forced ?? 'within_threshold',
    mode,
    thresholdUsed,
    policyVersion: policy.version,
  };
}

/** Largest notional (10⁻⁶ USD) that stays INTERNAL in this mode; zero in HL_MODE. */
function thresholdOf(mode: RoutingMode, policy: RoutingPolicy, symbolPolicy: SymbolPolicy | undefined): Usd {
  if (mode === 'HL_MODE') return usd(0n);
  if (mode === 'NORMAL_MODE') return symbolPolicy?.normalThreshold ?? policy.normalThreshold;
  return symbolPolicy?.bettingThreshold ?? policy.bettingThreshold;
}

function marketForces(
  facts: RoutingFacts,
  policy: RoutingPolicy,
  symbolPolicy: SymbolPolicy | undefined,
): RoutingReason | undefined {
  if (policy.holds.length > 0 || (symbolPolicy?.holds?.length ?? 0) > 0) return 'held';
  if (facts.isPriceHeld) return 'price_held';
  if (facts.isVolatile === true) return 'volatility_exceeded';
  if (facts.latencyMs > policy.latencyMsMax) return 'hl_latency_exceeded';
  if (facts.quoteAgeMs > policy.quoteAgeMsMax) return 'quote_stale';
  if (symbolPolicy?.isInternalised !== true) return 'symbol_not_internalised';
  return undefined;
}

function limitForces(
  facts: RoutingFacts,
  policy: RoutingPolicy,
  symbolPolicy: SymbolPolicy | undefined,
): RoutingReason | undefined {
  const { netExposure, direction } = facts;
  const wouldIncrease = direction === 1 ? netExposure >= 0n : netExposure <= 0n;
  const limit = symbolPolicy?.netExposureLimit ?? policy.netExposureLimit;
  const isAtLimit = netExposure >= limit || netExposure + limit <= 0n;
  if (wouldIncrease && isAtLimit) return 'net_exposure_limit';
  if (facts.totalExposure >= policy.totalExposureLimit) return 'total_exposure_limit';
  return policy.isBettingEnabled ? undefined : 'betting_disabled';
}

function sizeForces(
  facts: RoutingFacts,
  policy: RoutingPolicy,
  chosen: { readonly mode: RoutingMode; readonly thresholdUsed: Usd },
): RoutingReason | undefined {
  const { mode, thresholdUsed } = chosen;
  if (mode === 'HL_MODE') return 'hl_mode';
  if (facts.notional > thresholdUsed) return 'over_threshold';
  const cap = thresholdUsed * BigInt(policy.userInternalCapMultiple);
  if (facts.userInternalNotional + facts.notional > cap) return 'user_internal_cap';
  return facts.userRecentInternalVolume + facts.notional > thresholdUsed ? 'split_window' : undefined;
}
