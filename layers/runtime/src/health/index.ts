/** Healthy = can decide safely now; otherwise why not, in words. */
export interface Health {
  readonly ok: boolean;
  readonly reasons: readonly string[];
}

/** Health from rules: `[holds, reason where it does not]`. */
export function healthOf(rules: readonly (readonly [holds: boolean, reason: string])[]): Health {
  const reasons = rules.filter(([holds]) => !holds).map(([, reason]) => reason);
  return { ok: reasons.length === 0, reasons };
}

/** Health of the whole: all parts are well; reasons carry the part's name. */
export function combineHealth(parts: Readonly<Record<string, Health>>): Health {
  const reasons = Object.entries(parts).flatMap(([name, { reasons }]) => reasons.map((reason) => `${name}: ${reason}`));
  return { ok: reasons.length === 0, reasons };
}
