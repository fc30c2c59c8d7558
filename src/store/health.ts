import type { Database } from './db.ts';

/** What a worker cannot do without, as the database shows it. */
export interface Footing {
  /** Queues of the jobs' schema: none where it is not there. */
  readonly queues: number;
  /** Since when OTO does not let the account in, and by which code; null where it does. */
  readonly refused_since: Date | null;
  readonly refused_code: string | null;
}

export async function lookAtFooting(db: Database): Promise<Footing> {
  return db.one<Footing>(
    `select (select count(*)::int from ${db.schema}_jobs.queue) as queues, p.since as refused_since, p.code as refused_code
     from (select) one left join pause p on p.scope = 'account'`,
  );
}
