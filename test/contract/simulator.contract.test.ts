import { Wallet } from 'ethers';
import { createVenueSimulator } from '../../local/hyperliquid/index.ts';
import { describeHyperliquidClients } from '../support/hyperliquid-clients.ts';

describeHyperliquidClients('the venue simulator', async () => {
  const { address, privateKey } = Wallet.createRandom();
  const simulator = await createVenueSimulator({
    accounts: [{ address, balance: '100000' }],
    // The gateway asks for no volume.
    scheduleCancelVolume: 0,
    limits: { weightPerMinute: 100_000 },
  });
  const { url, wsUrl, control, isTestnet } = simulator;
  return { url, wsUrl, control, isTestnet, wallet: { address, privateKey }, close: simulator.close };
});
