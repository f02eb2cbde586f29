export { createReceiptIssuer, type ReceiptIssuer, type ReceiptIssuerOptions } from './issuer.ts';
export * from './ports.ts';
