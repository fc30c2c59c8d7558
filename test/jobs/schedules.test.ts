import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Jobs, openJobs } from '../../src/jobs/jobs.ts';
import { type Schedule, type Schedules, startSchedules } from '../../src/jobs/schedules.ts';
import { testDatabase } from '../support/database.ts';

const database = testDatabase();
const log = pino({ level: 'silent' });
const nightly: Schedule[] = [{ flow: 'stock', expression: '30 2 * * *' }];
const timezone = 'Europe/Berlin';
const clock = { now: 0 };
const at = (moment: string) => {
  clock.now = Date.parse(moment);
};

let jobs: Jobs;
const running: Schedules[] = [];

beforeEach(async () => {
  await database.db.query('truncate run, schedule cascade');
  jobs = await openJobs(database.db, log);
  await forgetJobs();
});
afterEach(async () => {
  await stopAll();
  await jobs.stop(1000);
});

/** Row by row: a TRUNCATE locks whole tables, in another order than the queue's own housekeeping does. */
async function forgetJobs() {
  await database.db.query('delete from oto_bridge_jobs.job');
}

async function start(schedules: readonly Schedule[] = nightly): Promise<Schedules> {
  const one = await startSchedules(schedules, { db: database.db, jobs, timezone, now: () => clock.now, log });
  running.push(one);
  return one;
}

async function stopAll() {
  for (const one of running.splice(0)) await one.stop();
}

/** What has been asked for since the start of the test. */
async function asked(): Promise<string[]> {
  const rows = await database.db.query<{ trigger: string }>(
    `select data->>'trigger' as trigger from oto_bridge_jobs.job where name = 'flows' order by created_on`,
  );
  return rows.map((row) => row.trigger);
}

async function ranAt(moment: string, trigger = 'schedule') {
  await database.db.query(
    `insert into run (flow, trigger, holder, status, started_at) values ('stock', $2, 'w', 'done', $1)`,
    [moment, trigger],
  );
}

test('of several processes one fires a slot; a schedule that is new begins now', async () => {
  at('2027-01-10T12:00:00Z');
  const several = [await start(), await start(), await start()];
  expect(await asked()).toEqual([]);
  at('2027-01-11T01:29:59Z');
  await Promise.all(several.map((one) => one.look()));
  expect(await asked()).toEqual([]);
  at('2027-01-11T01:30:00Z');
  await Promise.all([...several, ...several].map((one) => one.look()));
  expect(await asked()).toEqual(['schedule']);
  at('2027-01-11T18:00:00Z');
  await Promise.all(several.map((one) => one.look()));
  expect(await asked()).toEqual(['schedule']);
});

test('of the slots that passed while nothing ran the last is made up for, once, also when the queue has forgotten', async () => {
  at('2027-01-10T12:00:00Z');
  await start();
  await stopAll();
  at('2027-01-14T08:00:00Z');
  await start();
  await start();
  expect(await asked()).toEqual(['missed-schedule']);
  await forgetJobs();
  await stopAll();
  at('2027-01-14T09:00:00Z');
  await start();
  expect(await asked()).toEqual([]);
});

test('a machine that slept through several slots makes up for the last', async () => {
  at('2027-01-10T12:00:00Z');
  const one = await start([{ flow: 'stock', expression: '0 * * * *' }]);
  at('2027-01-10T17:40:00Z');
  await one.look();
  expect(await asked()).toEqual(['missed-schedule']);
});

test('a run by hand since the missed slot has done what it was for; a plan has not', async () => {
  at('2027-01-10T12:00:00Z');
  await start();
  await stopAll();
  await ranAt('2027-01-11T06:00:00Z', 'sync');
  at('2027-01-11T08:00:00Z');
  await start();
  expect(await asked()).toEqual([]);
  await stopAll();
  await ranAt('2027-01-12T06:00:00Z', 'plan');
  at('2027-01-12T08:00:00Z');
  await start();
  expect(await asked()).toEqual(['missed-schedule']);
});

test('a schedule that is known by its runs alone begins with the last of them', async () => {
  await ranAt('2027-01-09T01:30:00Z');
  at('2027-01-10T12:00:00Z');
  await start();
  expect(await asked()).toEqual(['missed-schedule']);
});

test('a schedule that was changed begins anew, and the process that has the old one fires no more', async () => {
  at('2027-01-10T12:00:00Z');
  const old = await start();
  at('2027-01-10T13:00:00Z');
  const changed = await start([{ flow: 'stock', expression: '0 9,20 * * *' }]);
  expect(await asked()).toEqual([]);
  at('2027-01-11T01:30:00Z');
  await Promise.all([old.look(), changed.look()]);
  // 20:00 had passed, 02:30 is no longer one.
  expect(await asked()).toEqual(['missed-schedule']);
  at('2027-01-11T08:00:00Z');
  await Promise.all([old.look(), changed.look()]);
  expect(await asked()).toEqual(['missed-schedule', 'schedule']);
});

test('02:30 is once on the day that has none and once on the day that has two', async () => {
  at('2027-03-27T12:00:00Z');
  const one = await start();
  for (const moment of [
    '2027-03-28T00:59:00Z',
    '2027-03-28T01:00:00Z',
    '2027-03-28T01:30:00Z',
    '2027-03-28T23:00:00Z',
  ]) {
    at(moment);
    await one.look();
  }
  expect(await asked()).toEqual(['schedule']);
  await stopAll();
  at('2027-10-30T12:00:00Z');
  await database.db.query('truncate schedule');
  await forgetJobs();
  const autumn = await start();
  for (const moment of ['2027-10-31T00:30:00Z', '2027-10-31T01:30:00Z', '2027-10-31T02:30:00Z']) {
    at(moment);
    await autumn.look();
  }
  expect(await asked()).toEqual(['schedule']);
});

test('a slot that cannot be queued just now is fired by a later look', async () => {
  at('2027-01-10T12:00:00Z');
  const one = await start();
  at('2027-01-11T01:30:00Z');
  await database.db.query('alter table schedule rename to schedule_away');
  await one.look();
  expect(await asked()).toEqual([]);
  await database.db.query('alter table schedule_away rename to schedule');
  await one.look();
  expect(await asked()).toEqual(['schedule']);
});
