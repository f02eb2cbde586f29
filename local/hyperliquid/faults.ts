/** Faults on demand: what is armed, and what each request or frame must suffer. */
import type { Clock } from '@perps/runtime/ports';
import { z } from 'zod';

export const faultKinds = [
  'loseAnswer',
  'loseRequest',
  'http429',
  'http500',
  'delay',
  'wsDrop',
  'wsSilence',
  'wsDuplicate',
  'wsReorder',
  'stalePrices',
  'latency',
] as const;
export type FaultKind = (typeof faultKinds)[number];
export type Endpoint = 'info' | 'exchange';

const COUNT_MAX = 1_000_000;
const MS_MAX = 86_400_000;

export const faultRequest = z.strictObject({
  kind: z.enum(faultKinds),
  /** How many requests or frames suffer; 1 where nothing is said. */
  count: z.number().int().min(1).max(COUNT_MAX).optional(),
  /** Length of a delay or latency; how long a silence, a freeze or a refusal of connections lasts. */
  ms: z.number().int().min(0).max(MS_MAX).optional(),
  /** Only requests and streams of this address. */
  account: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/)
    .transform((address) => address.toLowerCase())
    .optional(),
  /** Only this door; both where nothing is said (lost answers and requests: only `exchange`). */
  endpoint: z.enum(['info', 'exchange']).optional(),
});
export type FaultRequest = z.infer<typeof faultRequest>;

export interface Fault extends FaultRequest {
  readonly id: number;
  /** Times it has struck. */
  fired: number;
  readonly armedAt: number;
  /** End of a lasting fault, ms; undefined lasts until it is cleared. */
  readonly until: number | undefined;
}

/** What a request is about; `accounts` are the addresses it names or is signed for. */
export interface RequestScope {
  readonly endpoint: Endpoint;
  readonly accounts: readonly string[];
}

export interface Faults {
  arm(request: FaultRequest): Fault;
  list(): readonly Fault[];
  /** Nothing is armed: the usual case, answered without work. */
  isCalm(): boolean;
  clear(kind?: FaultKind): void;
  /** Uses up one stroke of a counted fault that fits. */
  strike(kind: FaultKind, scope: { endpoint?: Endpoint; accounts: readonly string[] }): Fault | undefined;
  /** A lasting fault in force. */
  inForce(kind: FaultKind, accounts?: readonly string[]): Fault | undefined;
  onArm(listener: (fault: Fault) => void): void;
}

/** These end by time or by clearing, not by counting. */
const LASTING: ReadonlySet<FaultKind> = new Set(['wsSilence', 'stalePrices', 'latency']);

export function createFaults(clock: Clock): Faults {
  const listeners: ((fault: Fault) => void)[] = [];
  let armed: Fault[] = [];
  let lastId = 0;

  const isOver = (fault: Fault): boolean => {
    if (fault.until !== undefined && clock.now() >= fault.until) return true;
    return !LASTING.has(fault.kind) && fault.until === undefined && fault.fired >= (fault.count ?? 1);
  };
  const current = (): readonly Fault[] => {
    armed = armed.filter((fault) => !isOver(fault));
    return armed;
  };
  return {
    arm: (request) => {
      lastId += 1;
      const now = clock.now();
      const fault = { ...request, id: lastId, fired: 0, armedAt: now, until: endOf(request, now) };
      armed.push(fault);
      for (const listener of listeners) listener(fault);
      return fault;
    },
    list: () => [...current()],
    isCalm: () => armed.length === 0,
    clear: (kind) => {
      armed = kind === undefined ? [] : armed.filter((fault) => fault.kind !== kind);
    },
    strike: (kind, scope) => {
      const fault = current().find((candidate) => candidate.kind === kind && fits(candidate, scope));
      if (fault !== undefined) fault.fired += 1;
      return fault;
    },
    inForce: (kind, accounts = []) => current().find((fault) => fault.kind === kind && fits(fault, { accounts })),
    onArm: (listener) => {
      listeners.push(listener);
    },
  };
}

function endOf(request: FaultRequest, now: number): number | undefined {
  const isTimed = request.kind === 'wsSilence' || request.kind === 'stalePrices' || request.kind === 'wsDrop';
  return isTimed && request.ms !== undefined ? now + request.ms : undefined;
}

function fits(fault: Fault, scope: { endpoint?: Endpoint; accounts: readonly string[] }): boolean {
  if (fault.account !== undefined && !scope.accounts.includes(fault.account)) return false;
  return fault.endpoint === undefined || scope.endpoint === undefined || fault.endpoint === scope.endpoint;
}
