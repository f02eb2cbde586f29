import { describe, expect, it } from '@jest/globals';
import { TypedDataEncoder } from 'ethers';
import { agentDigest, hashTypedData, type TypedData } from './kms-typed-data.ts';

const AGENT = {
  domain: { name: 'Exchange', version: '1', chainId: 1337, verifyingContract: `0x${'0'.repeat(40)}` },
  types: {
    Agent: [
      { name: 'source', type: 'string' },
      { name: 'connectionId', type: 'bytes32' },
    ],
  },
  message: { source: 'b', connectionId: `0x${'12'.repeat(32)}` },
} satisfies TypedData;

const byEthers = ({ domain, types, message }: TypedData): string =>
  TypedDataEncoder.hash(
    domain,
    Object.fromEntries(Object.entries(types).map(([name, fields]) => [name, [...fields]])),
    message,
  );
const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;

describe('digest of typed data', () => {
  it('of an agent is the one ethers computes, on both networks', () => {
    for (const source of ['a', 'b']) {
      const data = { ...AGENT, message: { ...AGENT.message, source } };
      expect(hex(agentDigest(data)!)).toBe(byEthers(data));
      expect(hashTypedData(data).primaryType).toBe('Agent');
    }
  });

  it('of anything else is left to ethers', () => {
    const { domain, types, message } = AGENT;
    const others: readonly TypedData[] = [
      { ...AGENT, domain: { ...domain, name: 'Exchanges' } },
      { ...AGENT, domain: { ...domain, version: '2' } },
      { ...AGENT, domain: { ...domain, chainId: 1 } },
      { ...AGENT, domain: { ...domain, verifyingContract: `0x${'1'.repeat(40)}` } },
      { ...AGENT, domain: { ...domain, salt: `0x${'1'.repeat(64)}` } },
      { ...AGENT, message: { ...message, source: 'c' } },
      { ...AGENT, message: { ...message, source: 'toString' } },
      { ...AGENT, types: { Agent: types.Agent.toReversed() } },
      { ...AGENT, types: { Agents: types.Agent } },
      {
        ...AGENT,
        types: { Agent: [...types.Agent, { name: 'more', type: 'bool' }] },
        message: { ...message, more: true },
      },
    ];
    for (const data of others) {
      expect(agentDigest(data)).toBeUndefined();
      const { primaryType, digest } = hashTypedData(data);
      expect(Object.keys(data.types)).toEqual([primaryType]);
      expect(hex(digest())).toBe(byEthers(data));
    }
    expect(agentDigest({ ...AGENT, message: { ...message, connectionId: '0x12' } })).toBeUndefined();
  });
});
