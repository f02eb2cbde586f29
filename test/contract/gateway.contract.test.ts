import { describeHyperliquidClients } from '../support/hyperliquid-clients.ts';
import { startTestSystem } from '../support/system.ts';

describeHyperliquidClients('the gateway', async () => {
  const system = await startTestSystem();
  const wallet = await system.createTrader({ balance: 100_000 });
  const { url, wsUrl } = system;
  return { url, wsUrl, control: system.venue.control, isTestnet: true, wallet, close: () => system.stop() };
});
