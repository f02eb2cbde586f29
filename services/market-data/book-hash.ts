/** Books are named as receipts name them, so that a recorded book can be held against a receipt. */
export { bookHash } from '@perps/contracts/receipts';
