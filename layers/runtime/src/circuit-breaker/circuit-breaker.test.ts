import { describe, expect, it } from '@jest/globals';
import { CircuitOpenError, createCircuitBreaker } from '@perps/runtime/circuit-breaker';
import { createVirtualClock } from '@perps/runtime/testing';

const outage = new Error('503');
const refusal = new Error('422');
const failing = () => Promise.reject(outage);
const working = () => Promise.resolve('ok');

const createBreaker = () => {
  const clock = createVirtualClock();
  const isFailure = (cause: unknown): boolean => cause === outage;
  return {
    clock,
    breaker: createCircuitBreaker({ clock, name: 'venue', failuresMax: 3, coolDownMs: 1_000, isFailure }),
  };
};

async function open({ breaker }: ReturnType<typeof createBreaker>) {
  for (let n = 0; n < 3; n += 1) await expect(breaker.run(failing)).rejects.toBe(outage);
}

describe('circuit breaker', () => {
  it('opens after failures in a row, and only those', async () => {
    const made = createBreaker();
    const { breaker } = made;
    await expect(breaker.run(failing)).rejects.toBe(outage);
    await expect(breaker.run(failing)).rejects.toBe(outage);
    expect(await breaker.run(working)).toBe('ok');
    await expect(breaker.run(() => Promise.reject(refusal))).rejects.toBe(refusal);
    expect(breaker.state()).toBe('closed');
    await open(made);
    expect(breaker.state()).toBe('open');
    await expect(breaker.run(working)).rejects.toThrow(CircuitOpenError);
  });

  it('lets one probe through after the cool-down; success closes it', async () => {
    const made = createBreaker();
    await open(made);
    await made.clock.advance(1_000);
    expect(made.breaker.state()).toBe('half-open');
    const probe = made.breaker.run(working);
    await expect(made.breaker.run(working)).rejects.toThrow(CircuitOpenError);
    expect(await probe).toBe('ok');
    expect(made.breaker.state()).toBe('closed');
  });

  it('opens again at once where the probe fails', async () => {
    const made = createBreaker();
    await open(made);
    await made.clock.advance(1_000);
    await expect(made.breaker.run(failing)).rejects.toBe(outage);
    expect(made.breaker.state()).toBe('open');
    await made.clock.advance(1_000);
    expect(await made.breaker.run(working)).toBe('ok');
  });

  it('is not closed by a call that began before it opened', async () => {
    const made = createBreaker();
    let finish: (answer: string) => void = () => undefined;
    const slow = made.breaker.run(() => new Promise<string>((resolve) => (finish = resolve)));
    await open(made);
    finish('late');
    expect(await slow).toBe('late');
    expect(made.breaker.state()).toBe('open');
  });
});
