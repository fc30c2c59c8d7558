import type { Queryable } from './queryable.ts';

/** A standing worker, as it last showed itself. */
export interface StandingWorker {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly started_at: Date;
  readonly seen_at: Date;
}

/** A worker that has not shown itself for so long is gone. */
const goneSeconds = 20;

/** Shows that a worker lives. */
export async function showWorker(
  db: Queryable,
  worker: { id: string; host: string; pid: number; version: string },
): Promise<void> {
  await db.query(
    `insert into worker (id, host, pid, version) values ($1, $2, $3, $4)
     on conflict (id) do update set seen_at = now()`,
    [worker.id, worker.host, worker.pid, worker.version],
  );
}

/** Takes a worker that stops off the list, and those that never came to do it themselves. */
export async function removeWorker(db: Queryable, id: string): Promise<void> {
  await db.query(`delete from worker where id = $1 or seen_at < now() - interval '1 day'`, [id]);
}

export async function liveWorkers(db: Queryable): Promise<StandingWorker[]> {
  return db.query<StandingWorker>(
    `select * from worker where seen_at > now() - $1 * interval '1 second' order by started_at, id`,
    [goneSeconds],
  );
}
