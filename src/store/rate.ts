import type { Lane } from '../oto/index.ts';
import { one, type Queryable } from './queryable.ts';

/** What a process asks of the rate that all share. See `take_calls` in the migrations. */
export interface CallsWanted {
  /** The process that asks, for as long as it lives. */
  readonly holder: string;
  readonly waiting: ReadonlyMap<Lane, number>;
  readonly most: number;
  readonly shares: Readonly<Record<string, number>>;
  readonly perSecond: number;
  /** How long the answer takes to be of use. */
  readonly leadMs: number;
  /** Calls given before that were not sent, by slot. */
  readonly unused: ReadonlyMap<number, number>;
}

/** Times are milliseconds since 1970 by the database's clock. */
export interface CallsGiven {
  readonly now: number;
  /** When the slot begins for which calls were given, and its number. */
  readonly slot: { readonly number: number; readonly start: number } | undefined;
  /** Calls given, by lane. */
  readonly taken: readonly (readonly [Lane, number])[];
  /** When it makes sense to ask for more. */
  readonly again: number;
  /** OTO asked that nothing be sent until then. */
  readonly blockedUntil: number | undefined;
  /** The part of the rate that is in use: below 1 after OTO asked for fewer calls. */
  readonly part: number;
}

const slotMs = 50;

/** `at`: in place of the database's clock. */
export async function takeCalls(db: Queryable, wanted: CallsWanted, at?: number): Promise<CallsGiven> {
  const row = await one<{
    now_ms: number;
    slot: number | null;
    taken: Readonly<Record<string, number>> | null;
    again_ms: number;
    blocked_ms: number | null;
    part: number;
  }>(db, `select * from take_calls($1, $2, $3, $4, $5, $6, $7, to_timestamp($8::float8 / 1000))`, [
    wanted.holder,
    JSON.stringify(Object.fromEntries(wanted.waiting)),
    wanted.most,
    JSON.stringify(wanted.shares),
    wanted.perSecond,
    wanted.leadMs,
    JSON.stringify(Object.fromEntries(wanted.unused)),
    at ?? null,
  ]);
  return {
    now: row.now_ms,
    slot: row.slot === null ? undefined : { number: row.slot, start: row.slot * slotMs },
    taken: Object.entries(row.taken ?? {}) as [Lane, number][],
    again: row.again_ms,
    blockedUntil: row.blocked_ms ?? undefined,
    part: row.part,
  };
}

/** OTO asked for fewer calls. `ageMs`: how long ago the call was sent that it answered so. */
export async function slowCallsDown(
  db: Queryable,
  { pauseMs, why, ageMs }: { pauseMs: number; why: string; ageMs: number },
  at?: number,
): Promise<void> {
  await db.query('select slow_calls_down($1, $2, $3, to_timestamp($4::float8 / 1000))', [
    pauseMs,
    why,
    ageMs,
    at ?? null,
  ]);
}

/** How fast the account may be called just now. */
export interface RateState {
  readonly now: Date;
  /** The part of the rate that is in use, 1 for all of it. */
  readonly part: number;
  /** Nothing is sent until then. */
  readonly blockedUntil: Date | null;
  /** When the whole rate is in use again, unless OTO asks for fewer calls before. */
  readonly fullFrom: Date | null;
  readonly slowedAt: Date | null;
  readonly why: string | null;
}

/** `at`: in place of the database's clock. */
export async function rateState(db: Queryable, at?: number): Promise<RateState> {
  return one<RateState>(
    db,
    `select c.at as now, rate_part(slowed_to, blocked_until, c.at) as part,
       case when blocked_until > c.at then blocked_until end as "blockedUntil",
       case when greatest(blocked_until, f.at) > c.at then greatest(blocked_until, f.at) end as "fullFrom",
       slowed_at as "slowedAt", slowed_why as why
     from rate, lateral (select coalesce(to_timestamp($1::float8 / 1000), clock_timestamp()) as at) c,
       lateral (select blocked_until + ceil(ln(1 / slowed_to) / ln(1.5) - 1e-9) * interval '5 seconds' as at) f`,
    [at ?? null],
  );
}

/** The rate that all processes share. */
export interface SharedRate {
  take(wanted: CallsWanted): Promise<CallsGiven>;
  slowDown(cause: { pauseMs: number; why: string; ageMs: number }): Promise<void>;
  /** Milliseconds until calls may be sent, and whether the rate is reduced: for those without a rate of their own. */
  look(): Promise<{ readonly blockedMs: number; readonly reduced: boolean }>;
}

/** The shared rate of the account that this database belongs to. */
export function sharedRate(db: Queryable): SharedRate {
  return {
    take: (wanted) => takeCalls(db, wanted),
    slowDown: (cause) => slowCallsDown(db, cause),
    look: async () => {
      const { now, part, blockedUntil } = await rateState(db);
      return { blockedMs: blockedUntil === null ? 0 : blockedUntil.getTime() - now.getTime(), reduced: part < 1 };
    },
  };
}

/** How many operations of runs that are under way, or were a moment ago, have landed in the last `seconds`, by lane. */
export async function landedLately(db: Queryable, seconds: number): Promise<{ lane: number; count: number }[]> {
  const rows = await db.query<{ lane: number; count: number }>(
    `select lane, count(*) as count from operation
     where run_id in (select id from run where status = 'running' or finished_at > now() - $1 * interval '1 second')
       and state = 'landed' and settled_at > now() - $1 * interval '1 second' group by lane`,
    [seconds],
  );
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}
