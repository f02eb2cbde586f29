/**
 * Actions of `/exchange`. The order of the fields in each schema is the order in which the venue hashes them:
 * parsing rebuilds the action in that order, whatever order the body had.
 */
import { z } from 'zod';
import {
  addressText,
  assetId,
  chainIdText,
  cloidText,
  decimalText,
  dexText,
  nameText,
  networkText,
  optionalSubAccount,
  orderIdOrCloid,
  signedInt,
  tokenText,
  uint,
  verbatimAddress,
  verbatimAmount,
} from './primitives.ts';
import { type HttpFailure, unprocessable } from './http.ts';

/** Beyond the venue's business limit of 200 (which has a text of its own), so that the text can still be given. */
const BATCH_LENGTH_MAX = 1000;
/** Builder fees are tenths of a basis point; the venue's highest is 1 % (spot). */
const BUILDER_FEE_MAX = 1000;

export const tifs = ['Alo', 'Ioc', 'Gtc', 'FrontendMarket'] as const;
export type Tif = (typeof tifs)[number];

const limitType = z.object({ limit: z.object({ tif: z.enum(tifs) }) });
const triggerType = z.object({
  trigger: z.object({ isMarket: z.boolean(), triggerPx: decimalText, tpsl: z.enum(['tp', 'sl']) }),
});

export const orderWire = z.object({
  a: assetId,
  b: z.boolean(),
  p: decimalText,
  s: decimalText,
  r: z.boolean(),
  t: z.union([limitType, triggerType]),
  c: cloidText.optional(),
});
/** Asset, buy?, limit price, size, reduce only?, type, cloid. */
export type OrderWire = z.infer<typeof orderWire>;

const batch = <T extends z.ZodType>(item: T) => z.array(item).max(BATCH_LENGTH_MAX);

const orderAction = z.object({
  type: z.literal('order'),
  orders: batch(orderWire),
  grouping: z.enum(['na', 'normalTpsl', 'positionTpsl']),
  builder: z.object({ b: addressText, f: uint.max(BUILDER_FEE_MAX) }).optional(),
});
const cancelAction = z.object({
  type: z.literal('cancel'),
  cancels: batch(z.object({ a: assetId, o: uint })),
  f: z.literal(true).optional(),
});
const cancelByCloidAction = z.object({
  type: z.literal('cancelByCloid'),
  cancels: batch(z.object({ asset: assetId, cloid: cloidText })),
  f: z.literal(true).optional(),
});
const modification = z.object({ oid: orderIdOrCloid, order: orderWire });
const modifyAction = z.object({ type: z.literal('modify'), ...modification.shape });
const batchModifyAction = z.object({ type: z.literal('batchModify'), modifies: batch(modification) });

const updateLeverageAction = z.object({
  type: z.literal('updateLeverage'),
  asset: assetId,
  isCross: z.boolean(),
  leverage: uint,
});
const updateIsolatedMarginAction = z.object({
  type: z.literal('updateIsolatedMargin'),
  asset: assetId,
  isBuy: z.boolean(),
  ntli: signedInt,
});
const topUpIsolatedOnlyMarginAction = z.object({
  type: z.literal('topUpIsolatedOnlyMargin'),
  asset: assetId,
  leverage: decimalText,
});
const scheduleCancelAction = z.object({ type: z.literal('scheduleCancel'), time: uint.optional() });
/** `m` is minutes, `t` randomises; `details` has the trigger (price, above?) and the price that ends it. */
const twapOrderAction = z.object({
  type: z.literal('twapOrder'),
  twap: z.object({
    a: assetId,
    b: z.boolean(),
    s: decimalText,
    r: z.boolean(),
    m: uint,
    t: z.boolean(),
  }),
  details: z
    .object({ t: z.object({ p: decimalText, a: z.boolean() }).nullable(), s: decimalText.nullable() })
    .optional(),
});
const twapCancelAction = z.object({ type: z.literal('twapCancel'), a: assetId, t: uint });

const noopAction = z.object({ type: z.literal('noop') });
const claimRewardsAction = z.object({ type: z.literal('claimRewards') });
const setReferrerAction = z.object({ type: z.literal('setReferrer'), code: nameText });
const reserveRequestWeightAction = z.object({
  type: z.literal('reserveRequestWeight'),
  weight: uint,
  destination: addressText.optional(),
});
const createSubAccountAction = z.object({ type: z.literal('createSubAccount'), name: nameText });
const subAccountModifyAction = z.object({
  type: z.literal('subAccountModify'),
  subAccountUser: addressText,
  name: nameText,
});
const subAccountTransferAction = z.object({
  type: z.literal('subAccountTransfer'),
  subAccountUser: addressText,
  isDeposit: z.boolean(),
  usd: uint,
});
const subAccountSpotTransferAction = z.object({
  type: z.literal('subAccountSpotTransfer'),
  subAccountUser: addressText,
  isDeposit: z.boolean(),
  token: tokenText,
  amount: decimalText,
});
const vaultTransferAction = z.object({
  type: z.literal('vaultTransfer'),
  vaultAddress: addressText,
  isDeposit: z.boolean(),
  usd: uint,
});
const agentSendAssetAction = z.object({
  type: z.literal('agentSendAsset'),
  destination: addressText,
  sourceDex: dexText,
  destinationDex: dexText,
  token: tokenText,
  amount: decimalText,
  fromSubAccount: z.union([z.literal(''), addressText]),
  nonce: uint,
});
const agentSetAbstractionAction = z.object({ type: z.literal('agentSetAbstraction'), abstraction: nameText });

