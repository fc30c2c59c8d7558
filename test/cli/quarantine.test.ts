import { expect, test, vi } from 'vitest';
import { openSite } from '../support/process.ts';
import { ask, tell } from './ask.ts';

// Many commands, each a process, on a machine that does other things too.
vi.setConfig({ testTimeout: 120_000 });

const skus = Array.from({ length: 60 }, (_, index) => `S${String(index).padStart(2, '0')}`);

test('what is held is told by rule and place, and decided about by filter: what is shown is what is acted on', async () => {
  const site = await openSite({
    config: { guards: { shareMinimum: 10, strayZeroFrom: 1000, unitJump: true }, flows: { documents: undefined } },
  });
  site.simulator.seed({ products: skus.map((sku) => ({ sku })), stock: { onHand: 40, locations: ['RUH1'] } });
  const onHand = (sku: string) => site.simulator.state.figures.find(sku, 'RUH1')?.now.onHand;
  const write = (figure: (index: number) => number) =>
    site.erp.stock(skus.map((sku, index) => [sku, 'RUH-MAIN', figure(index)] as const));
  // Fifteen fall to zero, three leap by a dozen, the others stay.
  const damaged = (index: number) => (index < 15 ? 0 : index < 18 ? 480 : 40);
  await write(damaged);
  const { run, counts } = await ask(site, 'sync stock', 2);
  expect(counts).toMatchObject({ quarantined: 18, landed: 0 });

  const list = await ask(site, 'quarantine list');
  expect(list).toMatchObject({
    total: 18,
    groups: [
      {
        rule: 'zero-share',
        location: 'RUH1',
        group: null,
        count: 15,
        runs: [run],
        exportsInARow: 1,
        reason: '15 of 60 stocked SKUs at RUH1 (25 %) would become 0, more than 20 %',
      },
      { rule: 'unit-jump', count: 3, examples: [{ sku: 'S15', from: 40, to: 480 }, {}, {}] },
    ],
  });
  expect(list.quarantine).toHaveLength(18);
  const text = await tell(site, 'quarantine list');
  expect(text).toContain('18 changes are held back. Everything else went on.');
  expect(text).toContain('15 by zero-share at RUH1 (stock), since ');
  expect(text).toContain('such as S00 40 → 0, S01 40 → 0, S02 40 → 0');
  expect(text.split('\n').length).toBeLessThan(20);
  expect(await tell(site, 'quarantine list --rule unit-jump --limit 2')).toMatch(/S15 +40 +480[\s\S]*and 1 more/);
  expect((await ask(site, 'quarantine list --sku S03')).quarantine).toMatchObject([{ sku: 'S03', from: 40, to: 0 }]);
  expect((await ask(site, `quarantine list --run ${run} --location JED1`)).total).toBe(0);
  expect((await ask(site, `quarantine list --run ${run + 1}`)).total).toBe(0);

  // Shown first; then decided, if it is still as many.
  const command = `quarantine approve --run ${run} --rule zero-share`;
  expect(await ask(site, command)).toMatchObject({ matched: 15, decided: [], notHeld: [] });
  expect(await tell(site, command)).toContain(
    `oto-bridge quarantine approve --rule zero-share --run ${run} --yes --expect 15`,
  );
  expect((await ask(site, `${command} --yes --expect 14`, 1)).error).toMatchObject({
    code: 'CLI_USAGE',
    message: expect.stringContaining('15 rows fit, and not 14'),
  });
  const approved = await ask(site, `${command} --yes --expect 15 --as Aisha`);
  expect(approved).toMatchObject({ matched: 15, left: [], groups: [{ count: 15 }] });
  expect(approved.decided).toHaveLength(15);
  expect(approved.decided[0]).toMatchObject({ state: 'approved', decidedBy: 'Aisha' });
  expect(await ask(site, `${command} --yes`)).toMatchObject({ matched: 0, decided: [] });
  const [jump] = (await ask(site, 'quarantine list')).quarantine;
  expect(await tell(site, `quarantine reject ${jump.id} 4711`, 1)).toMatch(
    /S15 at RUH1 40 → 480\): rejected[\s\S]*4711: is not held/,
  );
  for (const wrong of ['quarantine approve', 'quarantine approve 17 --rule zero-share'])
    expect((await ask(site, wrong, 1)).error.code).toBe('CLI_USAGE');

  // The approved go, the rejected stays and nobody is asked, the other two stay held.
  await write(damaged);
  expect((await ask(site, 'sync stock')).counts).toMatchObject({ quarantined: 2, landed: 15 });
  expect(skus.slice(0, 17).map(onHand)).toEqual([...Array(15).fill(0), 40, 40]);
  expect((await ask(site, 'quarantine list')).quarantine.map((row: { sku: string }) => row.sku)).toEqual([
    'S16',
    'S17',
  ]);
  expect((await ask(site, 'quarantine list --rejected')).quarantine).toMatchObject([{ sku: 'S15', state: 'rejected' }]);

  // A rejection that was wrong is taken back.
  expect(await ask(site, 'quarantine approve --sku S15 --rejected --yes')).toMatchObject({ matched: 1 });
  await write(damaged);
  // The third export in a row that trips the same guard.
  const third = await ask(site, 'sync stock', 2);
  expect(third.notes.find((note: { kind: string }) => note.kind === 'guard-keeps')).toMatchObject({
    new: true,
    message: expect.stringMatching(
      /^The guard unit-jump at RUH1 has held changes back in 3 exports in a row, since .*: 2 now\.$/,
    ),
  });
  expect([onHand('S15'), onHand('S16')]).toEqual([480, 40]);
  const status = await ask(site, 'status');
  expect(status.needsPerson.quarantined).toMatchObject([
    { flow: 'stock', rule: 'unit-jump', count: 2, exportsInARow: 3, since: expect.any(String) },
  ]);
  expect(await tell(site, 'status')).toMatch(/2 held back in stock by unit-jump, in 3 exports in a row since \d{4}-/);
});
