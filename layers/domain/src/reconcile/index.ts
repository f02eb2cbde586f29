export * from './pending.ts';
