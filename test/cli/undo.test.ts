import { expect, test } from 'vitest';
import { openSite } from '../support/process.ts';
import { ask, tell } from './ask.ts';

test('undo shows a plan that takes a run back, and apply sends it', async () => {
  const site = await openSite();
  site.simulator.seed({ products: [{ sku: 'A' }, { sku: 'B' }] });
  await site.erp.stock([
    ['A', 'RUH-MAIN', 12],
    ['B', 'RUH-MAIN', 4],
  ]);
  await site.sync('stock');
  await site.erp.stock([
    ['A', 'RUH-MAIN', 10],
    ['B', 'RUH-MAIN', 5],
  ]);
  const { run } = await site.sync('stock');
  site.simulator.seed({ stock: [{ sku: 'B', location: 'RUH1', onHand: 2 }] });
  const figure = (sku: string) => site.simulator.state.figures.find(sku, 'RUH1')?.now.onHand;

  const planned = await ask(site, `undo ${run}`, 2);
  expect(planned).toMatchObject({
    flow: 'stock',
    status: 'done',
    undoes: run,
    counts: { planned: 1, sent: 0 },
    plan: {
      status: 'proposed',
      filter: { undoes: run },
      items: [{ sku: 'A', from: 10, to: 12, detail: { undoes: { run } } }],
    },
    kept: { count: 1, figures: [{ sku: 'B', wrote: 5, shows: 2 }] },
    lasting: [],
  });
  const text = await tell(site, `undo ${run} --limit 1`, 2);
  expect(text).toMatch(/raise +A +RUH1 +10 +12/);
  expect(text).toMatch(/B +RUH1 +5 +2 +OTO shows 2: somebody has changed it since/);
  expect(text).toMatch(/Send it with `oto-bridge apply \d+`/);
  expect(text).toContain('correct the export first, or `oto-bridge pause stock`');
  expect(figure('A')).toBe(10);

  // The first of the two plans is stale by then.
  expect(await ask(site, `apply ${planned.plan.id}`, 1)).toMatchObject({ error: { code: 'PLAN_STALE' } });
  const { plan } = await ask(site, `undo ${run}`, 2);
  const applied = await ask(site, `apply ${plan.id}`);
  expect(applied).toMatchObject({ status: 'done', outcome: 'changed', counts: { landed: 1 } });
  expect([figure('A'), figure('B')]).toEqual([12, 2]);
  expect(await tell(site, `undo ${applied.run}`, 2)).toMatch(/lower +A +RUH1 +12 +10/);
  expect(await tell(site, 'runs list')).toMatch(new RegExp(`${applied.run} +stock .* undo +done +changed`));
  expect(await ask(site, 'undo 4711', 1)).toMatchObject({ status: 'failed', error: { code: 'NOT_FOUND' } });
  expect(await ask(site, 'undo twelve', 1)).toMatchObject({ error: { code: 'CLI_USAGE' } });
});
