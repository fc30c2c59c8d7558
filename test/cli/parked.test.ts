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
  expect(text).toMatch(
    /Does OTO have this inbound order\? It must not be there twice\.[\s\S]*Look[\s\S]*What is known[\s\S]*Then decide/,
  );
  expect(shown.decide).toMatchObject({
    lookFor: [
      expect.stringContaining('inbound'),
      expect.stringContaining(shown.request.waybillNumber),
      expect.any(String),
    ],
    answers: [{ command: expect.stringContaining('--landed') }, { command: expect.stringContaining('--resend') }, {}],
  });
  expect(text).toContain(`oto-bridge operations resolve ${landed.id} --landed`);

  const nothing = await ask(site, `operations resolve ${landed.id}`, 1);
  expect(nothing.error).toMatchObject({ code: 'CLI_USAGE', hint: expect.stringContaining('--landed') });

  expect(
    await ask(site, ['operations', 'resolve', `${landed.id}`, '--landed', '--oto-id', '4038', '--as', 'Aisha']),
  ).toMatchObject({ state: 'landed', verdict: 'landed', evidence: 'person', otoId: '4038' });
  // The terminal was closed, and it is typed once more.
  expect(await ask(site, `operations resolve ${landed.id} --landed`)).toMatchObject({ otoId: '4038', repeated: true });
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
  const preview = await tell(site, 'operations retry');
  expect(preview).toContain('2 would be sent again: repeat with --yes.');
  // What is refused between the two commands is not among what was shown.
  const [, again = ''] = /oto-bridge (operations retry .*)/.exec(preview) ?? [];
  expect(again).toMatch(/^operations retry --yes --shown 2-\w+-\w+$/);
  await site.db.query(
    `insert into operation (kind, flow, key, lane, location, sku, request, state, verdict, settled_at)
     select kind, flow, key || '2', lane, location, 'A2', request, state, verdict, now() from operation where sku = 'A'`,
  );
  expect(site.calls('updateStockQuantity')).toHaveLength(2);
  const retried = await ask(site, again);
  expect(retried).toMatchObject({ matched: 2, left: [] });
  expect(retried.retried.toSorted()).toEqual(retried.fit.toSorted());
  expect(retried.operations.map(({ sku }: { sku: string }) => sku).sort()).toEqual(['A', 'B']);
  // Those are on their way by now: nothing is sent a second time under a name that says two.
  const gone = await ask(site, again, 1);
  expect(gone.error).toMatchObject({
    code: 'CLI_USAGE',
    message: expect.stringContaining('2 refused operations were shown; 0'),
  });
  await ask(site, 'sync stock');
  const figure = (sku: string) => site.simulator.state.figures.find(sku, 'RUH1')?.now.onHand;
  expect([figure('A'), figure('B'), figure('A2')]).toEqual([5, 6, undefined]);
});
