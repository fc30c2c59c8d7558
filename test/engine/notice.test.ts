import { expect, test } from 'vitest';
import type { Bridge } from '../../src/engine/context.ts';
import { notice } from '../../src/engine/notice.ts';
import { overdueRuns } from '../../src/engine/overdue.ts';
import { openAlarms } from '../../src/store/alarms.ts';
import { finishRun, noCounts, startRun } from '../../src/store/runs.ts';
import { openBridge, type TestBridge } from '../support/bridge.ts';

const counts = noCounts();

const open = async (bridge: TestBridge) =>
  (await openAlarms(bridge.db)).map(({ kind, subject, count }) => [kind, subject, count].join(' ')).sort();

/** Looks, with a clock of its own. */
const look = (bridge: TestBridge, now: Date, since: Date) =>
  notice({ ...bridge.app.bridge, now: () => now.getTime() } satisfies Bridge, since);

async function ran(
  bridge: TestBridge,
  at: Date,
  end: { status: 'done' | 'failed'; code?: string } | undefined,
  trigger = 'schedule',
) {
  const run = await startRun(bridge.db, { flow: 'stock', source: 'erp', trigger, holder: 'test' });
  await bridge.db.query('update run set started_at = $2 where id = $1', [run.id, at]);
  if (end === undefined) return;
  const error = end.code === undefined ? {} : { error: { code: end.code } };
  await finishRun(bridge.db, run.id, { status: end.status, outcome: null, counts, notes: [], ...error });
}

test('a scheduled run that has not begun ten minutes after its time is an alarm, once, until it begins', async () => {
  const bridge = await openBridge({ config: { flows: { stock: { from: 'erp', schedule: '0 2 * * *' } } } });
  // Two o'clock in Riyadh is 23:00 UTC. Long ago: the bridge itself looks too, by the real clock.
  const evening = new Date('2020-11-20T20:00:00Z');
  const slot = new Date('2020-11-20T23:00:00Z');
  const at = (minutes: number) => new Date(slot.getTime() + minutes * 60_000);
  await ran(bridge, evening, { status: 'done' });

  await look(bridge, at(9), evening);
  expect(await open(bridge)).toEqual([]);
  // Nobody looked when it was due: the worker has just begun, and runs it now.
  await look(bridge, at(11), at(5));
  expect(await open(bridge)).toEqual([]);
  await look(bridge, at(11), evening);
  await look(bridge, at(12), evening);
  expect(await open(bridge)).toEqual(['slot-missed stock 1']);
  const [alarm] = await openAlarms(bridge.db);
  expect(alarm?.message).toBe('The run of "stock" that was due at 2020-11-21 02:00 (Asia/Riyadh) has not begun.');
  // A look ahead is no run.
  await ran(bridge, at(13), { status: 'done' }, 'plan');
  await look(bridge, at(14), evening);
  expect(await open(bridge)).toEqual(['slot-missed stock 1']);
  await ran(bridge, at(20), undefined);
  await look(bridge, at(21), evening);
  expect(await open(bridge)).toEqual([]);
});

test('a process that was lost once is made up for; twice in a row is an alarm, as is any failure before it', async () => {
  const bridge = await openBridge();
  const now = new Date();
  await ran(bridge, now, { status: 'done' });
  await ran(bridge, now, { status: 'failed', code: 'RUN_LOST' });
  await look(bridge, now, now);
  expect(await open(bridge)).toEqual([]);
  await ran(bridge, now, { status: 'failed', code: 'RUN_LOST' });
  await look(bridge, now, now);
  await look(bridge, now, now);
  expect(await open(bridge)).toEqual(['run-failed stock 1']);
  await bridge.erp.stock([['A', 'RUH-MAIN', 5]]);
  expect((await bridge.sync('stock')).run.status).toBe('done');
  expect(await open(bridge)).not.toContain('run-failed stock 1');
});

