/**
 * The simulated universe: twelve perpetuals and one delisted hole, in the venue's positional form.
 * Size decimals, leverages and margin tables are mainnet facts (re-arranged); reference prices are only starting points.
 */
export interface Asset {
  readonly id: number;
  readonly name: string;
  readonly szDecimals: number;
  readonly maxLeverage: number;
  readonly marginTableId: number;
  readonly isDelisted: boolean;
  /** Where the price process starts, USD. */
  readonly startPrice: number;
  /** Spread of hourly log returns of the random walk. */
  readonly hourlyVolatility: number;
  /** USD resting on the best levels of the simulated book. */
  readonly depthUsd: number;
}

export interface Tier {
  /** 10⁻⁶ USD of position notional. */
  readonly lowerBound: bigint;
  readonly maxLeverage: number;
}

type AssetRow = Omit<Asset, 'id' | 'isDelisted'> & { readonly isDelisted?: boolean };

const ROWS: readonly AssetRow[] = [
  row('BTC', { szDecimals: 5, maxLeverage: 40, marginTableId: 56, startPrice: 100_000, depthUsd: 150_000 }),
  row('ETH', { szDecimals: 4, maxLeverage: 25, marginTableId: 55, startPrice: 3_500, depthUsd: 100_000 }),
  row('ATOM', { szDecimals: 2, maxLeverage: 5, marginTableId: 5, startPrice: 4.2, depthUsd: 8_000 }),
  {
    ...row('MATIC', { szDecimals: 1, maxLeverage: 20, marginTableId: 20, startPrice: 0.37621, depthUsd: 0 }),
    isDelisted: true,
  },
  row('DYDX', { szDecimals: 1, maxLeverage: 5, marginTableId: 5, startPrice: 0.62, depthUsd: 8_000 }),
  row('SOL', { szDecimals: 2, maxLeverage: 20, marginTableId: 54, startPrice: 180, depthUsd: 60_000 }),
  row('AVAX', { szDecimals: 2, maxLeverage: 10, marginTableId: 52, startPrice: 28, depthUsd: 20_000 }),
  row('BNB', { szDecimals: 3, maxLeverage: 10, marginTableId: 51, startPrice: 650, depthUsd: 20_000 }),
  row('ARB', { szDecimals: 1, maxLeverage: 10, marginTableId: 51, startPrice: 0.52, depthUsd: 12_000 }),
  row('DOGE', { szDecimals: 0, maxLeverage: 10, marginTableId: 52, startPrice: 0.21, depthUsd: 25_000 }),
  row('LINK', { szDecimals: 1, maxLeverage: 10, marginTableId: 52, startPrice: 17.5, depthUsd: 20_000 }),
  row('XRP', { szDecimals: 0, maxLeverage: 20, marginTableId: 53, startPrice: 2.3, depthUsd: 40_000 }),
  row('HYPE', { szDecimals: 2, maxLeverage: 10, marginTableId: 52, startPrice: 44, depthUsd: 40_000 }),
];

export const ASSETS: readonly Asset[] = ROWS.map((asset, id) => ({
  ...asset,
  id,
  isDelisted: asset.isDelisted === true,
}));

const MILLION = 1_000_000;

/** Ids of the single tier tables that a simulator was told to give an asset. */
const OWN_TABLE_ID_MIN = 1_000;

/** The assets of a venue whose maximum leverages are as told by coin: those get one flat tier each. */
export const assetsWith = (leverages: Readonly<Record<string, number>>): readonly Asset[] =>
  ASSETS.map((asset) => {
    const maxLeverage = leverages[asset.name];
    return maxLeverage === undefined ? asset : { ...asset, maxLeverage, marginTableId: OWN_TABLE_ID_MIN + maxLeverage };
  });

/** Tables with more than one tier; ids below 50 mean one tier of that leverage and are not listed. */
const TIERED_TABLES: ReadonlyMap<
  number,
  { readonly description: string; readonly tiers: readonly [number, number][] }
