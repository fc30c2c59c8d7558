import { expect, test, vi } from 'vitest';
import { listOperations } from '../../src/store/operations.ts';
import { type Command, jsonOf, openSite, type Site, until } from '../support/process.ts';
import { exportReceipts, landings } from '../support/receipts.ts';

// Many commands, each a process, on a machine that does other things too.
vi.setConfig({ testTimeout: 60_000 });

interface Started {
  readonly status: string;
  readonly pid: number;
  readonly port: number;
}

async function startWorker(site: Site, ...args: readonly string[]): Promise<Command & { readonly port: number }> {
  const command = site.start('run', ...args);
  const line = await until('the worker', () => command.stdout.includes('\n') || !command.running);
  expect(line && command.running, command.stderr).toBe(true);
  const started = JSON.parse(command.stdout) as Started;
  expect(started).toEqual({ status: 'running', pid: command.pid, port: expect.any(Number) });
  return Object.assign(command, { port: started.port });
}

async function get(port: number, path: string) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, body: (await response.json()) as unknown };
}

const jobsOf = (site: Site, name: string) =>
  site.db.query<{ state: string }>('select state::text from oto_bridge_jobs.job where name = $1 order by created_on', [
    name,
  ]);

const watching = { documents: { from: 'erp', startFrom: '2020-01-01', watch: true } };

