import { sha256 } from '../lib/hash.ts';
import { maybe, one, type Queryable } from './queryable.ts';
import { nameKeyOf } from './staff.ts';

/** How failed attempts slow down the next one. */
export interface Patience {
  /** Failures until the first wait. */
  readonly free: number;
  /** The first wait; each failure after it doubles the next. */
  readonly firstSeconds: number;
  readonly mostSeconds: number;
  /** After so long without a failure one of them is forgiven. */
  readonly forgiveMinutes: number;
}

export interface Guarded {
  readonly kind: 'name' | 'address';
  readonly key: string;
  readonly patience: Patience;
}

/** A person has a handful of tries, then waits. Half an hour for one guess of a million PINs is centuries. */
export const byName = (name: string): Guarded => ({
  kind: 'name',
  key: sha256(nameKeyOf(name)),
  patience: { free: 5, firstSeconds: 30, mostSeconds: 1800, forgiveMinutes: 360 },
});

/** A whole shift may sign in through one address, so it has more tries; who goes through the names from there waits too. */
export const byAddress = (address: string): Guarded => ({
  kind: 'address',
  key: sha256(networkOf(address)),
  patience: { free: 20, firstSeconds: 10, mostSeconds: 900, forgiveMinutes: 10 },
});

/** Of IPv6 the network: whoever has one address of it has all 2^64. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const start = head === '' ? [] : head.split(':');
  const end = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = tail === undefined ? [] : Array<string>(Math.max(0, 8 - start.length - end.length)).fill('0');
  return [...start, ...middle, ...end]
    .slice(0, 4)
    .map((part) => Number.parseInt(part, 16).toString(16))
    .join(':');
}

export type Charge =
  | {
      readonly allowed: true /** With this one, if it fails. */;
      readonly failures: number;
      readonly waitSeconds: number;
    }
  | { readonly allowed: false; readonly waitSeconds: number };

const failuresNow = `greatest(0, g.failures - round(extract(epoch from clock_timestamp() - g.last_at) / 60 / $6::float8))::int + 1`;
/** The seconds to wait after so many failures. */
const waitAfter = (failures: string) =>
  `case when ${failures} < $3::int then 0 else least($5::float8, $4::float8 * 2 ^ least(30, ${failures} - $3::int)) end * interval '1 second'`;

const valuesOf = ({ kind, key, patience }: Guarded) => [
  kind,
  key,
  patience.free,
  patience.firstSeconds,
  patience.mostSeconds,
  patience.forgiveMinutes,
];

/**
 * Counts an attempt as failed before it is tried: of a thousand at once, over however many workers, only the free ones go on. One that
 * succeeds is taken back. An attempt that has to wait is not counted, and does not make the wait longer.
 */
export async function chargeAttempt(db: Queryable, guarded: Guarded): Promise<Charge> {
  const values = valuesOf(guarded);
  const [charged] = await db.query<{ failures: number; wait: number }>(
    `insert into sign_in_guard as g (kind, key, failures, last_at, not_before)
     values ($1, $2, 1, clock_timestamp(), clock_timestamp() + ${waitAfter('1')})
     on conflict (kind, key) do update set failures = ${failuresNow}, last_at = clock_timestamp(),
       not_before = clock_timestamp() + ${waitAfter(`(${failuresNow})`)}
     where g.not_before <= clock_timestamp()
     returning failures, ceil(extract(epoch from ${waitAfter('failures')}))::int as wait`,
    values,
  );
  if (charged !== undefined) return { allowed: true, failures: charged.failures, waitSeconds: charged.wait };
  const { wait } = await one<{ wait: number }>(
    db,
    `select greatest(1, ceil(extract(epoch from not_before - clock_timestamp())))::int as wait from sign_in_guard
     where kind = $1 and key = $2`,
    values.slice(0, 2),
  );
  return { allowed: false, waitSeconds: wait };
}

/**
 * Takes back attempts: they were not tried, or were those of somebody who has got in since. An attempt is charged only when the wait
 * before it is over, so without it there is none.
 */
export async function refundAttempts(db: Queryable, { kind, key }: Guarded, count = 1): Promise<void> {
  await db.query(
    `update sign_in_guard set failures = greatest(0, failures - $3::int), not_before = least(not_before, clock_timestamp())
     where kind = $1 and key = $2`,
    [kind, key, count],
  );
}

/** How many attempts count as failed. */
export async function failedAttempts(db: Queryable, { kind, key }: Guarded): Promise<number> {
  const row = await maybe<{ failures: number }>(db, 'select failures from sign_in_guard where kind = $1 and key = $2', [
    kind,
    key,
  ]);
  return row?.failures ?? 0;
}

/** Forgets all failures: the person has shown to be who they are, or somebody has let them in again. */
export async function forgetAttempts(db: Queryable, { kind, key }: Guarded): Promise<void> {
  await db.query('delete from sign_in_guard where kind = $1 and key = $2', [kind, key]);
}
