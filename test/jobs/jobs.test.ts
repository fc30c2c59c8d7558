import { PgBoss } from 'pg-boss';
import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { type JobHandlers, type Jobs, openJobs } from '../../src/jobs/jobs.ts';
import { pushQueues, readFlow, readPush, silentSeconds } from '../../src/jobs/queues.ts';
import { testDatabase } from '../support/database.ts';
import { until } from '../support/process.ts';

const database = testDatabase();
const log = pino({ level: 'silent' });
const open: Jobs[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((jobs) => jobs.stop(1000)));
  await database.db.query('truncate oto_bridge_jobs.job');
});

async function openOne(handlers?: Partial<JobHandlers>): Promise<Jobs> {
  const jobs = await openJobs(database.db, log, { faultsBorne: 4 });
  open.push(jobs);
  if (handlers !== undefined) await jobs.work({ push: async () => new Set(), ...handlers });
  return jobs;
}

const stateOf = (id: string) =>
  database.db.query<{ name: string; state: string; retries: number }>(
    'select name, state::text, retry_count as retries from oto_bridge_jobs.job where id = $1',
    [id],
  );

/** Puts a payload into a job as another release would have written it. */
async function queued(jobs: Jobs, jobId: string, payload: object) {
  await jobs.enqueueFlow('stock', 'test', { jobId });
  await database.db.query('update oto_bridge_jobs.job set data = $2 where id = $1', [jobId, JSON.stringify(payload)]);
}

describe('payloads over releases', () => {
  test('what this release has written stays readable', () => {
    expect(readPush({ version: 1, operations: [7, 8] })).toEqual({
      kind: 'payload',
      payload: { version: 1, operations: [7, 8] },
    });
    const flow = { version: 1, flow: 'stock', trigger: 'schedule', slot: '7d444840-9dc0-5ad1-a5ff-2da16e4e0c2f' };
    expect(readFlow(flow)).toEqual({ kind: 'payload', payload: flow });
  });

  test('a newer version is told from what cannot be read', () => {
    expect(readPush({ version: 2, operations: 'in another form' })).toEqual({ kind: 'newer', version: 2 });
    for (const broken of [
      null,
      'x',
      {},
      { version: '1' },
      { version: 0, operations: [1] },
      { version: 1, operations: [] },
    ])
      expect(readPush(broken), JSON.stringify(broken)).toEqual({ kind: 'unreadable' });
  });

  test('a worker leaves the job of a newer release in the queue, and works its own beside it', async () => {
    const ran: string[] = [];
    const sender = await openOne();
    const newer = '00000000-0000-5000-a000-000000000001';
    await queued(sender, newer, { version: 2, flow: 'stock', trigger: 'in another form', more: true });
    await openOne({
      runFlow: async ({ flow }) => {
        ran.push(flow);
      },
    });
    await until('it was offered twice', async () => (await stateOf(newer))[0]?.retries === 2);
    await sender.enqueueFlow('products', 'test');
    await until('its own', () => ran.length > 0);
    expect(ran).toEqual(['products']);
    expect(await stateOf(newer)).toEqual([
      { name: 'flows', state: expect.stringMatching(/^(retry|active)$/), retries: expect.any(Number) },
    ]);
    const dead = await database.db.query(`select id from oto_bridge_jobs.job where name = 'dead'`);
    expect(dead).toEqual([]);
  });
});

test('of several asks for a flow one waits, and what comes while it is worked waits anew', async () => {
  const { promise: looked, resolve: goOn } = Promise.withResolvers<void>();
  let runs = 0;
  const jobs = await openOne({
    runFlow: async () => {
      runs += 1;
      await looked;
    },
  });
  expect(await jobs.enqueueFlow('stock', 'watch', { unlessQueued: true })).toBe(true);
  await until('it runs', () => runs === 1);
  // Whatever came since: the run may have looked already.
  const more = await jobs.enqueueFlow('stock', 'watch', { unlessQueued: true });
  expect(more).toBe(true);
  await until('the second runs beside it', () => runs === 2);
  goOn();
});

