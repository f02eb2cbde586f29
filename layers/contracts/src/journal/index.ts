export * from './model.ts';
export { createBatchCodec, MAX_BODY_BYTES, type BatchCodecOptions } from './codec.ts';
