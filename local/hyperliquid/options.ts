/** What a simulator can be told; everything has a default. */
import { WEIGHT_PER_MINUTE, wsLimits, type Network } from '@perps/contracts/hyperliquid';
import type { Clock } from '@perps/runtime/ports';
import { systemClock } from '@perps/adapters/node';
import type { RecordedCandle } from './replay.ts';

export interface VenueLimits {
  readonly weightPerMinute: number;
  readonly connections: number;
  readonly connectionsPerMinute: number;
  readonly subscriptions: number;
  readonly users: number;
  readonly messagesPerMinute: number;
  readonly pendingPosts: number;
}

export interface FundedAccount {
  readonly address: string;
  /** USD, as a decimal text. */
  readonly balance: string;
}

export interface VenueSimulatorOptions {
  /** 0 takes any free port. */
  readonly port?: number;
  readonly controlPort?: number;
  readonly host?: string;
  readonly clock?: Clock;
  readonly seed?: number;
  /** The network whose signatures are accepted. */
  readonly network?: Network;
  readonly accounts?: readonly FundedAccount[];
  /** Start prices in USD by coin. */
  readonly prices?: Readonly<Record<string, number>>;
  /** Maximum leverage by coin: one flat tier in place of the coin's own table. */
  readonly leverages?: Readonly<Record<string, number>>;
  /** Multiplies the volatility of every coin; 0 stands still. */
  readonly volatility?: number;
  /** Recorded candles by coin; other coins walk at random. */
  readonly replays?: Readonly<Record<string, readonly RecordedCandle[]>>;
  readonly speed?: number;
  readonly blockMs?: number;
  /** How often oracle, mark and contexts move. */
  readonly contextMs?: number;
  readonly visibilityLagMs?: number;
  readonly scheduleCancelVolume?: number;
  readonly limits?: Partial<VenueLimits>;
  /** Where accounts, orders and nonces survive a restart. */
  readonly stateFile?: string;
}

export interface Settings extends Required<Omit<VenueSimulatorOptions, 'limits' | 'stateFile'>> {
  readonly limits: VenueLimits;
  readonly stateFile: string | undefined;
}

/** Options with their defaults: the venue's own limits, a livelier oracle than the venue's three seconds. */
export function settingsOf(options: VenueSimulatorOptions): Settings {
  return {
    port: 0,
    controlPort: 0,
    host: '127.0.0.1',
    clock: systemClock,
    seed: 1,
    network: 'Testnet',
    accounts: [],
    prices: {},
    leverages: {},
    volatility: 1,
    replays: {},
    speed: 1,
    blockMs: 150,
    contextMs: 500,
    visibilityLagMs: 400,
    scheduleCancelVolume: 1_000_000,
    ...options,
    limits: { weightPerMinute: WEIGHT_PER_MINUTE, ...wsLimits, ...options.limits },
    stateFile: options.stateFile,
  };
}