test('a job counts as lost when its worker has been silent, and when it was taken before the looking began', async () => {
  const jobs = await openOne();
  const { db } = database;
  const ids: string[] = [];
  for (const [index, [state, started, heartbeat]] of (
    [
      ['created', null, null],
      ['retry', 99, 99],
      ['active', 99, 1],
      ['active', 1, null],
      ['active', 99, silentSeconds + 5],
      ['active', silentSeconds + 5, null],
      ['completed', 1, 1],
    ] as const
  ).entries()) {
    const id = `00000000-0000-5000-a000-00000000001${index}`;
    ids.push(id);
    await db.query(
      `insert into oto_bridge_jobs.job (id, name, state, started_on, heartbeat_on, start_after)
       values ($1, 'raising', $2, now() - $3 * interval '1 second', now() - $4 * interval '1 second', now() + interval '1 hour')`,
      [id, state, started, heartbeat],
    );
  }
  const asked = ids.map((id) => ({ id, lane: 'raising' as const }));
  expect([...(await jobs.alive(asked, new Date(0)))].sort()).toEqual(ids.slice(0, 4));
  const since = new Date(Date.now() - 30_000);
  expect([...(await jobs.alive(asked, since))].sort()).toEqual([ids[0], ids[1], ids[3]]);
});

test('a job that goes on for longer than its heartbeat may be silent stays with its worker; one that is silent is given to another', async () => {
  const { db, url } = database;
  const supervisor = new PgBoss({
    connectionString: url,
    schema: 'oto_bridge_jobs',
    supervise: false,
    schedule: false,
  });
  supervisor.on('error', () => undefined);
  await supervisor.start();
  /** The queue's own look for silent jobs, which it otherwise takes every ten seconds. */
  const look = async () => {
    await db.query('update oto_bridge_jobs.queue set monitor_on = null, monitor_claim_on = null');
    await supervisor.supervise('flows');
  };
  const { promise: end, resolve: goOn } = Promise.withResolvers<void>();
  try {
    const ran: string[] = [];
    const id = '00000000-0000-5000-a000-000000000031';
    const sender = await openOne();
    await sender.enqueueFlow('stock', 'test', { jobId: id });
    await db.query('update oto_bridge_jobs.job set heartbeat_seconds = 3 where id = $1', [id]);
    const worker = (name: string) =>
      openOne({
        runFlow: async () => {
          ran.push(name);
          await end;
        },
      });
    await worker('first');
    await until('it runs', () => ran.length === 1);
    await worker('second');
    await until('it goes on for twice as long', async () => {
      const [row] = await db.query(
        "select from oto_bridge_jobs.job where id = $1 and now() > started_on + interval '6 s'",
        [id],
      );
      return row !== undefined;
    });
    await look();
    expect(await stateOf(id)).toEqual([{ name: 'flows', state: 'active', retries: 0 }]);
    expect(ran).toEqual(['first']);
    // Its heart may beat between the two.
    await until('the second has it', async () => {
      await db.query(`update oto_bridge_jobs.job set heartbeat_on = now() - interval '1 minute' where id = $1`, [id]);
      await look();
      return ran.length === 2;
    });
    expect((await stateOf(id))[0]?.retries).toBeGreaterThan(0);
  } finally {
    goOn();
    await supervisor.stop({ graceful: false });
  }
});

test('drains: takes nothing more, and waits for what it has', async () => {
  const { promise: answer, resolve: goOn } = Promise.withResolvers<void>();
  const begun: string[] = [];
  const jobs = await openOne({
    runFlow: async ({ flow }) => {
      begun.push(flow);
      await answer;
    },
  });
  await jobs.enqueueFlow('stock', 'test');
  await until('it runs', () => begun.length === 1);
  expect(await jobs.drain(50)).toBe(false);
  await jobs.enqueueFlow('products', 'test');
  const drained = jobs.drain(20_000);
  goOn();
  expect(await drained).toBe(true);
  expect(begun).toEqual(['stock']);
});

test('stock jobs that are fetched together are one push, and only the one with something left is offered again', async () => {
  const sender = await openOne();
  const { chunk } = pushQueues.raising;
  const ids = Array.from({ length: 2 * chunk }, (_, index) => index + 1);
  await database.db.tx((tx) =>
    sender.enqueue(
      tx,
      ids.map((id) => ({ id, lane: 'raising' as const })),
    ),
  );
  const pushed: (readonly number[])[] = [];
  const left = 2 * chunk - 7;
  await openOne({
    push: async (operations) => {
      pushed.push(operations);
      return new Set(pushed.filter((some) => some.includes(left)).length === 1 ? [left] : []);
    },
  });
  await until('both are done', async () => {
    const done = await database.db.query(
      `select from oto_bridge_jobs.job where name = 'raising' and state = 'completed'`,
    );
    return done.length === 2;
  });
  const sorted = pushed.map((operations) => [...operations].sort((a, b) => a - b));
  // Several look for jobs at once, so now and then each gets one; what has nothing left is not offered again in either case.
  expect([
    [ids, ids.slice(chunk)],
    [ids.slice(0, chunk), ids.slice(chunk), ids.slice(chunk)],
    [ids.slice(chunk), ids.slice(0, chunk), ids.slice(chunk)],
  ]).toContainEqual(sorted);
});

