/** Entry of `npm run synth` and of the CDK CLI; the only file of this folder that reads the environment. */
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';

// Loading the construct library is most of the time a synthesis takes; compiled code is kept in the temporary folder.
enableCompileCache();
const [{ stageConfig }, { fromRoot }, { createSystem }] = await Promise.all([
  import('./config.ts'),
  import('./constructs/paths.ts'),
  import('./system.ts'),
]);

const { STAGE, HL_TRADING_ACCOUNT, ALARM_EMAIL, CDK_OUTDIR } = process.env;
const { HL_AGENT_SIGNING, HL_AGENT_SEALED_KEYS, HL_AGENT_ADDRESSES } = process.env;
const { context } = JSON.parse(readFileSync(fromRoot('cdk.json'), 'utf8'));
const config = stageConfig({
  stage: STAGE,
  hlTradingAccount: HL_TRADING_ACCOUNT,
  alarmEmail: ALARM_EMAIL,
  agentSigning: HL_AGENT_SIGNING,
  sealedKeys: HL_AGENT_SEALED_KEYS,
  agentAddresses: HL_AGENT_ADDRESSES,
});
const app = await createSystem(config, { outdir: CDK_OUTDIR ?? fromRoot('cdk.out'), context });
app.synth();
