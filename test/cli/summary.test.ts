import { expect, test, vi } from 'vitest';
import { jsonOf, openSite, until } from '../support/process.ts';
import { openReceiver } from '../support/receiver.ts';

// Many commands, each a process, on a machine that does other things too.
vi.setConfig({ testTimeout: 90_000 });

interface Line {
  readonly msg: string;
  readonly level: number;
  readonly [field: string]: unknown;
}

const linesOf = (stderr: string): Line[] =>
  stderr
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
const summaries = (stderr: string) => linesOf(stderr).filter(({ msg }) => msg === 'run finished');

const watching = { stock: { from: 'erp' }, documents: { from: 'erp', startFrom: '2020-01-01', watch: true } };

test('every run, however it is started, writes one line that says what came of it', async () => {
  const site = await openSite({ config: { flows: watching } });
  site.simulator.seed({ products: [{ sku: 'A' }] });
  await site.erp.stock([['A', 'RUH-MAIN', 5]]);
  const level = ['--log-level', 'info'];

  const planned = await site.run('plan', 'stock', ...level);
  const plan = jsonOf<{ plan: { id: number } }>(planned).plan.id;
  const [line, ...more] = summaries(planned.stderr);
  expect(more).toEqual([]);
  expect(line).toMatchObject({
    level: 30,
    run: expect.any(Number),
    flow: 'stock',
    source: 'erp',
    mode: 'plan',
    trigger: 'plan',
    status: 'done',
    outcome: 'changed',
    counts: { read: 1, planned: 1, sent: 0 },
    ms: expect.any(Number),
    snapshots: expect.arrayContaining([expect.any(Number)]),
    plan,
  });
  const applied = await site.run('apply', String(plan), ...level);
  expect(summaries(applied.stderr)).toEqual([
    expect.objectContaining({
      mode: 'apply',
      trigger: 'command',
      outcome: 'changed',
      plan,
      lagSeconds: expect.anything(),
    }),
  ]);
  const synced = await site.run('sync', 'stock', ...level);
  expect(summaries(synced.stderr)).toEqual([
    expect.objectContaining({ mode: 'sync', trigger: 'command', outcome: 'unchanged' }),
  ]);
  await site.db.query('delete from adoption');
  const adopted = await site.run('adopt', '--yes', 'stock', ...level);
  expect(summaries(adopted.stderr)).toEqual([expect.objectContaining({ mode: 'plan', trigger: 'adopt' })]);
  await site.erp.stock([]);
  const failed = await site.run('sync', 'stock', ...level);
  expect(summaries(failed.stderr)).toEqual([
    expect.objectContaining({
      level: 40,
      status: 'failed',
      outcome: 'empty',
      error: expect.objectContaining({ code: 'SOURCE_EMPTY' }),
    }),
  ]);

  const worker = site.start('run');
  const [watched] = await until('the run', () => {
    const found = summaries(worker.stderr.slice(0, worker.stderr.lastIndexOf('\n') + 1));
    return found.length > 0 ? found : undefined;
  });
  expect(watched).toMatchObject({ flow: 'documents', mode: 'sync', trigger: 'watch', outcome: 'nothing-new' });
  worker.signal('SIGTERM');
  expect((await worker.ended).code).toBe(0);
});

test('a call to OTO is logged with its run, flow, operation, answer and duration, and without what was said', async () => {
  const site = await openSite();
  site.simulator.seed({ products: [{ sku: 'A' }] });
  await site.erp.stock([['A', 'RUH-MAIN', 5]]);
  const ended = await site.run('sync', 'stock', '--log-level', 'debug');
  const { run } = jsonOf<{ run: number }>(ended);
  const [operation] = await site.db.query<{ id: number }>(`select id from operation where kind = 'stock-set'`);
  const calls = linesOf(ended.stderr).filter(({ msg }) => msg === 'OTO call');
  const write = calls.filter(({ endpoint }) => endpoint === 'updateStockQuantity');
  expect(write).toEqual([
    {
      level: 20,
      time: expect.any(String),
      run,
      flow: 'stock',
      source: 'erp',
      operation: operation?.id,
      endpoint: 'updateStockQuantity',
      outcome: 'ok',
      status: 200,
      ms: expect.any(Number),
      msg: 'OTO call',
    },
  ]);
  expect(calls.find(({ endpoint }) => endpoint === 'checkInventoryStock')).toMatchObject({ run, flow: 'stock' });
  expect(ended.stderr).not.toContain('"source":"erp","source"');
});

test('commands tell of alarms: once over all of them, and again when it is over', async () => {
  const receiver = await openReceiver();
  const site = await openSite({
    config: { alerts: { name: 'riyadh', webhook: { url: receiver.url } }, guards: { maxCreates: 1 } },
  });
  await site.erp.products(['A']);
  await site.sync('products');
  expect(receiver.told).toEqual([]);

  // A source that is broken, three times.
  await site.erp.put('stock.csv', 'no,header,that,fits\n1,2,3,4\n');
  for (const _ of [1, 2, 3]) expect((await site.sync('stock')).status).toBe('failed');
  expect(receiver.told).toEqual(['raised run-failed stock']);
  expect(await site.db.query(`select count from alarm where kind = 'run-failed'`)).toEqual([{ count: 3 }]);
  const [told] = receiver.taken;
  expect(told?.message).toMatch(/^The flow "stock" failed: /);
  expect(told?.hint).toContain('oto-bridge runs show');
  const [open] = await site.db.query<{ message: string }>('select message from alarm where cleared_at is null');
  expect(open?.message).toMatch(/^The flow "stock" failed 3 times in a row: /);

  await site.erp.stock([['A', 'RUH-MAIN', 5]]);
  expect((await site.sync('stock')).status).toBe('done');
  expect(receiver.told).toEqual(['raised run-failed stock', 'cleared run-failed stock']);

  // Held back, and a row that is wrong. The next run lets the held one go, and has nothing new to say of the wrong one.
  await site.erp.products(['A', 'B', 'C', { sku: '', name: 'Without a code', price: '10' }]);
  await site.sync('products');
  expect(receiver.told.slice(2)).toEqual(['raised quarantine products/max-creates', 'raised needs-person products']);
  await site.sync('products');
  expect(receiver.told.slice(4)).toEqual(['cleared quarantine products/max-creates']);
  await site.erp.products(['A', 'B', 'C']);
  await site.sync('products');
  expect(receiver.told.slice(5)).toEqual(['cleared needs-person products']);
});
