import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openApp } from '../../src/app.ts';
import { keepSelling } from '../../src/cli/demo-orders.ts';
import { openStation, stationText } from '../../src/cli/demo-station.ts';
import { stationList } from '../../src/model/station.ts';
import { storeFigures } from '../../src/store/figures.ts';
import { browserAt } from '../http/staff-harness.ts';
import { jsonOf, openSite, startCommand, until } from '../support/process.ts';

interface Demo {
  readonly flows: Readonly<
    Record<string, { readonly flow: string; readonly counts: Readonly<Record<string, number>> }>
  >;
  readonly packing: Readonly<Record<string, unknown>>;
  readonly bad: readonly unknown[];
  readonly files: readonly string[];
}

test('demo --once --json: all five flows over the sample export, one document, exit 0, and nothing left running', {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oto-bridge-demo-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const dir = join(folder, 'demo');
  const ended = await startCommand(['demo', '--once', '--json', '--dir', dir]).ended;
  const { flows, packing, bad, files } = jsonOf<Demo>(ended);
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  expect(Object.keys(flows)).toEqual(['products', 'stock', 'documents', 'packing', 'stock-back']);
  for (const [name, run] of Object.entries(flows)) {
    expect(run, name).toMatchObject({
      run: expect.any(Number),
      flow: name,
      status: 'done',
      counts: { refused: 0, parked: 0 },
      startedAt: expect.any(String),
      finishedAt: expect.any(String),
    });
    expect(Object.keys(run.counts)).toHaveLength(10);
  }
  for (const name of ['products', 'stock', 'documents', 'stock-back'])
    expect(flows[name]?.counts.landed, name).toBeGreaterThan(0);
  expect(packing).toMatchObject({ picked: 8, packed: 5, confirmed: true });
  expect(bad.length).toBeGreaterThan(0);
  expect(files.length).toBeGreaterThan(0);
  // The embedded database is down, and the folder is free for the next demo.
  const left = await readdir(dir, { recursive: true });
  expect(left.filter((file) => file.endsWith('postmaster.pid'))).toEqual([]);
  expect(left).not.toContain('pid');
});

test('the station of the demo: who is printed can sign in, and orders keep coming and go on', async () => {
  const site = await openSite({
    config: { flows: { packing: { to: 'erp' } }, locations: [{ oto: 'RUH1', source: 'erp', erp: ['RUH-MAIN'] }] },
  });
  site.simulator.seed({ products: [{ sku: 'A' }, { sku: 'B' }] });
  const figures = ['A', 'B'].map((sku) => ({ sku, location: 'RUH1', onHand: 100, forecasted: 100 }));
  await storeFigures(site.db, figures, new Date());
  const app = await openApp({ configFile: site.configFile, env: {}, who: 'demo', logLevel: 'silent' });
  const stop = new AbortController();
  const station = await openStation(app, stop);
  const selling = keepSelling(app, site.simulator, stop.signal);
  onTestFinished(async () => {
    stop.abort(new Error('the test is over'));
    await selling;
    await station.close();
    await app.close();
  });
  const { origin } = new URL(station.url);
  const text = stationText(station);
  for (const { name, pin, role } of station.people) {
    expect(text).toMatch(new RegExp(`${name} +${pin} +${role}`));
    const browser = browserAt(origin);
    expect((await browser.signIn(name, pin)).body.staff).toMatchObject({ name, role });
    const found = await until('an order', async () => {
      const { body } = await browser.ask('GET', '/station/api/orders?location=RUH1&view=open');
      return stationList.parse(body).orders[0];
    });
    expect(found).toMatchObject({ id: 'SO-RUH1-1001', state: 'ready', location: 'RUH1' });
  }
});