> = new Map([
  [51, tieredTable('tiered 10x', [0, 10], [3 * MILLION, 5])],
  [52, tieredTable('tiered 10x (2)', [0, 10], [20 * MILLION, 5])],
  [53, tieredTable('tiered 20x', [0, 20], [40 * MILLION, 10])],
  [54, tieredTable('tiered 20x (2)', [0, 20], [70 * MILLION, 10])],
  [55, tieredTable('tiered 25x', [0, 25], [100 * MILLION, 15])],
  [56, tieredTable('tiered 40x', [0, 40], [150 * MILLION, 20])],
]);

/** The margin tiers of an asset, ascending by bound. */
export function tiersOf(asset: Asset): readonly Tier[] {
  const table = TIERED_TABLES.get(asset.marginTableId);
  if (table === undefined) return [{ lowerBound: 0n, maxLeverage: asset.maxLeverage }];
  return table.tiers.map(([usd, maxLeverage]) => ({ lowerBound: BigInt(usd) * 1_000_000n, maxLeverage }));
}

/** The answer to `meta`. */
export const metaOf = (assets: readonly Asset[]) => ({
  universe: assets.map((asset) => ({
    szDecimals: asset.szDecimals,
    name: asset.name,
    maxLeverage: asset.maxLeverage,
    marginTableId: asset.marginTableId,
    ...(asset.isDelisted ? { isDelisted: true as const } : {}),
  })),
  marginTables: [
    ...[...TIERED_TABLES].map(([id, table]) => tableWire(id, table)),
    ...assets
      .filter(({ marginTableId }) => marginTableId >= OWN_TABLE_ID_MIN)
      .map(({ name, marginTableId, maxLeverage }) =>
        tableWire(marginTableId, tieredTable(`flat ${name}`, [0, maxLeverage])),
      ),
  ],
  collateralToken: 0,
});

const tableWire = (
  id: number,
  table: { readonly description: string; readonly tiers: readonly [number, number][] },
): [number, MarginTable] => [
  id,
  {
    description: table.description,
    marginTiers: table.tiers.map(([lowerBound, maxLeverage]) => ({ lowerBound: `${lowerBound}.0`, maxLeverage })),
  },
];

interface MarginTable {
  description: string;
  marginTiers: { lowerBound: string; maxLeverage: number }[];
}

/** The answer to `spotMeta`: one real pair, because the symbol converter of a client refuses an empty universe. */
export const SPOT_META = {
  universe: [{ tokens: [1, 0], name: 'PURR/USDC', index: 0, isCanonical: true }],
  tokens: [
    spotToken({ name: 'USDC', index: 0, szDecimals: 8, weiDecimals: 8, tokenId: '0x6d1e7cde53ba9467b783cb7c530ce054' }),
    spotToken({ name: 'PURR', index: 1, szDecimals: 0, weiDecimals: 5, tokenId: '0xc1fb593aeffbeb02f85e0308e9956a90' }),
  ],
};

/** The context of the only spot pair; nothing trades there. */
export const SPOT_CONTEXTS = [
  {
    prevDayPx: '0.18',
    dayNtlVlm: '0.0',
    markPx: '0.18',
    midPx: null,
    circulatingSupply: '596000000.0',
    coin: 'PURR/USDC',
    totalSupply: '596000000.0',
    dayBaseVlm: '0.0',
  },
];

function row(
  name: string,
  facts: Omit<AssetRow, 'name' | 'hourlyVolatility' | 'isDelisted'> & { readonly hourlyVolatility?: number },
): AssetRow {
  return { name, hourlyVolatility: name === 'BTC' || name === 'ETH' ? 0.006 : 0.01, ...facts };
}

function tieredTable(
  description: string,
  ...tiers: [number, number][]
): { description: string; tiers: [number, number][] } {
  return { description, tiers };
}

function spotToken(token: {
  readonly name: string;
  readonly index: number;
  readonly szDecimals: number;
  readonly weiDecimals: number;
  readonly tokenId: string;
}): typeof token & { isCanonical: true; evmContract: null; fullName: null; deployerTradingFeeShare: string } {
  return { ...token, isCanonical: true, evmContract: null, fullName: null, deployerTradingFeeShare: '0.0' };
}
