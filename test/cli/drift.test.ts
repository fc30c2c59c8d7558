import { expect, test } from 'vitest';
import { openSite } from '../support/process.ts';
import { ask, tell } from './ask.ts';

test('drift says where OTO differs, why, and with its exit code whether anything is unexplained', async () => {
  const site = await openSite();
  site.simulator.seed({ products: [{ sku: 'A' }, { sku: 'B' }] });
  expect(await ask(site, 'drift')).toEqual({
    source: null,
    asOf: null,
    readAt: null,
    differ: 0,
    explained: 0,
    new: 0,
    unexplained: 0,
    unlisted: 0,
    locations: [],
    figures: [],
  });
  expect(await tell(site, 'drift')).toContain('There is nothing to compare');
  await site.erp.stock([
    ['A', 'RUH-MAIN', 12],
    ['B', 'RUH-MAIN', 4],
  ]);
  await site.sync('stock');
  expect(await ask(site, 'drift')).toMatchObject({ source: 'erp', differ: 0, figures: [] });
  expect(await tell(site, 'drift')).toContain('OTO shows what is wanted.');

  // A newer export that no sync has sent yet is an explanation.
  await site.erp.stock([
    ['A', 'RUH-MAIN', 10],
    ['B', 'RUH-MAIN', 4],
  ]);
  await site.run('plan', 'stock');
  expect(await ask(site, 'drift')).toMatchObject({
    differ: 1,
    explained: 1,
    unexplained: 0,
    figures: [
      { sku: 'A', oto: 12, wanted: 10, difference: 2, cause: 'erp', unexplained: 0, reasons: [{ kind: 'written' }] },
    ],
  });
  site.simulator.seed({ stock: [{ sku: 'B', location: 'RUH1', onHand: 9 }] });
  expect(await ask(site, 'drift --location RUH1', 2)).toMatchObject({
    differ: 2,
    unexplained: 1,
    locations: [
      { location: 'RUH1', compared: 2, differ: 2, unread: 0, causes: { unexplained: { figures: 1, units: 5 } } },
    ],
    figures: [
      { sku: 'B', oto: 9, wanted: 4, difference: 5, cause: 'unexplained', unexplained: 5, reasons: [] },
      { sku: 'A', cause: 'erp' },
    ],
  });
  const text = await tell(site, 'drift --limit 1', 2);
  expect(text).toMatch(/RUH1 +2 +2 +1 +0 +0 +0 +1 +7/);
  expect(text).toMatch(/B +RUH1 +9 +4 +\+5 +\+5 +nobody knows/);
  expect(text).toContain('… 1 more: --limit 2');
  expect(await ask(site, 'drift --location NOWHERE', 1)).toMatchObject({ error: { code: 'CLI_USAGE' } });
  expect((await site.sync('stock')).counts.landed).toBe(2);
  expect((await ask(site, 'drift')).differ).toBe(0);
});
