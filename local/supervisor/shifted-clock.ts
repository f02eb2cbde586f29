/**
 * Loaded before everything else (`--import`): this process lives at another time of day. Only what tells the time is
 * shifted; timers and `performance` go on as they are.
 */
import { CLOCK_OFFSET } from './clock-offset.ts';

const offsetMs = Number(process.env[CLOCK_OFFSET] ?? '0');
if (!Number.isSafeInteger(offsetMs)) throw new TypeError(`${CLOCK_OFFSET}: not a whole number of milliseconds`);

const RealDate = globalThis.Date;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [shiftedNow()] : args, newTarget) as Date,
  apply: () => new RealDate(shiftedNow()).toString(),
  get: (target, key, receiver) => (key === 'now' ? shiftedNow : (Reflect.get(target, key, receiver) as unknown)),
});

function shiftedNow(): number {
  return RealDate.now() + offsetMs;
}
