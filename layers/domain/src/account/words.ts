/** The smallest words of an account, which everything else is said in. */
export type Side = 'buy' | 'sell';
export type MarginMode = 'cross' | 'isolated';
export type TimeInForce = 'GTC' | 'IOC' | 'ALO';
export type Liquidity = 'maker' | 'taker';
/** `0x` and 40 lower-case hex digits. */
export type Address = string;
