/** What the runtime asks of the world. Adapters implement these; the simulation implements them with faults. */
export * from './journal.ts';
export * from './leases.ts';
export * from './commands.ts';
export * from './history.ts';
export * from './platform.ts';
