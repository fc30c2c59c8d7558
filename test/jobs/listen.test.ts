import { pino } from 'pino';
import { expect, test } from 'vitest';
import { openJobs } from '../../src/jobs/jobs.ts';
import { testDatabase } from '../support/database.ts';
import { until } from '../support/process.ts';

const database = testDatabase();

test('notifications stop coming: jobs are found by polling, and a listener that was cut off comes back', async () => {
  const { db } = database;
  const pushed: number[] = [];
  const jobs = await openJobs(db, pino({ level: 'silent' }));
  try {
    await jobs.work({
      push: async (operations) => {
        pushed.push(...operations);
        return new Set();
      },
    });
    const listeners = () =>
      db.query<{ pid: number }>(
        `select pid from pg_stat_activity where datname = current_database() and application_name = 'oto-bridge jobs' and query ilike 'listen%'`,
      );
    const [listener] = await until('it listens', async () => {
      const found = await listeners();
      return found.length > 0 && found;
    });
    // A row alone tells nobody: as if its notification had got lost on a connection that only looks alive.
    const silent = (id: number) =>
      db.query(
        `insert into oto_bridge_jobs.job (name, data, retry_limit) values ('documents', jsonb_build_object('version', 1, 'operations', jsonb_build_array($1::int)), 3)`,
        [id],
      );
    await silent(1);
    await until('it is found all the same', () => pushed.includes(1));
    await db.query('select pg_terminate_backend($1)', [listener?.pid]);
    await silent(2);
    await until('it is found without a listener', () => pushed.includes(2));
    await until('it listens again', async () => (await listeners()).some(({ pid }) => pid !== listener?.pid));
    await db.tx((tx) => jobs.enqueue(tx, [{ id: 3, lane: 'documents' }]));
    await until('the next', () => pushed.includes(3));
    expect(pushed).toEqual([1, 2, 3]);
  } finally {
    await jobs.stop(1000);
  }
});
