/** Ports without a world: for tests and for the simulation. Each is exact, instant and driven by the caller. */
export { createMemoryJournal, type MemoryJournal } from './memory-journal.ts';
export { createMemoryLeases } from './memory-leases.ts';
export { createMemorySnapshots, type MemorySnapshots } from './memory-snapshots.ts';
export { createMemoryQueue } from './memory-queue.ts';
export { createVirtualClock, type VirtualClock } from './virtual-clock.ts';
export { createSeededRandom, createSequentialIds, type SeededRandom } from './seeded-random.ts';
export { createIdentityCodec } from './identity-codec.ts';
export { counterMachine } from './counter-machine.ts';
export type { AddCommand, Added, AddResult, CounterState } from './counter-machine.ts';
export { createMemoryHistory, type MemoryHistory, type RememberedHistory } from './memory-history.ts';
export { createMemoryDeviations, type MemoryDeviations } from './memory-deviations.ts';
