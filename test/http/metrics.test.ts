import { expect, test } from 'vitest';
import { openBridge } from '../support/bridge.ts';
import { httpOf } from './harness.ts';

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The text form of Prometheus, strictly: a line that is none throws. */
function parse(text: string): { samples: Sample[]; types: Map<string, string>; helps: Map<string, string> } {
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  const helps = new Map<string, string>();
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [, kind, name = '', rest = ''] = /^# (TYPE|HELP) (\S+) (.+)$/.exec(line) ?? [];
    if (kind !== undefined) (kind === 'TYPE' ? types : helps).set(name, rest);
    else samples.push(sampleOf(line));
  }
  return { samples, types, helps };
}

function sampleOf(line: string): Sample {
  const [, name = '', labels = '', value = ''] =
    /^([a-z_][a-z0-9_]*)(?:\{((?:[a-zA-Z_]+="(?:[^"\\]|\\.)*",?)*)\})? (-?[\d.e+-]+|[+-]Inf|Nan)$/.exec(line) ?? [];
  if (name === '') throw new Error(`no line of the exposition format: ${line}`);
  const pairs = [...labels.matchAll(/([a-zA-Z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [key, text]);
  return { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) };
}

async function scrape(origin: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${origin}/metrics`, { headers });
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const parsed = parse(await response.text());
  const all = (name: string) => parsed.samples.filter((one) => one.name === `oto_bridge_${name}`);
  const value = (name: string, labels: Record<string, string> = {}) =>
    all(name).find((one) => Object.entries(labels).every(([key, text]) => one.labels[key] === text))?.value;
  return { ...parsed, all, value };
}

const stocked = [
  ['A', 'RUH-MAIN', 5],
  ['B', 'RUH-MAIN', 7],
  ['C', 'RUH-MAIN', 900],
  ['D', 'RUH-MAIN', 'many'],
] as const;

test('the figures are those of the database, and what a run did shows', async () => {
  const bridge = await openBridge({ config: { http: { port: 0 }, guards: { maxFigure: 100 } } });
  const { origin } = await httpOf(bridge);
  bridge.simulator.seed({ products: ['A', 'B', 'C'].map((sku) => ({ sku })) });
  bridge.simulator.faults.add({ endpoint: 'createInventoryOrder', kind: 'resetAfter', count: 1 });
  await bridge.erp.stock(stocked);
  await bridge.sync('stock');
  await bridge.erp.documents('1', [
    { id: '1', number: 'R1', date: new Date().toISOString().slice(0, 10), lines: { A: 3 } },
  ]);
  await bridge.sync('documents');
  const { all, value, types, helps, samples } = await scrape(origin);

  const runs = await bridge.db.query<{ flow: string; status: string; outcome: string; count: number }>(
    `select flow, status, coalesce(outcome, '') as outcome, count(*)::int as count from run group by 1, 2, 3`,
  );
  expect(all('runs_last_day')).toHaveLength(runs.length);
  for (const { count, ...labels } of runs) expect(value('runs_last_day', labels), JSON.stringify(labels)).toBe(count);
  const operations = await bridge.db.query<{ kind: string; state: string; count: number }>(
    `select kind, state, count(*)::int as count from operation group by 1, 2`,
  );
  expect(operations.map(({ kind, state }) => `${kind} ${state}`).sort()).toEqual([
    'inventory-order parked',
    'stock-set landed',
  ]);
  const landed = operations.find(({ state }) => state === 'landed')?.count;
  expect(value('operations_settled_last_hour', { kind: 'stock-set', verdict: 'landed' })).toBe(landed);
  expect(value('operations_open', { lane: 'documents', kind: 'inventory-order', state: 'parked' })).toBe(1);
  expect(value('operations_parked')).toBe(1);
  expect(value('operations_oldest_seconds', { lane: 'documents', state: 'parked' })).toBeGreaterThan(0);
  expect(value('quarantine_held', { flow: 'stock' })).toBe(1);
  expect(value('alarms_open', { kind: 'parked' })).toBe(1);
  expect(value('drift_figures', { location: 'RUH1', cause: 'new' })).toBe(3);
  expect(value('drift_units', { location: 'RUH1', cause: 'new' })).toBe(912);
  expect(value('drift_figures', { location: 'RUH1', cause: 'unexplained' })).toBe(0);
  expect(value('drift_age_seconds', { location: 'RUH1' })).toBeGreaterThan(0);
  expect(value('documents_open', { state: 'sending' })).toBe(1);
  expect(value('flow_last_success_age_seconds', { flow: 'stock' })).toBeGreaterThan(0);
  expect(value('flow_last_success_age_seconds', { flow: 'products' })).toBeUndefined();
  expect(value('flow_enabled', { flow: 'products' })).toBe(1);
  expect([value('database_up'), value('rate_in_use'), value('dead_letters'), value('workers')]).toEqual([1, 1, 0, 0]);

  const sets = bridge.calls('updateStockQuantity').length;
  expect(sets).toBeGreaterThan(0);
  expect(value('oto_calls_total', { endpoint: 'updateStockQuantity', outcome: 'ok', code: '200' })).toBe(sets);
  expect(value('oto_calls_total', { endpoint: 'createInventoryOrder', outcome: 'unknown' })).toBe(1);
  expect(value('oto_call_seconds_count', { endpoint: 'updateStockQuantity' })).toBe(sets);
  expect(value('limiter_wait_seconds_count')).toBeGreaterThanOrEqual(sets);
  expect(value('database_connections', { state: 'most' })).toBe(10);
  expect(samples.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['process_cpu_seconds_total', 'nodejs_eventloop_lag_seconds']),
  );

  // Each has a type and says what it is; none names a thing of which there are many.
  for (const name of types.keys()) expect(helps.get(name), name).toBeDefined();
  for (const { name, labels } of samples) expect(Object.values(labels), name).not.toContain('A');
  const keys = [...new Set(samples.flatMap(({ labels }) => Object.keys(labels)))];
  expect(keys.filter((key) => /sku|order|document|url|path/i.test(key))).toEqual([]);
  await (await import('./documented.ts')).expectDocumented([...types.keys()]);
});

test('scrapes that come together ask the database once, and two processes say the same', async () => {
  const bridge = await openBridge({ config: { http: { port: 0 } } });
  const [one, two] = [await httpOf(bridge), await httpOf(bridge)];
  await bridge.db.query(`insert into alarm (kind, subject, message) values ('test', 'a', 'm'), ('test', 'b', 'm')`);
  const statements = async () =>
    (
      await bridge.db.one<{ count: number }>(
        `select count(*)::int as count from pg_stat_activity where datname = current_database() and query like 'with lately as%'`,
      )
    ).count;
  const scrapes = await Promise.all([...Array.from({ length: 20 }, () => scrape(one.origin)), scrape(two.origin)]);
  expect(new Set(scrapes.map(({ value }) => value('alarms_open', { kind: 'test' })))).toEqual(new Set([2]));
  // One connection for each process at most has asked for them last.
  expect(await statements()).toBeLessThanOrEqual(2);
  // Within seconds it is not asked again.
  await bridge.db.query(`update alarm set cleared_at = now()`);
  expect((await scrape(one.origin)).value('alarms_open', { kind: 'test' })).toBe(2);
});

test('with a token only for those who send it', async () => {
  const metricsToken = 'b1a07c55e0d94f21';
  const bridge = await openBridge({ config: { http: { port: 0, metricsToken } } });
  const { origin } = await httpOf(bridge);
  expect((await fetch(`${origin}/metrics`)).status).toBe(401);
  expect((await fetch(`${origin}/metrics`, { headers: { authorization: 'Bearer b1a07c55' } })).status).toBe(401);
  expect((await scrape(origin, { authorization: `Bearer ${metricsToken}` })).value('database_up')).toBe(1);
  expect((await fetch(`${origin}/healthz`)).status).toBe(200);
});
