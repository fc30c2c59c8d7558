import { createHmac } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { serve } from '../connectors/http/harness.ts';
import { openBridge, type TestBridge } from '../support/bridge.ts';
import { openSite, type Site, until } from '../support/process.ts';
import { httpOf } from './harness.ts';
import { startWorker } from './worker.ts';

// Workers, each a process, on a machine that does other things too.
vi.setConfig({ testTimeout: 60_000 });

const secret = '8f3b1c9a-hook-secret';
const bearer = { authorization: `Bearer ${secret}` };

async function hint(origin: string, path: string, init: RequestInit = {}) {
  const response = await fetch(`${origin}/hooks/${path}`, { method: 'POST', headers: bearer, ...init });
  const body = (await response.json()) as { flows?: string[]; error?: { code: string } };
  return { status: response.status, body };
}

const waiting = (db: TestBridge['db']) =>
  db.query<{ flow: string; trigger: string }>(
    `select data->>'flow' as flow, data->>'trigger' as trigger from oto_bridge_jobs.job
     where name = 'flows' and state = 'created' order by 1`,
  );

const withHook = { http: { port: 0 }, hooks: { erp: { secret, everySeconds: 0 } } };

test('who proves to be the ERP is answered with 202, and the reads that it asks for stand in the queue', async () => {
  const bridge = await openBridge({ config: withHook });
  const { origin } = await httpOf(bridge);
  const body = JSON.stringify({ '{"not": ': 'data' });
  const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  const signed = { headers: { 'x-hub-signature-256': signature }, body };
  expect(await hint(origin, 'erp?flow=documents', signed)).toMatchObject({
    status: 202,
    body: { flows: ['documents'] },
  });
  expect(await waiting(bridge.db)).toEqual([{ flow: 'documents', trigger: 'hook' }]);
  expect(await hint(origin, 'erp?flow=stock,documents')).toMatchObject({ status: 202 });
  expect(
    await hint(origin, 'erp', { body: '<xml/>', headers: { ...bearer, 'content-type': 'text/xml' } }),
  ).toMatchObject({
    status: 202,
    body: { flows: ['products', 'stock', 'documents'] },
  });
  expect((await waiting(bridge.db)).map(({ flow }) => flow)).toEqual(['documents', 'products', 'stock']);
  expect(await hint(origin, 'erp?flow=packing')).toMatchObject({ status: 400 });
});

test('an unknown source and a wrong secret cannot be told apart, wake nothing and are counted', async () => {
  const bridge = await openBridge({ config: withHook });
  const { origin } = await httpOf(bridge);
  const wrong = { authorization: 'Bearer wrong-wrong-wrong' };
  const answers = await Promise.all([
    hint(origin, 'erp', { headers: wrong }),
    hint(origin, 'erp', { headers: {} }),
    hint(origin, 'erp', { headers: { 'x-hub-signature-256': 'sha256=00' } }),
    hint(origin, 'nobody'),
    hint(origin, 'constructor'),
    hint(origin, `erp?token=${secret}`, { headers: {} }),
  ]);
  const told = answers.map(({ status, body: { error } }) => [status, error]);
  expect(new Set(told.map((one) => JSON.stringify(one))).size).toBe(1);
  expect(told[0]).toMatchObject([401, { code: 'HTTP_UNAUTHORIZED' }]);
  expect(await waiting(bridge.db)).toEqual([]);
  const metrics = await (await fetch(`${origin}/metrics`)).text();
  expect(metrics).toContain('oto_bridge_hints_total{source="erp",result="refused"} 4');
  expect(metrics).toContain('oto_bridge_hints_total{source="unknown",result="refused"} 2');
  expect(metrics).not.toContain('constructor');
  expect(await hint(origin, 'erp', { body: 'x'.repeat(300_000) })).toMatchObject({ status: 413 });
});

test('a hint that cannot be stored is answered with 503: while the worker stops', async () => {
  const bridge = await openBridge({ config: withHook });
  const { origin, stop } = await httpOf(bridge);
  stop.abort(new Error('it stops'));
  expect(await hint(origin, 'erp')).toMatchObject({ status: 503, body: { error: { code: 'HTTP_UNAVAILABLE' } } });
  expect(await waiting(bridge.db)).toEqual([]);
});

test('a thousand hints by two processes are one read that waits, and no earlier than it may begin', async () => {
  const bridge = await openBridge({ config: { ...withHook, hooks: { erp: { secret, everySeconds: 3600 } } } });
  const servers = await Promise.all([httpOf(bridge), httpOf(bridge)]);
  // Not all in one moment: on a machine that is busy the last would be told to come again.
  for (let round = 0; round < 10; round += 1) {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => hint(servers[index % 2]?.origin ?? '', 'erp?flow=documents')),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  }
  expect(await waiting(bridge.db)).toHaveLength(1);
  await bridge.db.query(`delete from oto_bridge_jobs.job where name = 'flows'`);
  // A read that began just now.
  await bridge.sync('documents');
  expect(await hint(servers[0]?.origin ?? '', 'erp?flow=documents')).toMatchObject({ status: 202 });
  const [job] = await bridge.db.query<{ later: boolean }>(
    `select start_after > now() + interval '59 minutes' as later from oto_bridge_jobs.job where name = 'flows'`,
  );
  expect(job).toEqual({ later: true });
  // What a file watch asks for does not wait for it, nor for what somebody else asked for before.
  await bridge.app.bridge.jobs.enqueueFlow('documents', 'watch', { unlessQueued: true });
  expect(await waiting(bridge.db)).toEqual(expect.arrayContaining([{ flow: 'documents', trigger: 'watch' }]));
});