const userSignedHead = { signatureChainId: chainIdText, hyperliquidChain: networkText };
const usdSendAction = z.object({
  type: z.literal('usdSend'),
  ...userSignedHead,
  destination: verbatimAddress,
  amount: verbatimAmount,
  time: uint,
});
const withdraw3Action = z.object({ ...usdSendAction.shape, type: z.literal('withdraw3') });
const spotSendAction = z.object({
  type: z.literal('spotSend'),
  ...userSignedHead,
  destination: verbatimAddress,
  token: tokenText,
  amount: verbatimAmount,
  time: uint,
});
/** `amount` may carry the suffix ` subaccount:0x…`, which official clients append for a sub-account. */
const usdClassTransferAction = z.object({
  type: z.literal('usdClassTransfer'),
  ...userSignedHead,
  amount: z
    .string()
    .max(100)
    .regex(/^\d+(?:\.\d+)?(?: subaccount:0x[0-9a-fA-F]{40})?$/),
  toPerp: z.boolean(),
  nonce: uint,
});
const sendAssetAction = z.object({
  type: z.literal('sendAsset'),
  ...userSignedHead,
  destination: verbatimAddress,
  sourceDex: dexText,
  destinationDex: dexText,
  token: tokenText,
  amount: verbatimAmount,
  fromSubAccount: optionalSubAccount,
  nonce: uint,
});
/** An unnamed agent is signed with the empty name, and the key may be absent or null in the body. */
const approveAgentAction = z.object({
  type: z.literal('approveAgent'),
  ...userSignedHead,
  agentAddress: addressText,
  agentName: nameText.nullish().transform((name): string => name ?? ''),
  nonce: uint,
});
const approveBuilderFeeAction = z.object({
  type: z.literal('approveBuilderFee'),
  ...userSignedHead,
  maxFeeRate: z
    .string()
    .max(24)
    .regex(/^\d+(?:\.\d+)?%$/),
  builder: addressText,
  nonce: uint,
});

const userSignedAction = z.discriminatedUnion('type', [
  usdSendAction,
  withdraw3Action,
  spotSendAction,
  usdClassTransferAction,
  sendAssetAction,
  approveAgentAction,
  approveBuilderFeeAction,
]);

export const exchangeAction = z.discriminatedUnion('type', [
  orderAction,
  cancelAction,
  cancelByCloidAction,
  modifyAction,
  batchModifyAction,
  updateLeverageAction,
  updateIsolatedMarginAction,
  topUpIsolatedOnlyMarginAction,
  scheduleCancelAction,
  twapOrderAction,
  twapCancelAction,
  noopAction,
  claimRewardsAction,
  setReferrerAction,
  reserveRequestWeightAction,
  createSubAccountAction,
  subAccountModifyAction,
  subAccountTransferAction,
  subAccountSpotTransferAction,
  vaultTransferAction,
  agentSendAssetAction,
  agentSetAbstractionAction,
  ...userSignedAction.options,
]);

export type ExchangeAction = z.infer<typeof exchangeAction>;
export type ExchangeActionType = ExchangeAction['type'];
export type ExchangeActionOf<T extends ExchangeActionType> = Extract<ExchangeAction, { type: T }>;
/** Signed as typed data by the master key; agents cannot. Every other action is an L1 action. */
export type UserSignedAction = z.infer<typeof userSignedAction>;
export type L1Action = Exclude<ExchangeAction, UserSignedAction>;

/** Parts of a signature as clients send them: leading zeros may be missing, even an odd number of digits is sent. */
export interface WireSignature {
  readonly r: string;
  readonly s: string;
  readonly v: number;
}

/** Body of `/exchange`; `vaultAddress` is the sub-account or vault to act for, `expiresAfter` is in ms. */
export interface ExchangeRequest {
  readonly action: ExchangeAction;
  readonly nonce: number;
  readonly signature: WireSignature;
  readonly vaultAddress?: string | null | undefined;
  readonly expiresAfter?: number | null | undefined;
}

const signaturePart = z.string().regex(/^(?:0[xX])?[0-9a-fA-F]{1,64}$/);
const exchangeRequest = z.object({
  action: exchangeAction,
  nonce: uint,
  signature: z.object({ r: signaturePart, s: signaturePart, v: z.number().int().min(0).max(255) }),
  vaultAddress: addressText.nullish(),
  expiresAfter: uint.nullish(),
});

const userSignedTypes: ReadonlySet<string> = new Set(userSignedAction.options.map((option) => option.shape.type.value));

/** Whether the action is signed as typed data of its own (by the master key only). */
export function isUserSigned(action: ExchangeAction): action is UserSignedAction {
  return userSignedTypes.has(action.type);
}

/** Reads a body of `/exchange` into canonical form; anything malformed or unknown is the venue's 422. */
export function parseExchangeRequest(
  body: unknown,
): { readonly ok: true; readonly request: ExchangeRequest } | HttpFailure {
  const parsed = exchangeRequest.safeParse(body);
  return parsed.success ? { ok: true, request: parsed.data } : unprocessable();
}

/** The action with its fields in hashed order and its texts in hashed form; throws `ZodError` when malformed. */
export function canonicalAction(action: ExchangeAction): ExchangeAction {
  return exchangeAction.parse(action);
}
