import type { Ids } from '@perps/runtime/ports';
import { ClaimContestedError, FencedError } from './errors.ts';
import { ALL_GUARDS } from './guards.ts';
import { putUntilDecided } from './put.ts';
import type { PutDeps } from './put.ts';
import { replay } from './replay.ts';
import type { ChainPosition, ReplayOptions } from './replay.ts';

/** Each collision means that the former owner committed in between; it stops soon after its lease has passed on. */
const CLAIM_ATTEMPTS_MAX = 50;

export interface ClaimOptions<Event = unknown, Result = unknown>
  extends ReplayOptions<Event, Result>, Omit<PutDeps, 'journal' | 'guards'> {
  readonly ids: Ids;
  readonly owner: string;
  /** The lease's epoch: above every one in the journal, else the claim is refused. */
  readonly epoch: number;
}

/**
 * Takes the shard's journal over: reads to its end, appends a fence (`EpochStarted`) there, reads again. Resolves with the
 * position after the fence once the fence is the last applied record; what was applied on the way is the whole state.
 * @throws FencedError where a newer epoch has claimed; ClaimContestedError after too many collisions
 */
export async function claim<Event, Result>(options: ClaimOptions<Event, Result>): Promise<ChainPosition> {
  const guards = options.guards ?? ALL_GUARDS;
  let position = await replay(options);
  for (let attempt = 1; attempt <= CLAIM_ATTEMPTS_MAX; attempt += 1) {
    if (guards.epochNeverBack && position.epoch >= options.epoch) {
      throw new FencedError(`shard ${options.shard}: epoch ${position.epoch} has claimed, ours is ${options.epoch}`);
    }
    const fence = await appendFence(options, position);
    if (!guards.rereadAroundFence) {
      const taken = { ...position, nextSeq: position.nextSeq + 1 };
      position = fence.landed
        ? { ...taken, appliedSeq: position.nextSeq, token: fence.token, epoch: options.epoch }
        : taken;
      if (fence.landed) return position;
      continue;
    }
    position = await replay({ ...options, from: position });
    if (fence.landed && position.token === fence.token) return position;
  }
  throw new ClaimContestedError(`shard ${options.shard}: ${CLAIM_ATTEMPTS_MAX} collisions while claiming`);
}

async function appendFence<Event, Result>(
  options: ClaimOptions<Event, Result>,
  position: ChainPosition,
): Promise<{ readonly token: string; readonly landed: boolean }> {
  const { shard, epoch, owner, clock, codec, ids } = options;
  const token = ids.token();
  const { body } = codec.encode([{ control: 'EpochStarted', epoch, owner, at: clock.now() }]);
  const record = { shard, seq: position.nextSeq, epoch, token, previousToken: position.token, body };
  try {
    await putUntilDecided(record, { ...options, guards: options.guards ?? ALL_GUARDS });
    return { token, landed: true };
  } catch (cause) {
    if (cause instanceof FencedError) return { token, landed: false };
    throw cause;
  }
}