/** An ERP with receipts behind an API, and a bridge that reads it when told, and only then. */
async function openErp(everySeconds: number) {
  const receipts: object[] = [];
  const erp = { reads: 0, hold: undefined as Promise<void> | undefined };
  const origin = await serve(() => {
    erp.reads += 1;
    return { body: JSON.stringify(receipts) };
  });
  const options = {
    baseUrl: `${origin}/api`,
    documents: {
      path: '/receipts',
      kind: 'purchase',
      since: { field: 'modified' },
      fields: { id: 'id', number: 'number', date: 'date', location: 'place' },
      lines: 'lines',
      lineFields: { sku: 'sku', quantity: 'quantity' },
    },
  };
  const site = await openSite({
    config: {
      sources: { erp: { connector: 'http', options } },
      flows: { products: undefined, stock: undefined, documents: { from: 'erp', startFrom: '2020-01-01' } } as never,
      hooks: { erp: { secret, everySeconds } },
      oto: { timeoutSeconds: 5 },
      push: { leaseSeconds: 10 },
    },
  });
  site.simulator.seed({ products: [{ sku: 'A' }] });
  const book = (number: string) => {
    const now = new Date().toISOString();
    const lines = [{ sku: 'A', quantity: 2 }];
    receipts.push({ id: number, number, date: now.slice(0, 10), place: 'RUH-MAIN', modified: now, lines });
  };
  return { site, erp, book };
}

const inOto = (site: Site) =>
  [...site.simulator.state.inventoryOrders.values()]
    .map(({ waybillNumber }) => String(waybillNumber).slice(0, 2))
    .sort();
const runs = (site: Site) =>
  site.db.query<{ trigger: string; status: string; started_at: Date }>(
    `select trigger, status, started_at from run order by id`,
  );
const settled = async (site: Site) => {
  const open = await site.db.query(
    `select from oto_bridge_jobs.job where name = 'flows' and state in ('created', 'retry', 'active')`,
  );
  return open.length === 0;
};

test('a receipt is in OTO after a hint, without any schedule; a storm of them is few reads, and the last hint is heard', async () => {
  const { site, book } = await openErp(0);
  const [one, two] = await Promise.all([startWorker(site), startWorker(site)]);
  book('R1');
  expect(
    await hint(one.origin, 'erp', { body: '{"number":"FAKE","lines":[{"sku":"A","quantity":999}]}' }),
  ).toMatchObject({
    status: 202,
  });
  await until('the receipt', () => inOto(site).length === 1);
  expect(inOto(site)).toEqual(['R1']);
  await until('no more to do', () => settled(site));
  expect(await runs(site)).toMatchObject([{ trigger: 'hook', status: 'done' }]);

  // The call to OTO is slow, so that a run goes on while hints come in.
  site.simulator.faults.add({ endpoint: 'createInventoryOrder', kind: 'latency', ms: 1500 });
  book('R2');
  await hint(one.origin, 'erp');
  await until('the run', () => site.calls('createInventoryOrder').length === 2);
  book('R3');
  const storm = Array.from({ length: 1000 }, (_, index) => hint([one, two][index % 2]?.origin ?? '', 'erp'));
  expect(new Set((await Promise.all(storm)).map(({ status }) => status))).toEqual(new Set([202]));
  await until('both receipts', () => inOto(site).length === 3);
  expect(inOto(site)).toEqual(['R1', 'R2', 'R3']);
  await until('no more to do', () => settled(site));
  const all = await runs(site);
  expect(all.map(({ status }) => status)).toEqual(all.map(() => 'done'));
  // One that went on, and one that waited; the storm may outlast the first of them.
  expect(all.length - 2, JSON.stringify(all)).toBeLessThanOrEqual(2);
  one.signal('SIGTERM');
  two.signal('SIGTERM');
  expect(await Promise.all([one.ended, two.ended])).toMatchObject([{ code: 0 }, { code: 0 }]);
  for (const { stderr } of await Promise.all([one.ended, two.ended])) expect(stderr).not.toContain(secret);
});

test('what was answered with 202 is read although the worker is killed before it could', async () => {
  const { site, book } = await openErp(3600);
  const first = await startWorker(site);
  await hint(first.origin, 'erp');
  await until('the first read', async () => (await runs(site)).some(({ status }) => status === 'done'));
  await until('no more to do', () => settled(site));
  book('R1');
  // The last read is too fresh: this one has to wait.
  expect(await hint(first.origin, 'erp')).toMatchObject({ status: 202 });
  await first.kill();
  await site.db.query(`update oto_bridge_jobs.job set start_after = now() where name = 'flows'`);
  await startWorker(site);
  await until('the receipt', () => inOto(site).length === 1);
});
