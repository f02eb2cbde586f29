import { describe, expect, it } from '@jest/globals';
import { createBatchCodec, type BatchEntry } from '@perps/contracts/journal';
import { type Receipt, rootOf, bodyHash } from '@perps/contracts/receipts';
import type { ShardEvent } from '@perps/domain/shard';
import { CHAIN_START, type ChainPosition } from '@perps/runtime/commit';
import { createMemoryJournal, createVirtualClock } from '@perps/runtime/testing';
import { createReceiptIssuer } from './issuer.ts';

const codec = createBatchCodec<ShardEvent>();
const decision = {
  route: 'INTERNAL',
  reason: 'within_threshold',
  mode: 'NORMAL_MODE',
  thresholdUsed: 0n,
  policyVersion: 1,
};

/** As much of a fill as a receipt is made of. */
const fill = (tradeId: number): ShardEvent =>
  ({
    type: 'OrderFilled',
    tradeId,
    orderId: 1,
    at: 1,
    route: 'INTERNAL',
    price: 1_000_000n,
    size: 5n,
    side: 'buy',
    symbol: 'BTC',
    szDecimals: 5,
    liquidity: 'taker',
    fee: 1n,
    builderFee: 0n,
    legs: [{ route: 'INTERNAL', decision }],
    quote: { bid: 1n, ask: 1_000_000n, markPrice: 1n, oraclePrice: 1n, quoteAgeMs: 1, markAgeMs: 1 },
  }) as unknown as ShardEvent;

const started = { control: 'EpochStarted', epoch: 1, owner: 'engine', at: 1 } as const;
const startedBody = codec.encode([started]).body;

function createWorld() {
  const journal = createMemoryJournal();
  const receipts = new Map<number, Receipt>();
  const messages: Uint8Array[] = [];
  let position: ChainPosition = CHAIN_START;
  const issuer = createReceiptIssuer({
    journal,
    codec,
    checkpoints: {
      checkpoint: async (shard) => ({ shard, generation: 0, position }),
      advance: async (from, to) => {
        if (from.position.nextSeq !== position.nextSeq) return false;
        position = to;
        return true;
      },
    },
    store: {
      write: async (written) => {
        for (const receipt of written) receipts.set(receipt.body.tradeId, receipt);
      },
      find: async (tradeId) => receipts.get(tradeId),
    },
    signer: {
      keyId: async () => '00'.repeat(32),
      sign: async (message) => {
        messages.push(message);
        return new Uint8Array(70);
      },
    },
    clock: createVirtualClock(),
  });
  let seq = 0;
  const append = (entry: BatchEntry<ShardEvent>): void => {
    seq += 1;
    const body = entry === started ? startedBody : codec.encode([entry]).body;
    journal.appendNow({
      shard: 0,
      seq,
      epoch: 1,
      token: `t${seq}`,
      previousToken: seq === 1 ? '' : `t${seq - 1}`,
      body,
    });
  };
  return { issuer, receipts, messages, append, seq: () => seq };
}

const command = (n: number, streamId: string, events: readonly ShardEvent[]): BatchEntry<ShardEvent> => ({
  commandId: `c${n}`,
  streamId,
  at: 1,
  events,
});

describe('the issuer of receipts', () => {
  it('asks for a second signature where a round has more fills than one tree takes', async () => {
    const world = createWorld();
    world.append(started);
    for (let n = 0; n < 5; n += 1) {
      world.append(
        command(
          n,
          'u1',
          Array.from({ length: 1_000 }, (_, index) => fill(n * 1_000 + index + 1)),
        ),
      );
    }
    expect(await world.issuer.catchUp({ shard: 0, seq: world.seq() })).toBe(5_000);
    expect(world.messages).toHaveLength(2);
    expect(world.receipts.get(4_096)?.head).toMatchObject({ count: 4_096, fromSeq: 1, toSeq: 6 });
    expect(world.receipts.get(4_097)?.head).toMatchObject({ count: 904, fromSeq: 1, toSeq: 6 });
    for (const tradeId of [1, 4_096, 4_097, 5_000]) {
      const { body, proof, head } = world.receipts.get(tradeId)!;
      const hashes = proof.hashes.map((hash) => Buffer.from(hash, 'hex'));
      const root = rootOf({ leaf: bodyHash(body), index: proof.index, count: head.count, hashes });
      expect(root?.toString('hex')).toBe(head.root);
    }
  });

  it('leaves the shard’s own settings alone and signs nothing for them', async () => {
    const world = createWorld();
    world.append(command(1, 'config', [fill(1)]));
    expect(await world.issuer.catchUp({ shard: 0, seq: 1 })).toBe(0);
    expect(world.messages).toEqual([]);
  });

  it('stops after so many records and goes on from there', async () => {
    const world = createWorld();
    for (let n = 0; n < 5_001; n += 1) world.append(started);
    world.append(command(1, 'u1', [fill(7)]));
    const target = { shard: 0, seq: world.seq() };
    await expect(world.issuer.catchUp(target)).rejects.toMatchObject({ code: 'ProjectionBehind' });
    expect(world.receipts.size).toBe(0);
    expect(await world.issuer.catchUp(target)).toBe(1);
    expect(await world.issuer.catchUp(target)).toBe(0);
  });

  it('stops where the journal does not hold what it was told of', async () => {
    const world = createWorld();
    world.append(started);
    await world.issuer.catchUp({ shard: 0, seq: 1 });
    await expect(world.issuer.catchUp({ shard: 0, seq: 2 })).rejects.toMatchObject({ code: 'JournalGap' });
  });
});