test('operations that were given up are one alarm a kind; it is over when a person has decided', async () => {
  const bridge = await openBridge();
  const now = new Date();
  await bridge.db.query(
    `insert into operation (kind, flow, key, lane, request, state, why)
     select 'product-create', 'products', 'SKU ' || n, 5, '{}', 'parked', 'attempts are used up: OTO is busy' from generate_series(1, 30) n`,
  );
  await look(bridge, now, now);
  await look(bridge, now, now);
  expect(await open(bridge)).toEqual(['parked product-create 1']);
  expect((await openAlarms(bridge.db))[0]?.message).toBe(
    '30 operations (product-create) are parked: attempts are used up: OTO is busy.',
  );
  await bridge.db.query(`update operation set state = 'cancelled' where state = 'parked'`);
  await look(bridge, now, now);
  expect(await open(bridge)).toEqual([]);
});

test('alarms end when what they tell of has been settled elsewhere', async () => {
  const bridge = await openBridge();
  const now = new Date();
  await bridge.db.query(
    `insert into alarm (kind, subject, message) values ('parked', '4711', 'm'), ('paused', 'account', 'm'), ('quarantine', 'stock/zero-share', 'm'),
       ('document-changed', 'no-such-key', 'm'), ('document-warning', '99', 'm'), ('pending-overdue', '99', 'm'), ('silent', 'stock', 'm')`,
  );
  await look(bridge, now, now);
  expect(await open(bridge)).toEqual(['silent stock 1']);
});

test('runs that were planned and never took place: an alarm of whatever process comes next, in status, and in the run that makes up for them', async () => {
  const hour = 3_600_000;
  const config = { flows: { stock: { from: 'erp', schedule: '0 */2 * * *' } } };
  const bridge = await openBridge({ config });
  bridge.simulator.seed({ products: [{ sku: 'A' }] });
  await bridge.erp.products(['A']);
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 5],
    ['A', 'JED-1', 5],
  ]);
  const start = new Date(Date.now() - 12 * hour);
  await startRun(bridge.db, { flow: 'stock', source: 'erp', trigger: 'schedule', holder: 'test', startedAt: start });
  await bridge.db.query(`update run set status = 'done', outcome = 'unchanged', finished_at = started_at`);
  // Six slots in twelve hours. The last of them may be younger than the time that a run has.
  const due = /^[56] runs of "stock" that were due since .* \(Asia\/Riyadh\) have not begun\.$/;
  expect((await overdueRuns(bridge.app.bridge)).map(({ flow, message }) => [flow, message])).toEqual([
    ['stock', expect.stringMatching(due)],
  ]);
  await bridge.sync('products');
  expect((await openAlarms(bridge.db)).map(({ kind, message }) => [kind, message])).toContainEqual([
    'slot-missed',
    expect.stringMatching(due),
  ]);

  const { run } = await bridge.sync('stock');
  expect(run).toMatchObject({ status: 'done', outcome: 'needs-person', counts: { landed: 2 } });
  expect(run.notes.find((note) => note.kind === 'missed')?.message).toMatch(/^[56] runs of "stock" that were due from/);
  expect(await open(bridge)).toEqual(['needs-person stock 1']);
  expect((await bridge.sync('stock')).run.outcome).toBe('unchanged');
  expect(await open(bridge)).toEqual([]);
});

test('a flow without a schedule whose runs stop coming is found by the times of its runs', async () => {
  const bridge = await openBridge();
  for (let ago = 12; ago >= 2; ago -= 1)
    await ran(bridge, new Date(Date.now() - ago * 86_400_000), { status: 'done' }, 'command');
  expect((await overdueRuns(bridge.app.bridge)).map(({ flow, missed }) => [flow, missed])).toEqual([['stock', null]]);
  await ran(bridge, new Date(Date.now() - 7_200_000), { status: 'done' }, 'command');
  expect(await overdueRuns(bridge.app.bridge)).toEqual([]);
});
