export * from './model.ts';
export { createBatchCodec, MAX_BODY_BYTES, type BatchCodecOptions } from './codec.ts';
export { packState, unpackState } from './state-codec.ts';
