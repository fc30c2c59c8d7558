import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Database } from '../store/db.ts';
import { type Footing, lookAtFooting } from '../store/health.ts';

export type Phase = 'starting' | 'working' | 'stopping';

export interface Check {
  readonly ok: boolean;
  readonly state: string;
  /** Since when it is in this state, as far as this process has seen. */
  readonly since: string;
  readonly reason: string | null;
}

export interface Standing {
  readonly ready: boolean;
  readonly checks: { readonly database: Check; readonly jobs: Check; readonly token: Check };
}

export interface Readiness {
  /** What the worker is at. `accountKnown`: whether OTO has said whose token ours is. */
  enter(phase: Phase, accountKnown: boolean): void;
  look(): Promise<Standing>;
  stop(): void;
}

type Found = Pick<Check, 'ok' | 'state' | 'reason'> & { readonly since?: Date | undefined };

const everyMs = 5_000;
/** A database that takes longer to say that it is there is of no use to anybody who asks. */
const patienceMs = 3_000;

/** Whether this worker can do its work just now, and since when. Looks every few seconds by itself, so that `since` means something. */
export function createReadiness(db: Database, log: Logger): Readiness {
  let phase: Phase = 'starting';
  let accountKnown = false;
  let looking: Promise<Standing> | undefined;
  const before = new Map<string, Check>();

  function noted(name: string, { since, ...found }: Found): Check {
    const last = before.get(name);
    const same = last !== undefined && last.state === found.state && since === undefined;
    const check = { ...found, since: same ? last.since : (since ?? new Date()).toISOString() };
    // What the worker is at says the worker.
    if (name !== 'jobs' && last !== undefined && last.ok !== check.ok)
      log[check.ok ? 'info' : 'warn']({ check: name, state: check.state, reason: check.reason }, 'readiness changed');
    before.set(name, check);
    return check;
  }

  async function findFooting(): Promise<Footing | undefined> {
    const found = lookAtFooting(db).catch((error: unknown) => {
      log.debug({ reason: messageOf(error) }, 'the database did not say how it stands');
      return undefined;
    });
    return Promise.race([found, delay(patienceMs, undefined, { ref: false })]);
  }

  async function lookAnew(): Promise<Standing> {
    const footing = await findFooting();
    const checks = {
      database: noted('database', databaseCheck(footing)),
      jobs: noted('jobs', jobsCheck(footing, phase)),
      token: noted('token', tokenCheck(footing, accountKnown)),
    };
    return { ready: Object.values(checks).every(({ ok }) => ok), checks };
  }

  function look(): Promise<Standing> {
    looking ??= lookAnew().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  const timer = setInterval(() => void look(), everyMs);
  timer.unref();
  void look();
  return {
    enter(next, known) {
      phase = next;
      accountKnown = known;
      void look();
    },
    look,
    stop: () => clearInterval(timer),
  };
}

function databaseCheck(footing: Footing | undefined): Found {
  if (footing !== undefined) return { ok: true, state: 'ok', reason: null };
  return { ok: false, state: 'away', reason: 'The database does not answer.' };
}

function jobsCheck(footing: Footing | undefined, phase: Phase): Found {
  if (phase === 'starting') return { ok: false, state: phase, reason: 'The worker has not begun to take jobs.' };
  if (phase === 'stopping') return { ok: false, state: phase, reason: 'The worker takes no more jobs.' };
  if (footing === undefined)
    return { ok: false, state: 'unknown', reason: 'The database, which holds the jobs, is away.' };
  if (footing.queues === 0) return { ok: false, state: 'missing', reason: 'The tables of the jobs are gone.' };
  return { ok: true, state: phase, reason: null };
}

function tokenCheck(footing: Footing | undefined, accountKnown: boolean): Found {
  if (!accountKnown)
    return { ok: false, state: 'unchecked', reason: 'OTO has not said yet which account the token opens.' };
  if (footing === undefined) return { ok: false, state: 'unknown', reason: 'The database, which knows, is away.' };
  const { refused_since: since, refused_code: code } = footing;
  if (since === null) return { ok: true, state: 'ok', reason: null };
  const reason = `OTO does not let the bridge in${code === null ? '' : ` (${code})`}: see \`oto-bridge status\`.`;
  return { ok: false, state: 'refused', reason, since };
}
