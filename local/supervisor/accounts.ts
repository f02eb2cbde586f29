/** Keys and accounts of a local system: made once, kept in its folder. Local only: nothing here is worth anything. */
import { existsSync, readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { IdentityStore } from '@perps/adapters/aws';
import { accountIdOf, encodeQueuedCommand, shardOf, type QueuedEngineCommand } from '@perps/contracts/engine';
import { addressOf } from '@perps/contracts/hyperliquid';
import { usd } from '@perps/domain/money';
import { DEFAULT_ROUTING_POLICY, type RoutingPolicy } from '@perps/domain/routing';
import type { CommandQueue } from '@perps/runtime/ports';
import { z } from 'zod';
import { writeJson } from './instance.ts';

/** `balance` in whole USD. */
export interface Wallet {
  readonly address: string;
  readonly privateKey: string;
  readonly balance: number;
}

export interface Keyring {
  /** The platform's accounts at the simulated venue; their master keys exist here only. */
  readonly trading: Wallet;
  readonly hedge: Wallet;
  readonly wallets: readonly Wallet[];
}

const walletSchema = z.object({ address: z.string(), privateKey: z.string(), balance: z.number() });
const keyringSchema = z.object({ trading: walletSchema, hedge: walletSchema, wallets: z.array(walletSchema) });

const DEMO_BALANCES = [100_000, 50_000, 10_000];
const VENUE_BALANCE = 10_000_000;

export function createWallet(balance: number): Wallet {
  const privateKey = `0x${randomBytes(32).toString('hex')}`;
  return { address: addressOf(privateKey), privateKey, balance };
}

/** The keys of this folder, made at the first start. */
export function openKeyring(dir: string): Keyring {
  const file = join(dir, 'keyring.json');
  if (existsSync(file)) return keyringSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const keyring = {
    trading: createWallet(VENUE_BALANCE),
    hedge: createWallet(VENUE_BALANCE),
    wallets: DEMO_BALANCES.map(createWallet),
  };
  writeJson(file, keyring);
  return keyring;
}

/** NORMAL_MODE with BTC and ETH internalised. */
export const LOCAL_POLICY: RoutingPolicy = {
  ...DEFAULT_ROUTING_POLICY,
  version: 1,
  mode: 'NORMAL_MODE',
  symbols: { BTC: { isInternalised: true }, ETH: { isInternalised: true } },
};

export interface Treasury {
  /** Gives every shard the policy; a command id of its own per version makes a repeat harmless. */
  setPolicy(policy: RoutingPolicy): Promise<void>;
  /** Opens the wallet's account and credits its balance, by queue. Repeating it changes nothing. */
  openAccount(wallet: Wallet): Promise<void>;
}

/** What treasury and admin functions will do, done here by the same commands on the same queues. */
export function createTreasury(options: {
  readonly queue: CommandQueue;
  readonly identities: IdentityStore;
  readonly shardCount: number;
}): Treasury {
  const send = (shard: number, groupId: string, command: QueuedEngineCommand): Promise<void> =>
    options.queue.send({ shard, groupId, commandId: command.commandId, body: encodeQueuedCommand(command) });
  return {
    setPolicy: async (policy) => {
      for (let shard = 0; shard < options.shardCount; shard += 1) {
        const commandId = `local:policy:${policy.version}:${shard}`;
        await send(shard, 'config', { type: 'SetRoutingPolicy', commandId, shard, receivedAt: Date.now(), policy });
      }
    },
    openAccount: async ({ address, balance }) => {
      const accountId = accountIdOf(address);
      await options.identities.claim({ kind: 'wallet', address, accountId });
      const shard = shardOf(accountId, options.shardCount);
      const receivedAt = Date.now();
      await send(shard, accountId, {
        type: 'OpenAccount',
        commandId: `local:open:${accountId}`,
        accountId,
        receivedAt,
        owner: address,
      });
      await send(shard, accountId, {
        type: 'CreditDeposit',
        commandId: `local:deposit:${accountId}`,
        accountId,
        receivedAt,
        depositId: `local:${accountId}`,
        chain: 'local',
        amount: usd(BigInt(Math.round(balance * 1_000_000))),
      });
    },
  };
}
