import { expect, test, vi } from 'vitest';
import { openSite, type Site } from '../support/process.ts';
import { exportReceipts, landings, numberOf } from '../support/receipts.ts';
import { ask, tell } from './ask.ts';

// Many commands, each a process, on a machine that does other things too.
vi.setConfig({ testTimeout: 90_000 });

const orders = (site: Site, number: string) => landings(site, [number]).get(number);

test('documents with a lost answer: parked with evidence, decided by a person, and each in OTO as the person said', async () => {
  const site = await openSite();
  const numbers = await exportReceipts(site, 4);
  // One reached OTO and its answer was lost; two were lost on the way; one went well.
  site.simulator.faults.add({ endpoint: 'createInventoryOrder', kind: 'resetAfter', count: 1 });
  site.simulator.faults.add({ endpoint: 'createInventoryOrder', kind: 'resetBefore', count: 2 });
  const synced = await ask(site, 'sync documents', 2);
  expect(synced).toMatchObject({
    status: 'done',
    outcome: 'needs-person',
    counts: { landed: 1, parked: 3, refused: 0 },
  });
  expect(synced.notes.map((note: { kind: string }) => note.kind)).toContain('parked');

  const { operations: parked } = await ask(site, 'operations list --parked');
  expect(parked).toHaveLength(3);
  const there = parked.filter((one: { request: object }) => orders(site, numberOf(one.request)) === 1);
  const missing = parked.filter((one: { request: object }) => orders(site, numberOf(one.request)) === 0);
  expect([there.length, missing.length]).toEqual([1, 2]);
  const [landed, resent, cancelled] = [there[0], missing[0], missing[1]];

  const [shown, absent, text] = await Promise.all([
    ask(site, `operations show ${landed.id}`),
    ask(site, `operations show ${resent.id}`),
    tell(site, `operations show ${landed.id}`),
  ]);
  expect(shown).toMatchObject({ id: landed.id, kind: 'inventory-order', state: 'parked', verdict: null, answer: null });
  expect(shown.events.map((event: { to: string }) => event.to)).toEqual(['ready', 'sending', 'unknown', 'parked']);
  expect(
    shown.events.every((event: { who: string; why: string; at: string }) => event.who && event.why && event.at),
  ).toBe(true);
  expect(shown.events.at(-1).detail).not.toEqual(absent.events.at(-1).detail);
  expect(text).toContain(shown.request.waybillNumber);
  expect(text).toContain('Look into OTO, then decide:');
  expect(text).toContain(`oto-bridge operations resolve ${landed.id} --landed`);

  const nothing = await ask(site, `operations resolve ${landed.id}`, 1);
  expect(nothing.error).toMatchObject({ code: 'CLI_USAGE', hint: expect.stringContaining('--landed') });

  expect(
    await ask(site, ['operations', 'resolve', `${landed.id}`, '--landed', '--oto-id', '4038', '--as', 'Aisha']),
  ).toMatchObject({ state: 'landed', verdict: 'landed', evidence: 'person', otoId: '4038' });
  expect(await ask(site, `operations resolve ${resent.id} --resend`)).toMatchObject({
    state: 'landed',
    evidence: 'answer',
  });
  expect(
    await ask(site, ['operations', 'resolve', `${cancelled.id}`, '--cancel', '--note', 'the supplier took it back']),
  ).toMatchObject({ state: 'cancelled', why: expect.stringContaining('the supplier took it back') });

  const again = await ask(site, `operations resolve ${landed.id} --cancel`, 1);
  expect(again.error).toMatchObject({
    code: 'WRONG_STATE',
    message: expect.stringContaining(`Operation ${landed.id} is landed`),
  });

  const last = await ask(site, 'sync documents');
  expect(last.outcome).toBe('nothing-new');
  const counts = landings(site, numbers);
  for (const [number, count] of counts) expect(count, number).toBe(number === numberOf(cancelled.request) ? 0 : 1);
  const documents = await ask(site, 'documents list');
  expect(documents.documents.map((row: { state: string }) => row.state).sort()).toEqual([
    'pending',
    'pending',
    'pending',
    'skipped',
  ]);
  const events = await ask(site, `operations show ${landed.id}`);
  expect(events.events.at(-1)).toMatchObject({ to: 'landed', who: 'Aisha' });
});

test('what OTO refused: shown with its reason, sent again only with --yes', async () => {
  const site = await openSite();
  site.simulator.seed({ products: [{ sku: 'A' }, { sku: 'B' }] });
  await site.erp.stock([
    ['A', 'RUH-MAIN', 5],
    ['B', 'RUH-MAIN', 6],
  ]);
  site.simulator.faults.add({
    endpoint: 'updateStockQuantity',
    kind: 'coded',
    code: 'OTO1021',
    message: 'not now',
    count: 2,
  });
  const synced = await ask(site, 'sync stock', 2);
  expect(synced).toMatchObject({ outcome: 'needs-person', counts: { landed: 0, refused: 2 } });
  expect(await tell(site, 'operations list --state refused')).toMatch(/refused .* OTO refused it: OTO1021 not now/);

  const shown = await ask(site, 'operations retry --flow stock --sku A');
  expect(shown).toMatchObject({ matched: 1, retried: [], operations: [{ sku: 'A', state: 'refused' }] });
  expect(await tell(site, 'operations retry')).toContain('2 would be sent again: repeat with --yes.');
  expect(site.calls('updateStockQuantity')).toHaveLength(2);

  const retried = await ask(site, 'operations retry --flow stock --sku A --yes');
  expect(retried).toMatchObject({ matched: 1, retried: [shown.operations[0].id] });
  await ask(site, 'sync stock');
  const figure = (sku: string) => site.simulator.state.figures.find(sku, 'RUH1')?.now.onHand;
  expect([figure('A'), figure('B')]).toEqual([5, undefined]);
});
