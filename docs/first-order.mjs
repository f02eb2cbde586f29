// A first order with a third-party client against the running local system: `npm start`, then `npx node docs/first-order.mjs`.
import { readFileSync } from 'node:fs';
import { ExchangeClient, HttpTransport, InfoClient } from '@nktkas/hyperliquid';
import { Wallet } from 'ethers';

const { url, wallets } = JSON.parse(readFileSync('.local/system.json', 'utf8'));
const transport = new HttpTransport({ apiUrl: url, isTestnet: true });
const wallet = new Wallet(wallets[0].privateKey);
const info = new InfoClient({ transport });
const exchange = new ExchangeClient({ transport, wallet });

const { universe } = await info.meta();
const mids = await info.allMids();
const btc = universe.findIndex(({ name }) => name === 'BTC');
const limit = String(Math.round(Number(mids.BTC) * 1.02));
const order = { a: btc, b: true, p: limit, s: '0.05', r: false, t: { limit: { tif: 'Ioc' } } };
console.log(JSON.stringify(await exchange.order({ orders: [order], grouping: 'na' }), null, 2));
const state = await info.clearinghouseState({ user: wallet.address });
console.log(JSON.stringify(state.assetPositions, null, 2));
