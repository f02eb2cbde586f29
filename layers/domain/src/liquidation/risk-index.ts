/** Which accounts a price may bring to their next level: derived, never stored, changed in place. */
export interface RiskIndex {
  /** Accounts whose watches are out of date. */
  readonly dirty: Set<string>;
  /** Accounts whose liquidation runs. */
  readonly liquidating: Set<string>;
}

export const initialRiskIndex = (): RiskIndex => ({ dirty: new Set(), liquidating: new Set() });
