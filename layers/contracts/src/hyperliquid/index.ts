/** The venue's wire protocol: one module for the gateway, the venue simulator and the venue adapter. */
export * from './primitives.ts';
export * from './actions.ts';
export * from './hashing.ts';
export * from './signing.ts';
export * from './errors.ts';
export * from './info.ts';
export * from './ws.ts';
export * from './responses.ts';
export * from './account-responses.ts';
export * from './events.ts';
export * from './weights.ts';
export * from './http.ts';
