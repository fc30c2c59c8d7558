import { expect, test } from 'vitest';
import { rateState } from '../../src/store/rate.ts';
import { openSite, type Site, until } from '../support/process.ts';
import { fullestSecond } from '../support/rate.ts';
import { exportReceipts } from '../support/receipts.ts';

/** Low enough for one process alone to reach it, so that five that did not share it would be seen. */
const rate = 12;
const inOneSecond = rate * 1.1 + 1;

/** A command that gives the workers receipts to send. Returns when OTO has them all. */
async function send(site: Site, receipts: number, prefix: string): Promise<void> {
  await exportReceipts(site, receipts, prefix);
  expect(await site.sync('documents')).toMatchObject({ status: 'done', counts: { landed: receipts, parked: 0 } });
}

// Five processes at once, on a machine that does other things too. All moments are those of OTO's own log.
test('four workers and a command keep to one rate together, and when OTO asks one of them to wait, all wait', {
  timeout: 120_000,
}, async () => {
  const site = await openSite({ config: { oto: { requestsPerSecond: rate }, push: { leaseSeconds: 3 } } });
  const workers = Array.from({ length: 4 }, () => site.start('run'));
  await until('four workers', () => workers.every((worker) => worker.stdout.includes('running')), 60);
  await send(site, 40, 'A');
  const { processes } = await site.db.one<{ processes: number }>(
    `select count(distinct who) as processes from operation_event where "to" = 'sending'`,
  );
  expect(processes).toBeGreaterThan(2);

  site.simulator.faults.add({
    endpoint: 'createInventoryOrder',
    kind: 'status429',
    count: 1,
    after: 5,
    retryAfterSeconds: 2,
  });
  await send(site, 45, 'B');
  const moments = site.simulator.requests.list({}).map(({ at }) => at);
  expect(fullestSecond(moments)).toBeLessThanOrEqual(inOneSecond);
  const asked = site.calls('createInventoryOrder').find(({ status }) => status === 429)?.at ?? Number.NaN;
  const between = (from: number, to: number) => moments.filter((at) => at > asked + from && at <= asked + to);
  // Turns that were given for the time slots of the moment may still be used.
  expect(between(0, 500).length).toBeLessThanOrEqual(4);
  expect(between(500, 2_000)).toEqual([]);
  expect(between(2_000, 3_000).length).toBeLessThanOrEqual((rate / 2) * 1.1 + 1);
  // At half of the rate the rest takes longer than the first step back.
  const state = await rateState(site.db);
  expect(state.part).toBeGreaterThan(0.5);
  expect(state.why).toContain('createInventoryOrder');
});
