/** EventBridge Scheduler on this machine: `rate(…)`, `at(…)` and daily `cron(…)` schedules, held in memory. */
import { AwsError, type Body, type RestHandler } from './aws-server.ts';
import type { EventBus, EventTarget } from './eventbridge.ts';

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** When a schedule runs next, ms from `now`; undefined = never again. Throws on what is not supported. */
export function nextDelayMs(expression: string, now: number): number | undefined {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate !== null) {
    const period = Number(rate[1]) * (UNIT_MS[rate[2] ?? ''] ?? 0);
    return period - (now % period);
  }
  const at = /^at\((.+)\)$/.exec(expression);
  if (at !== null) {
    const due = Date.parse(`${at[1]}Z`) - now;
    return due >= 0 ? due : undefined;
  }
  // Minutes and hours of every day; that is all that is scheduled so.
  const cron = /^cron\(([\d,]+) ([\d,]+|\*) \* \* \? \*\)$/.exec(expression);
  if (cron !== null) return untilCron(cron[1] ?? '', cron[2] ?? '', now);
  throw new AwsError('ValidationException', `Invalid Schedule Expression ${expression}.`);
}

const DAY_HOURS = Array.from({ length: 24 }, (_, hour) => String(hour));

function untilCron(minutes: string, hours: string, now: number): number {
  const midnight = now - (now % 86_400_000);
  const ofDay = (hours === '*' ? DAY_HOURS : hours.split(',')).flatMap((hour) =>
    minutes.split(',').map((minute) => Number(hour) * 3_600_000 + Number(minute) * 60_000),
  );
  const due = [...ofDay, ...ofDay.map((ms) => ms + 86_400_000)].map((ms) => midnight + ms - now);
  return Math.min(...due.filter((ms) => ms > 0));
}

export interface Scheduler {
  readonly rest: RestHandler;
  put(name: string, schedule: { readonly expression: string; readonly target: EventTarget }): void;
  close(): void;
}

/** Creates the scheduler; deliveries go through the bus. Several due at once run side by side, failures are told. */
export function createScheduler(options: {
  readonly bus: EventBus;
  readonly onError: (message: string) => void;
}): Scheduler {
  const timers = new Map<string, NodeJS.Timeout>();
  const put: Scheduler['put'] = (name, { expression, target }) => {
    clearTimeout(timers.get(name));
    const delayMs = nextDelayMs(expression, Date.now());
    if (delayMs === undefined) return;
    const timer = setTimeout(() => {
      options.bus
        .deliver(target, { 'detail-type': 'Scheduled Event', source: 'aws.scheduler', detail: {} })
        .catch((error: unknown) => options.onError(`schedule ${name}: ${String(error)}`));
      put(name, { expression, target });
    }, delayMs);
    timers.set(name, timer);
  };
  const remove = (name: string): Body => {
    if (!timers.has(name)) throw new AwsError('ResourceNotFoundException', `Schedule ${name} does not exist.`, 404);
    clearTimeout(timers.get(name));
    timers.delete(name);
    return {};
  };
  return {
    put,
    rest: ({ method, path, body }) => {
      const name = /^\/schedules\/([^/?]+)/.exec(path)?.[1];
      if (name === undefined) return undefined;
      if (method === 'DELETE') return remove(name);
      if (method !== 'POST' && method !== 'PUT') return undefined;
      const target = { Id: name, ...(body['Target'] as Omit<EventTarget, 'Id'>) };
      put(name, { expression: String(body['ScheduleExpression']), target });
      return { ScheduleArn: `arn:aws:scheduler:local:000000000000:schedule/default/${name}` };
    },
    close: () => {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}
