import { Wallet } from 'ethers';
import { createVenueSimulator } from '../../local/hyperliquid/index.ts';
import { describeHyperliquidClients } from '../support/hyperliquid-clients.ts';

describeHyperliquidClients('the venue simulator', async () => {
  const { address, privateKey } = Wallet.createRandom();
  const simulator = await createVenueSimulator({
    accounts: [{ address, balance: '100000' }],
    limits: { weightPerMinute: 100_000 },
  });
  const { url, wsUrl, isTestnet } = simulator;
  return { url, wsUrl, isTestnet, wallet: { address, privateKey }, close: simulator.close };
});
