import { expect, test, vi } from 'vitest';
import { listOperations } from '../../src/store/operations.ts';
import { type Command, openSite, type Site, until } from '../support/process.ts';
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
  expect(line, command.stderr).toBe(true);
  const started = JSON.parse(command.stdout) as Started;
  expect(started).toEqual({ status: 'running', pid: command.pid, port: expect.any(Number) });
  return Object.assign(command, { port: started.port });
}

async function get(port: number, path: string) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, body: (await response.json()) as unknown };
}

const watching = { documents: { from: 'erp', startFrom: '2020-01-01', watch: true } };

test('answers for its health, sends what is dropped, finishes on SIGTERM what is in flight and ends with 0', async () => {
  const site = await openSite({ config: { flows: watching, oto: { timeoutSeconds: 5 }, push: { leaseSeconds: 10 } } });
  const [before = ''] = await exportReceipts(site, 1, 'BEFORE');
  const worker = await startWorker(site);
  expect(await get(worker.port, '/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
  expect(await get(worker.port, '/readyz')).toMatchObject({ status: 200, body: { ready: true } });
  expect((await get(worker.port, '/elsewhere')).status).toBe(404);
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
