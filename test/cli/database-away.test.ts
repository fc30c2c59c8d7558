import { expect, test } from 'vitest';
import { openApp } from '../../src/app.ts';
import { openSite, until } from '../support/process.ts';
import { exportReceipts, landings } from '../support/receipts.ts';

test('the database gone at the start and in the middle: the worker waits, comes back by itself, and sends everything once', {
  timeout: 90_000,
}, async () => {
  const site = await openSite({
    config: { flows: { documents: { from: 'erp', startFrom: '2020-01-01', watch: true } } },
  });
  site.network.cut();
  const worker = site.start('run');
  await until('it waits', () => worker.stderr.includes('the database is not there yet'));
  expect(worker.running).toBe(true);
  site.network.mend();
  await until('it is up', () => worker.stdout.includes('"running"'));

  site.simulator.faults.add({ endpoint: 'createInventoryOrder', kind: 'latency', ms: 50 });
  const numbers = await exportReceipts(site, 12);
  await until('some of them', () => site.calls('createInventoryOrder').length >= 2);
  site.network.cut();
  // Nothing can be claimed any more, and the leases of what is under way run out.
  await until('the lapse', async () => {
    const held = await site.db.query(`select from operation where state = 'sending' and lease_until > now()`);
    return held.length === 0;
  });
  expect(worker.running, worker.stderr).toBe(true);
  site.network.mend();
  await until('all of them', async () => {
    const open = await site.db.query(`select from operation where state not in ('landed', 'parked')`);
    const made = await site.db.query('select from operation');
    return made.length === numbers.length && open.length === 0;
  });
  const parked = await site.db.query<{ request: { waybillNumber: string } }>(
    `select request from operation where state = 'parked'`,
  );
  // At most the two that were under way when it went.
  expect(parked.length).toBeLessThanOrEqual(2);
  const counts = landings(site, numbers);
  expect(Math.max(...counts.values())).toBe(1);
  expect([...counts.values()].filter((count) => count === 0).length).toBeLessThanOrEqual(parked.length);
  worker.signal('SIGTERM');
  expect(await worker.ended).toMatchObject({ code: 0 });
});

test('a worker that waits for its database is stopped at once, in good order', async () => {
  const site = await openSite();
  site.network.cut();
  const worker = site.start('run');
  await until('it waits', () => worker.stderr.includes('the database is not there yet'));
  worker.signal('SIGTERM');
  expect(await worker.ended).toMatchObject({ code: 0, signal: null });
});

test('a database that goes away at any moment of a start is named, and nothing of the start stays', {
  timeout: 60_000,
}, async () => {
  const { network, configFile } = await openSite();
  const open = () => openApp({ configFile, env: process.env, logLevel: 'silent' });
  await (await open()).close();
  const alive = () =>
    process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap' || name === 'Timeout').length;
  let refusals = 0;
  for (let message = 1; ; message += 1) {
    const before = alive();
    network.cutAt(message);
    const app = await open().catch((error: unknown) => {
      expect(error, `message ${message}`).toMatchObject({ code: 'STORE_UNREACHABLE' });
      refusals += 1;
    });
    network.mend();
    if (app !== undefined) {
      await app.close();
      break;
    }
    await until(`the end of start ${message}`, () => alive() <= before);
  }
  // A start asks the database for some dozens of things.
  expect(refusals).toBeGreaterThan(20);
});