test('answers for its health, sends what is dropped, finishes on SIGTERM what is in flight and ends with 0', async () => {
  const site = await openSite({ config: { flows: watching, oto: { timeoutSeconds: 5 }, push: { leaseSeconds: 10 } } });
  const [before = ''] = await exportReceipts(site, 1, 'BEFORE');
  const worker = await startWorker(site);
  expect(await get(worker.port, '/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
  expect(await get(worker.port, '/readyz')).toMatchObject({ status: 200, body: { ready: true } });
  expect((await get(worker.port, '/elsewhere')).status).toBe(404);
  const status = jsonOf<{ workers: object[] }>(await site.run('status'));
  expect(status.workers).toEqual([expect.objectContaining({ pid: worker.pid, version: expect.any(String) })]);
  const inState = (state: string) => site.db.query('select id from operation where state = $1', [state]);
  await until('what lay there at the start', async () => (await inState('landed')).length === 1);
  expect(landings(site, [before]).get(before)).toBe(1);

  site.simulator.faults.add({ endpoint: 'createInventoryOrder', kind: 'latency', ms: 1500 });
  const [dropped = ''] = await exportReceipts(site, 1, 'DROPPED');
  await until('the call', async () => (await inState('sending')).length === 1);
  worker.signal('SIGTERM');
  const ended = await worker.ended;
  expect([ended.code, ended.signal], ended.stderr).toEqual([0, null]);
  expect(landings(site, [dropped]).get(dropped)).toBe(1);
  const operations = await listOperations(site.db, { kind: 'inventory-order' });
  expect(operations.map((one) => one.state)).toEqual(['landed', 'landed']);
  expect(await site.db.query('select pid from worker')).toEqual([]);
  // One JSON document on standard output, only JSON lines on standard error.
  expect(ended.stdout.trim().split('\n')).toHaveLength(1);
  for (const line of ended.stderr.trim().split('\n')) expect(() => JSON.parse(line), line).not.toThrow();
});

test('a second signal ends it at once, with 1; the database away is not ready but alive', async () => {
  const site = await openSite({ config: { flows: watching, oto: { timeoutSeconds: 40 }, push: { leaseSeconds: 60 } } });
  const worker = await startWorker(site, '--log-level', 'error');
  site.network.cut();
  await until('not ready', async () => (await get(worker.port, '/readyz')).status === 503);
  expect((await get(worker.port, '/healthz')).status).toBe(200);
  site.network.mend();
  await until('ready again', async () => (await get(worker.port, '/readyz')).status === 200);

  site.simulator.faults.add({ endpoint: 'createInventoryOrder', kind: 'hangBefore' });
  await exportReceipts(site, 1);
  await until(
    'the call',
    async () => (await site.db.query(`select id from operation where state = 'sending'`)).length === 1,
  );
  worker.signal('SIGTERM');
  await until('the stop', async () => !(await get(worker.port, '/healthz').catch(() => undefined)));
  expect(worker.running).toBe(true);
  // It waits for the call, which OTO never answers.
  worker.signal('SIGTERM');
  expect(await worker.ended).toMatchObject({ code: 1, signal: null });
});

test('stopped with much to send, it gives back at once what it has taken and not sent', async () => {
  const site = await openSite({
    config: { flows: watching, oto: { timeoutSeconds: 5, requestsPerSecond: 4 }, push: { leaseSeconds: 30 } },
  });
  await exportReceipts(site, 1, 'FIRST');
  const worker = await startWorker(site);
  const numbers = await exportReceipts(site, 36, 'MANY');
  await until('some are sent', () => site.calls('createInventoryOrder').length >= 4);
  worker.signal('SIGTERM');
  expect(await worker.ended).toMatchObject({ code: 0, signal: null });
  const operations = await listOperations(site.db, { kind: 'inventory-order', limit: 100 });
  const ready = operations.filter((one) => one.state === 'ready');
  expect(ready.length).toBeGreaterThan(15);
  expect(new Set(operations.map((one) => one.state))).toEqual(new Set(['ready', 'landed']));
  // None waits for the heartbeat of the worker that is gone.
  const carried = await site.db.query<{ state: string; rests: boolean }>(
    `select distinct j.state::text, j.start_after > now() + interval '1 second' as rests
     from operation o join oto_bridge_jobs.job j on j.id = o.job_id where o.state = 'ready'`,
  );
  expect(carried).toEqual([{ state: 'created', rests: false }]);

  const next = await startWorker(site);
  const times = () => numbers.map((number) => landings(site, numbers).get(number));
  await until('all', () => !times().includes(0), 50);
  expect(times()).toEqual(numbers.map(() => 1));
  next.signal('SIGTERM');
  expect(await next.ended).toMatchObject({ code: 0 });
});

test('a call that is not answered does not hold up the stop; the next worker finds out what became of it', async () => {
  const site = await openSite({ config: { flows: watching, oto: { timeoutSeconds: 40 }, push: { leaseSeconds: 41 } } });
  const worker = await startWorker(site);
  site.simulator.faults.add({ endpoint: 'createInventoryOrder', kind: 'hangAfter' });
  const [number = ''] = await exportReceipts(site, 1);
  await until('the call', () => site.calls('createInventoryOrder').length === 1);
  worker.signal('SIGTERM');
  expect(await worker.ended).toMatchObject({ code: 1, signal: null });
  site.simulator.faults.clear();
  // Its lease is over sooner than the test would be.
  await site.db.query(`update operation set lease_until = now() where state = 'sending'`);
  await startWorker(site);
  const parked = async () => (await listOperations(site.db, { states: ['parked'] })).length === 1;
  await until('it is a matter for a person', parked);
  expect(landings(site, [number]).get(number)).toBe(1);
});

test('a run that is broken off by a stop takes place after the next start', async () => {
  const site = await openSite({ config: { flows: { ...watching, stock: { from: 'erp', watch: true } } } });
  site.simulator.seed({ products: 5, stock: 100 });
  const skus = [...site.simulator.state.products.keys()];
  await site.erp.stock(skus.map((sku, index) => [sku, 'RUH-MAIN', 101 + index] as const));
  site.simulator.faults.add({ endpoint: 'checkInventoryStock', kind: 'latency', ms: 60_000 });
  const worker = await startWorker(site);
  await until('the run reads', () => site.calls('checkInventoryStock').length > 0);
  worker.signal('SIGTERM');
  expect(await worker.ended).toMatchObject({ code: 0, signal: null });
  const [run] = await site.db.query('select status, error from run where flow = $1', ['stock']);
  expect(run).toMatchObject({ status: 'failed', error: { code: 'CLI_STOPPED' } });
  site.simulator.faults.clear();
  // What lies in the folder would be read anyway; this is about the job. The start and the watch may each have asked for a run.
  const left = await site.db.query<{ state: string }>(
    `select state::text from oto_bridge_jobs.job where name = 'flows' and data->>'flow' = 'stock' and state <> 'completed'`,
  );
  expect(left).toContainEqual({ state: 'retry' });
  await startWorker(site);
  await until('the figures', () =>
    skus.every((sku, index) => site.simulator.state.figures.find(sku, 'RUH1')?.now.onHand === 101 + index),
  );
});

test('takes no more work, and ends with 1, once a newer release has changed the tables', async () => {
  const site = await openSite({ config: { flows: watching } });
  const [before = ''] = await exportReceipts(site, 1, 'BEFORE');
  const worker = await startWorker(site);
  await until('the first', () => landings(site, [before]).get(before) === 1);
  await site.db.query(`insert into migration (name, run_on) values ('999_of_a_newer_release', now())`);
  const ended = await worker.ended;
  expect(ended).toMatchObject({ code: 1, signal: null });
  expect(ended.stderr).toContain('STORE_NEWER');
  expect(ended.stderr).toContain('999_of_a_newer_release');
  expect(await site.db.query('select pid from worker')).toEqual([]);
  // Nor does one of the old release start again.
  expect(await site.run('run')).toMatchObject({ code: 1, stdout: expect.stringContaining('STORE_NEWER') });
});

test('files that are dropped within a moment are one run, and none of them is missed', async () => {
  const site = await openSite({ config: { flows: watching } });
  await exportReceipts(site, 1, 'BEFORE');
  const worker = await startWorker(site);
  const runs = async () => (await site.db.query(`select id from run where status = 'done'`)).length;
  await until('the first run', async () => (await runs()) > 0);
  await until('no more to do', async () => (await jobsOf(site, 'flows')).every(({ state }) => state === 'completed'));
  const before = await runs();
  const dropped = await Promise.all(Array.from({ length: 25 }, (_, index) => exportReceipts(site, 1, `DROP${index}-`)));
  const numbers = dropped.flat();
  await until('all', () => numbers.every((number) => landings(site, numbers).get(number) === 1));
  await until('no more to do', async () => (await jobsOf(site, 'flows')).every(({ state }) => state === 'completed'));
  expect((await runs()) - before).toBeLessThanOrEqual(5);
  worker.signal('SIGTERM');
  expect(await worker.ended).toMatchObject({ code: 0 });
});

test('old records are deleted by a worker, and by a sync where none is up', async () => {
  const site = await openSite({ config: { flows: watching, retention: { alarmDays: 7, everyMinutes: 0.01 } } });
  await exportReceipts(site, 1);
  const old = () =>
    site.db.query(
      `insert into alarm (kind, subject, message, cleared_at) values ('test', 'old', 'm', now() - interval '8 days')`,
    );
  const alarms = () => site.db.query(`select subject from alarm where kind = 'test'`);
  await old();
  // On a machine that is busy a command may end before its round does: then the next one goes on with it.
  await until('a sync did', async () => {
    await site.sync('documents');
    return (await alarms()).length === 0;
  });
  const worker = await startWorker(site);
  await old();
  await until('the worker did', async () => (await alarms()).length === 0);
  worker.signal('SIGTERM');
  expect(await worker.ended).toMatchObject({ code: 0 });
});