describe('jobs that go wrong', () => {
  const operations = (...ids: number[]) => ids.map((id) => ({ id, lane: 'raising' as const }));
  const doneJobs = async () =>
    (await database.db.query(`select from oto_bridge_jobs.job where name = 'raising' and state = 'completed'`)).length;
  const due = () =>
    database.db.query(`update oto_bridge_jobs.job set start_after = now() where state = 'retry' and name <> 'dead'`);

  test('a poison operation holds up neither its job nor the one beside it, and becomes a dead letter that a person can queue again', async () => {
    const sender = await openOne();
    const { chunk } = pushQueues.raising;
    const ids = Array.from({ length: chunk + 50 }, (_, index) => index + 1);
    await database.db.tx((tx) => sender.enqueue(tx, operations(...ids)));
    const worked = new Set<number>();
    let cured = false;
    const jobs = await openOne({
      push: async (some) => {
        if (!cured && some.includes(7)) throw new Error('operation 7 cannot be understood');
        for (const id of some) worked.add(id);
        return new Set();
      },
    });
    await until('all others', () => worked.size === ids.length - 1);
    expect(worked.has(7)).toBe(false);
    await until('the other job', async () => (await doneJobs()) === 1);
    // The queue offers it again and again, later and later; the waits are left out here.
    await until('it is given up', async () => {
      await due();
      return (await jobs.dead(10)).length === 1;
    });
    const [letter] = await jobs.dead(10);
    expect(letter).toMatchObject({
      queue: 'raising',
      cause: 'operation 7: operation 7 cannot be understood',
      tries: 4,
      payload: { version: 1, operations: ids.slice(0, chunk) },
    });
    const carrier = await database.db.one<{ source_id: string }>(
      `select source_id from oto_bridge_jobs.job where name = 'dead'`,
    );
    // What it holds waits for the person, and is not offered anew by the sweeper.
    expect([...(await jobs.alive([{ id: carrier.source_id, lane: 'raising' }], new Date(0)))]).toEqual([
      carrier.source_id,
    ]);
    cured = true;
    expect(await jobs.revive([letter?.id ?? ''])).toBe(1);
    await until('it went', () => worked.has(7));
    expect(await jobs.dead(10)).toEqual([]);
  });

  test('what has to be tried again later, or finds the database away, never becomes a dead letter', async () => {
    const sender = await openOne();
    await database.db.tx((tx) => sender.enqueue(tx, operations(1)));
    let times = 0;
    const jobs = await openOne({
      push: async () => {
        times += 1;
        if (times % 2 === 0) throw Object.assign(new Error('the server went away'), { code: 'ECONNREFUSED' });
        return new Set([1]);
      },
    });
    await until('many tries', async () => {
      await due();
      return times > 9;
    });
    expect(await jobs.dead(10)).toEqual([]);
  });

  test('a payload that nobody can read is a dead letter at once, of a flow as well, and its operations get another job', async () => {
    const sender = await openOne();
    await database.db.tx((tx) => sender.enqueue(tx, operations(1, 2)));
    const [job] = await database.db.query<{ id: string }>(`select id from oto_bridge_jobs.job where name = 'raising'`);
    const torn = { version: 1, operations: 'torn' };
    await database.db.query('update oto_bridge_jobs.job set data = $2 where id = $1', [job?.id, JSON.stringify(torn)]);
    await queued(sender, '00000000-0000-5000-a000-000000000021', { version: 1, flow: 7 });
    const ran: string[] = [];
    const jobs = await openOne({
      runFlow: async ({ flow }) => {
        ran.push(flow);
      },
    });
    await until('both are given up', async () => (await jobs.dead(10)).length === 2);
    await sender.enqueueFlow('products', 'test');
    await until('the queue goes on', () => ran.length === 1);
    const letters = await jobs.dead(10);
    expect(letters.map(({ queue, cause, operations: held }) => [queue, cause, held]).sort()).toEqual([
      ['flows', 'unreadable payload', []],
      ['raising', 'unreadable payload', []],
    ]);
    expect(letters.find(({ queue }) => queue === 'raising')?.payload).toEqual(torn);
    expect([...(await jobs.alive([{ id: job?.id ?? '', lane: 'raising' }], new Date(0)))]).toEqual([]);
    await jobs.discard(letters.map(({ id }) => id));
    expect(await jobs.dead(10)).toEqual([]);
  });
});
