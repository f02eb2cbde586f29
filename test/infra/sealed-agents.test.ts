import { describe, expect, it } from '@jest/globals';
import { stageConfig } from '../../infra/config.ts';
import { synthesize } from './templates.ts';

const ACCOUNT = `0x${'Ab'.repeat(20)}`;
const sealed = {
  hlTradingAccount: ACCOUNT,
  agentSigning: 'sealed',
  sealedKeys: `${'A'.repeat(200)},${'B'.repeat(198)}==`,
  agentAddresses: `0x${'11'.repeat(20)},0x${'22'.repeat(20)}`,
};

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

async function engineOf(input: Parameters<typeof synthesize>[1]) {
  const system = await synthesize('local', input);
  const policy = system.named('AWS::IAM::Policy', 'EngineTaskTaskRole').Properties['PolicyDocument'];
  const [container] = system.named('AWS::ECS::TaskDefinition', 'EngineTask').Properties['ContainerDefinitions'] as [
    { readonly Environment: readonly { readonly Name: string; readonly Value: unknown }[] },
  ];
  const { Statement: statements } = policy as { readonly Statement: readonly Statement[] };
  return {
    onSeal: statements.filter(({ Resource }) => JSON.stringify(Resource).includes('AgentSeal')),
    signs: statements.some(({ Action }) => JSON.stringify(Action).includes('kms:Sign')),
    environment: Object.fromEntries(container.Environment.map(({ Name, Value }) => [Name, Value])),
    exports: Object.entries(system.files)
      .filter(([name]) => name.includes('-keys'))
      .flatMap(([, text]) => Object.keys(JSON.parse(text).Outputs)),
  };
}

describe('sealed agent keys', () => {
  it('are opened by the engine for its account alone, which then has no key of KMS to sign with', async () => {
    const engine = await engineOf(sealed);
    expect(engine.onSeal).toEqual([
      expect.objectContaining({
        Action: 'kms:Decrypt',
        Condition: {
          StringEquals: {
            'kms:EncryptionContext:purpose': 'hl-agent-key',
            'kms:EncryptionContext:account': ACCOUNT.toLowerCase(),
          },
        },
      }),
    ]);
    expect(engine.signs).toBe(false);
    expect(engine.environment).toMatchObject({
      HL_AGENT_SIGNING: 'sealed',
      HL_AGENT_SEALED_KEYS: sealed.sealedKeys,
      HL_AGENT_ADDRESSES: sealed.agentAddresses,
    });
    expect(engine.environment).not.toHaveProperty('HL_AGENT_KEY_IDS');
  });

  it('are closed to the engine by default, and switching takes no export away', async () => {
    const [byKms, bySeal] = [await engineOf({}), await engineOf(sealed)];
    expect(byKms.onSeal).toEqual([]);
    expect(byKms.signs).toBe(true);
    expect(byKms.environment).toMatchObject({ HL_AGENT_SIGNING: 'kms' });
    expect(byKms.environment).not.toHaveProperty('HL_AGENT_SEALED_KEYS');
    expect(bySeal.exports.toSorted()).toEqual(byKms.exports.toSorted());
  });

  it('are refused where a slot lacks its address or its ciphertext', () => {
    const stage = (input: object) => () => stageConfig({ stage: 'local', ...sealed, ...input });
    expect(stage({ agentAddresses: `0x${'11'.repeat(20)}` })).toThrow('sealedAgents');
    expect(stage({ sealedKeys: 'short,shorter' })).toThrow('sealedAgents');
    expect(stage({ sealedKeys: undefined })).toThrow('sealedAgents');
    expect(stage({ agentSigning: 'memory' })).toThrow('use kms or sealed');
    expect(stage({})).not.toThrow();
  });
});
