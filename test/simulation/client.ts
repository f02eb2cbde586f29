import type { AddCommand, AddResult } from '@perps/runtime/testing';
import type { Acknowledged, Observed } from './oracle.ts';
import type { Server } from './server.ts';
import type { World } from './world.ts';

/** A client asks elsewhere when it has heard nothing for so long. */
const REQUEST_TIMEOUT_MS = 250;
const RETRY_MS = 100;
const BURST_MAX = 6;
const BURST_GAP_MS = 4;
const COUNTERS = ['a', 'b', 'c'] as const;

export interface Client {
  readonly isDone: () => boolean;
}

export interface ClientOptions {
  readonly world: World;
  readonly name: string;
  readonly servers: readonly Server[];
  readonly commands: number;
  /** Mean pause between two bursts, ms. */
  readonly thinkMs: number;
  readonly acknowledged: Acknowledged[];
  readonly observed: Observed[];
}

/**
 * Sends its commands in bursts, so that several puts are in flight where that is allowed; repeats each under its id until
 * somebody acknowledges it; reads in between.
 */
export function startClient(options: ClientOptions): Client {
  const { world, name, commands, thinkMs } = options;
  const { clock, random } = world;
  let sent = 0;
  let outstanding = 0;
  const send = (): void => {
    sent += 1;
    const command = drawCommand(world, `${random.chance(0.9) ? 'q' : 'r'}-${name}-${sent}`);
    ask(options, command, (result) => {
      options.acknowledged.push({ id: command.id, result });
      if (random.chance(0.3)) read(options);
      outstanding -= 1;
      if (outstanding === 0) pause();
    });
  };
  const burst = (): void => {
    outstanding = Math.min(commands - sent, 1 + random.int(BURST_MAX));
    let afterMs = 0;
    for (let n = 0; n < outstanding; n += 1) {
      clock.schedule(afterMs, send);
      afterMs += random.next() * BURST_GAP_MS;
    }
  };
  const pause = (): void => {
    if (sent < commands) clock.schedule(thinkMs * 2 * random.next(), burst);
  };
  pause();
  return { isDone: () => sent === commands && outstanding === 0 };
}

function drawCommand(world: World, id: string): AddCommand {
  return { id, counter: world.random.pick(COUNTERS), amount: world.random.int(9) - 3 };
}

/** Repeats until acknowledged; only the first acknowledgement counts, as with any client. */
function ask(options: ClientOptions, command: AddCommand, acknowledge: (result: AddResult) => void): void {
  const { world, servers } = options;
  const { clock } = world;
  let settled = false;
  const attempt = (): void => {
    if (settled) return;
    const server = world.random.pick(servers);
    const again = once(() => clock.schedule(RETRY_MS * (0.5 + world.random.next()), attempt));
    clock.schedule(REQUEST_TIMEOUT_MS, again);
    const answer = (result: AddResult): void => {
      if (settled) return;
      settled = true;
      acknowledge(result);
    };
    const refuse = (): void => again();
    request(world, { server, command, answer, refuse });
    // Refusals that nobody journals may turn out otherwise the second time: those clients do not send twice.
    if (command.id.startsWith('q') && world.strikes('duplicatedRequest')) {
      clock.schedule(world.random.next() * 2_000, () => {
        request(world, { server: world.random.pick(servers), command, answer, refuse: () => undefined });
      });
    }
  };
  attempt();
}

interface Request {
  readonly server: Server;
  readonly command: AddCommand;
  readonly answer: (result: AddResult) => void;
  readonly refuse: () => void;
}

function request(world: World, { server, command, answer, refuse }: Request): void {
  const { clock } = world;
  if (world.strikes('lostRequest')) return;
  clock.schedule(world.latency(), () => {
    const { life, host } = server;
    world.deliver(life, () => {
      const reply = (hear: () => void): void => {
        // The answer leaves in the turn that made it, or never.
        if (world.leave(life) && !world.strikes('lostRequest')) clock.schedule(world.latency(), hear);
      };
      host.submit(command).then(
        (result) => reply(() => answer(result)),
        () => reply(refuse),
      );
    });
  });
}

function read({ world, servers, observed }: ClientOptions): void {
  const { life, host } = world.random.pick(servers);
  const counter = world.random.pick(COUNTERS);
  world.deliver(life, () => {
    host
      .query((state) => ({ counter, total: state.totals.get(counter) ?? 0, entries: state.counted.entries }))
      .then(
        (seen) => observed.push(seen),
        () => undefined,
      );
  });
}

function once(run: () => void): () => void {
  let ran = false;
  return () => {
    if (ran) return;
    ran = true;
    run();
  };
}
