import { expect, test, vi } from 'vitest';
import { openSite } from '../support/process.ts';
import { ask, tell } from './ask.ts';

// Many commands, each a process, on a machine that does other things too.
vi.setConfig({ testTimeout: 120_000 });

const countNames = [
  'read',
  'rejected',
  'quarantined',
  'planned',
  'sent',
  'landed',
  'refused',
  'parked',
  'waiting',
  'saved',
];
const skus = Array.from({ length: 12 }, (_, index) => `S${String(index).padStart(2, '0')}`);
const stockOf = (change: Readonly<Record<string, number | string>> = {}) =>
  skus.map((sku) => [sku, 'RUH-MAIN', change[sku] ?? 40] as const);

test('the first day: check, plan, adopt, sync, one line changed, a wrong row, a plan applied and one rejected', async () => {
  // A schema of its own: nothing is there yet.
  const site = await openSite({ config: { database: { schema: 'first_day' }, flows: { documents: undefined } } });
  const onHand = (sku: string) => site.simulator.state.figures.find(sku, 'RUH1')?.now.onHand;
  const sets = () => site.calls('updateStockQuantity').length;
  site.simulator.seed({ products: skus.map((sku) => ({ sku })) });
  await site.erp.products(skus);
  await site.erp.stock(stockOf());

  const migrated = await ask(site, 'db migrate');
  expect(migrated).toMatchObject({
    schema: 'first_day',
    applied: expect.arrayContaining([expect.stringMatching(/^001_/)]),
  });
  const checked = await ask(site, 'check');
  expect(checked.ok, JSON.stringify(checked)).toBe(true);
  expect(await ask(site, 'plan list')).toEqual({ plans: [] });

  const planned = await ask(site, 'plan stock', 2);
  expect(planned.plan).toMatchObject({ status: 'proposed', changes: 12, counts: { items: 12, held: 12 } });
  expect(planned.plan.summary).toEqual([{ location: 'RUH1', action: 'raise', held: 'not-adopted', count: 12 }]);
  const text = await tell(site, `plan show ${planned.plan.id}`);
  expect(text).toContain('12 of it wait until their starting state is accepted: `oto-bridge adopt stock`.');
  expect(text).not.toContain('oto-bridge apply');
  expect(await ask(site, 'sync stock', 2)).toMatchObject({
    status: 'blocked',
    outcome: 'needs-person',
    counts: { sent: 0 },
  });

  const asked = await ask(site, 'adopt stock', 2);
  expect(asked.adopted).toMatchObject([{ flow: 'stock', locations: ['RUH1'], adopted: false, problem: null }]);
  expect(await tell(site, 'adopt stock', 2)).toContain('Nothing is sent before it is adopted: repeat with --yes.');
  expect((await ask(site, 'status')).flows.find((row: { flow: string }) => row.flow === 'stock').unadopted).toEqual([
    'RUH1',
  ]);
  expect(sets()).toBe(0);
  const adopted = await ask(site, 'adopt stock --yes');
  expect(adopted.adopted).toMatchObject([{ flow: 'stock', locations: ['RUH1'], adopted: true }]);
  expect(await ask(site, 'adopt stock')).toEqual({ adopted: [] });

  const first = await ask(site, 'sync stock');
  expect(first).toMatchObject({
    run: expect.any(Number),
    flow: 'stock',
    status: 'done',
    outcome: 'changed',
    startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    finishedAt: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  expect(Object.keys(first.counts)).toEqual(countNames);
  expect(first.counts).toMatchObject({ read: 12, planned: 12, sent: 12, landed: 12, saved: 0 });
  expect(onHand('S00')).toBe(40);

  // One line changed, one line wrong.
  await site.erp.stock(stockOf({ S03: 41, S04: 'many' }));
  const second = await ask(site, 'sync stock', 2);
  expect(second.counts).toMatchObject({ read: 12, rejected: 1, planned: 1, landed: 1, saved: 10 });
  expect([onHand('S03'), onHand('S04')]).toEqual([41, 40]);
  const run = await ask(site, `runs show ${second.run}`);
  expect(run).toMatchObject({
    run: second.run,
    snapshots: [{ entity: 'stock', rows: 12, rejects: 1 }],
    rejects: [
      {
        entity: 'stock',
        file: expect.stringContaining('stock.csv'),
        line: 6,
        column: 'quantity',
        value: 'many',
        reason: expect.any(String),
      },
    ],
  });
  expect(await tell(site, `runs show ${second.run}`)).toMatch(/stock\.csv +6 +quantity +many/);

  await site.erp.stock(stockOf({ S03: 41 }));
  expect(await ask(site, 'plan stock')).toMatchObject({ outcome: 'unchanged', plan: { changes: 0, items: [] } });

  await site.erp.stock(stockOf({ S03: 42, S05: 39 }));
  const open = await ask(site, 'plan stock --sku S03', 2);
  expect(open.plan).toMatchObject({
    changes: 1,
    stale: null,
    items: [{ action: 'raise', sku: 'S03', location: 'RUH1', from: 41, to: 42, held: null }],
  });
  expect(await tell(site, `plan show ${open.plan.id}`)).toContain(`Send it with \`oto-bridge apply ${open.plan.id}\`.`);
  expect(await ask(site, `apply ${open.plan.id}`)).toMatchObject({
    plan: open.plan.id,
    outcome: 'changed',
    moved: [],
    counts: { landed: 1 },
  });
  expect([onHand('S03'), onHand('S05')]).toEqual([42, 40]);
  expect((await ask(site, `apply ${open.plan.id}`, 1)).error.code).toBe('WRONG_STATE');

  // Somebody moves the figure between the plan and its approval: it is dropped, and said.
  const stale = await ask(site, 'plan stock', 2);
  site.simulator.staff.setOnHand('S05', 'RUH1', 17);
  const dropped = await ask(site, `apply ${stale.plan.id}`, 2);
  expect(dropped).toMatchObject({
    outcome: 'needs-person',
    counts: { landed: 0 },
    moved: [{ sku: 'S05', location: 'RUH1', from: 40, to: 39, why: expect.any(String) }],
  });
  expect(onHand('S05')).toBe(17);

  const refused = await ask(site, 'plan stock', 2);
  expect(await ask(site, ['plan', 'reject', String(refused.plan.id), '--note', 'wrong export'])).toMatchObject({
    id: refused.plan.id,
    status: 'rejected',
    why: 'wrong export',
  });
  expect((await ask(site, `apply ${refused.plan.id}`, 1)).error).toMatchObject({ code: 'WRONG_STATE' });
  const plans = await ask(site, 'plan list --flow stock');
  expect(plans.plans.slice(0, 2)).toMatchObject([
    { id: refused.plan.id, status: 'rejected' },
    { id: stale.plan.id, status: 'applied' },
  ]);
});

test('a suspicious change: held, listed, approved, sent; another rejected; a flow paused and resumed', async () => {
  const site = await openSite({ config: { guards: { strayZeroFrom: 30, shareMinimum: 1000 } } });
  site.simulator.seed({ products: skus.map((sku) => ({ sku })), stock: { onHand: 40, locations: ['RUH1'] } });
  const onHand = (sku: string) => site.simulator.state.figures.find(sku, 'RUH1')?.now.onHand;
  await site.erp.stock(stockOf());
  await ask(site, 'sync stock');
  await site.erp.stock(stockOf({ S00: 0, S01: 0, S02: 41 }));
  expect(await ask(site, 'sync stock', 2)).toMatchObject({
    outcome: 'needs-person',
    counts: { quarantined: 2, planned: 3, landed: 1 },
  });
  const { quarantine } = await ask(site, 'quarantine list --flow stock');
  expect(quarantine).toMatchObject([
    { rule: 'stray-zero', location: 'RUH1', from: 40, to: 0, state: 'held', reason: expect.any(String) },
    { rule: 'stray-zero', location: 'RUH1', from: 40, to: 0, state: 'held' },
  ]);
  const idOf = (sku: string) => String(quarantine.find((row: { sku: string }) => row.sku === sku).id);
  expect(await ask(site, ['quarantine', 'approve', idOf('S00'), '--as', 'Aisha', '--note', 'counted'])).toMatchObject({
    decided: [
      { sku: 'S00', state: 'approved', decidedBy: 'Aisha', note: 'counted', approvedUntil: expect.any(String) },
    ],
    notHeld: [],
  });
  expect(await ask(site, `quarantine reject ${idOf('S01')}`)).toMatchObject({
    decided: [{ sku: 'S01', state: 'rejected' }],
  });
  expect(await ask(site, 'quarantine approve 4711', 1)).toEqual({ matched: 1, decided: [], notHeld: [4711] });

  expect(await ask(site, ['pause', 'stock', '--reason', 'stock-taking', '--as', 'Aisha'])).toEqual({
    flow: 'stock',
    paused: true,
    fresh: true,
  });
  const blocked = await ask(site, 'sync stock', 2);
  expect(blocked).toMatchObject({ status: 'blocked', outcome: 'needs-person', counts: { read: 0 } });
  expect(blocked.notes[0].message).toContain('paused by Aisha: stock-taking');
  const status = await ask(site, 'status');
  expect(status.flows.find((row: { flow: string }) => row.flow === 'stock')).toMatchObject({ paused: 'stock-taking' });
  expect(await ask(site, 'resume stock')).toMatchObject({ resumed: true });
  expect(await ask(site, 'resume stock')).toMatchObject({ resumed: false });
  expect((await ask(site, 'resume nothing', 1)).error.code).toBe('NOT_FOUND');

  // The same export once more: the approval lets one go; the other stays held, and that is no news.
  expect((await ask(site, 'sync stock')).counts).toMatchObject({ quarantined: 0, landed: 1 });
  expect([onHand('S00'), onHand('S01'), onHand('S02')]).toEqual([0, 40, 41]);
  expect((await ask(site, 'runs list --flow stock --limit 2')).runs).toHaveLength(2);
});
