export * from './window.ts';
export * from './signer-nonces.ts';
