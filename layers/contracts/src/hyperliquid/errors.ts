/**
 * The venue's refusals, letter by letter: third-party clients classify them by substring.
 * Amounts are in USD with at most two decimals, as texts; times and nonces are ms.
 */

/** Order and cancel errors end with the asset they are about. */
const forAsset = (text: string) => (assetId: number) => `${text} asset=${assetId}`;

/** Inside `statuses`, one per order. */
const perOrder = {
  tick: forAsset('Price must be divisible by tick size.'),
  minimumValue: forAsset('Order must have minimum value of $10.'),
  insufficientMargin: forAsset('Insufficient margin to place order.'),
  reduceOnly: forAsset('Reduce only order would increase position.'),
  postOnly: (assetId: number, bbo: { bid: string; ask: string }) =>
    `Post only order would have immediately matched, bbo was ${bbo.bid}@${bbo.ask}. asset=${assetId}`,
  iocUnmatched: forAsset('Order could not immediately match against any resting orders.'),
  badTriggerPrice: forAsset('Invalid TP/SL price.'),
  noLiquidity: forAsset('No liquidity available for market order.'),
  openInterestCapped: forAsset('Order would increase open interest while open interest is capped'),
  tooAggressiveAtCap: forAsset('Order rejected due to price more aggressive than oracle while at open interest cap'),
  openInterestTooFast: forAsset('Order would increase open interest too quickly'),
  farFromOracle: forAsset('Price too far from oracle'),
  marginTierLimit: forAsset('Order would cause position to exceed margin tier limit at current leverage'),
  neverPlaced: forAsset('Order was never placed, already canceled, or filled.'),
  modifyInvalid: forAsset('Attempted to modify to invalid new order'),
  /** Per order where it is not decidable from the payload alone. */
  invalidPrice: forAsset('Order has invalid price.'),
  invalidSize: forAsset('Order has invalid size.'),
} as const;

/** The whole request, decidable from its payload. */
const wholeRequest = {
  priceOutOfBand: (percent: 80 | 95) => `Order price cannot be more than ${percent}% away from the reference price`,
  requestInvalidPrice: 'Order has invalid price.',
  requestInvalidSize: 'Order has invalid size.',
  zeroSize: 'Order has zero size.',
  noOrders: 'Orders are empty.',
  unexpectedTriggers: 'Unexpected number of trigger orders',
  overWeight: 'Signed action over weight limit of 200.',
  builderNotApproved: 'Builder fee has not been approved.',
  builderInsufficientBalance: 'Builder has insufficient balance to be approved.',
  cannotModify: 'Cannot modify canceled or filled order',
  modifyPlacement: (text: string) => `Error placing new order during modify: ${text}`,
  postOnlyAfterUpgrade: 'Only post-only orders allowed immediately after a network upgrade',
  tooManyRequests: (counts: { used: number; cap: number; volume: string }) =>
    `Too many cumulative requests sent (${counts.used} > ${counts.cap}) for cumulative volume traded $${counts.volume}. ` +
    'Place taker orders to free up 1 request per USDC traded.',
} as const;

/** Account, leverage, money. */
const account = {
  leverageTypeSwitch: 'Cannot switch leverage type with open position.',
  invalidLeverage: 'Invalid leverage value',
  crossNotAllowed: 'Cross margin is not allowed for this asset.',
  crossLeverageDecrease: 'Cross position does not have sufficient margin available to decrease leverage.',
  isolatedLeverageDecrease: 'Isolated position does not have sufficient margin available to decrease leverage.',
  notIsolated: 'Position does not use isolated margin.',
  marginIncrease: 'Account does not have sufficient margin available for increase.',
  marginReduction: 'Position does not have sufficient margin for reduction.',
  withdrawalBalance: 'Insufficient balance for withdrawal',
  invalidSend: 'Invalid send',
  agentSendForeign: 'Agent can only send asset to same user or their sub-accounts.',
  /** The venue's wording of this and the next is not recorded. */
  scheduleCancelTooEarly: 'Scheduled cancel time too early, must be at least 5 seconds from now.',
  scheduleCancelTooMany: (limit = 10) => `Cannot set scheduled cancel time, ${limit} cancels already triggered today.`,
  scheduleCancelVolume: (traded: string) =>
    `Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $${traded}.`,
  subAccountVolume: (traded: string) =>
    `Cannot create sub-accounts until enough volume traded. Required: $100000. Traded: $${traded}.`,
  tooManySubAccounts: 'Too many sub-accounts.',
  subAccountTransfer: (transfer: { from: string; to: string }) =>
    `Invalid sub-account transfer from ${transfer.from} to ${transfer.to}`,
  vaultNotRegistered: (address: string) => `Vault not registered: ${address}`,
  vaultMayNot: 'Vault may not perform this action.',
} as const;

/** Inside `data.status` of TWAP answers; no asset is appended. */
const twap = {
  twapDuration: (minutes: number) => `Invalid TWAP duration: ${minutes} min(s)`,
  twapReduceOnly: 'Reduce-only TWAP order would increase position.',
  twapNeverPlaced: 'TWAP was never placed, already canceled, or filled.',
} as const;

/** Who signs, and when. The address in the first text is the *recovered* one. */
const identity = {
  unknownSigner: (address: string) => `User or API Wallet ${address} does not exist.`,
  mustDeposit: (address: string) => `Must deposit before performing actions. User: ${address}`,
  unrecoverable: 'Unable to recover signer.',
  duplicateNonce: (nonce: number) => `Invalid nonce: duplicate nonce ${nonce}`,
  nonceTooLow: (nonce: number, floor: number) => `Invalid nonce: nonce too low ${nonce} < ${floor}`,
  nonceTooHigh: (nonce: number, ceiling: number) => `Invalid nonce: nonce too high ${nonce} > ${ceiling}`,
  expired: 'Action already expired',
  tooManyAgents: (limit = 3) => `Too many extra agents for cumulative volume traded. Current limit is ${limit}`,
  agentUsed: 'Extra agent already used.',
  agentExpired: 'Agent valid_until already expired.',
  pendingAgentRemoval: 'User has pending agent removal',
} as const;

/** Every refusal text: functions where a value is part of it, constants otherwise. */
export const errorTexts = { ...perOrder, ...wholeRequest, ...account, ...twap, ...identity } as const;
