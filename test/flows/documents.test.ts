import { expect, test } from 'vitest';
import { markProcessed } from '../../src/engine/settle-pending.ts';
import { openAlarms } from '../../src/store/alarms.ts';
import { listDocuments, moveDocuments, type StoredDocument } from '../../src/store/documents.ts';
import { decide, listQuarantine } from '../../src/store/quarantines.ts';
import { daysAgo, openBridge, short, type TestBridge } from '../support/bridge.ts';
import type { ErpDocument } from '../support/erp.ts';

const today = daysAgo(0);
const orders = (bridge: TestBridge) => [...bridge.simulator.state.inventoryOrders.values()];
const notes = (run: { notes: readonly { kind: string }[] }) => run.notes.map((note) => note.kind);

const says = (bridge: TestBridge, document: StoredDocument | undefined) => {
  if (document === undefined) throw new Error('no such document');
  return markProcessed(bridge.app.bridge, document, 'seen on the screen', AbortSignal.timeout(10_000));
};

/** A bridge with SKUs A to D in OTO. */
async function withProducts(options: Parameters<typeof openBridge>[0] = {}): Promise<TestBridge> {
  const bridge = await openBridge(options);
  bridge.simulator.seed({ products: ['A', 'B', 'C', 'D'].map((sku) => ({ sku })) });
  return bridge;
}
const receipt = (number: string, lines: ErpDocument['lines'], rest: Partial<ErpDocument> = {}): ErpDocument => ({
  id: `id-${number}`,
  number,
  date: today,
  bookedAt: new Date(Date.now() - 60_000),
  partner: 'Supplier',
  lines,
  ...rest,
});

test('each document becomes one inventory order, and an export that comes again sends nothing', async () => {
  const bridge = await withProducts({ location: { disposals: 'order' } });
  const documents = [
    receipt('R1', { A: 5, B: 2 }),
    receipt('R2', { A: 1 }, { location: 'JED-1' }),
    receipt('W1', { B: 3 }, { kind: 'disposal' }),
  ];
  await bridge.erp.documents('1', documents);
  const first = await bridge.sync('documents');
  expect(first.run).toMatchObject({ status: 'done', outcome: 'changed', error: null, counts: { landed: 3 } });
  expect(orders(bridge).map(({ action, locationCode, items }) => ({ action, locationCode, items }))).toEqual(
    expect.arrayContaining([
      {
        action: 'inbound',
        locationCode: 'RUH1',
        items: [
          { sku: 'A', qty: 5 },
          { sku: 'B', qty: 2 },
        ],
      },
      { action: 'inbound', locationCode: 'JED1', items: [{ sku: 'A', qty: 1 }] },
      { action: 'outbound', locationCode: 'RUH1', items: [{ sku: 'B', qty: 3 }] },
    ]),
  );
  const stored = await listDocuments(bridge.db, {});
  for (const document of stored) {
    const order = bridge.simulator.state.inventoryOrders.get(Number(document.oto_id));
    expect(order?.waybillNumber).toBe(document.reference);
    expect(order?.description).toContain(document.reference);
    expect(document.state).toBe('pending');
  }
  await bridge.erp.documents('1', documents);
  await bridge.erp.documents('2', documents.toReversed());
  const again = await bridge.sync('documents');
  expect(again.run.status).toBe('done');
  expect(orders(bridge)).toHaveLength(3);
});

test('one bad line leaves out its whole document and no other', async () => {
  const bridge = await withProducts();
  await bridge.erp.documents('1', [receipt('R1', { A: 5, B: '2.5' }), receipt('R2', { A: 1 })]);
  const { run } = await bridge.sync('documents');
  expect(run).toMatchObject({ outcome: 'needs-person', counts: { landed: 1 } });
  expect(run.counts.rejected).toBeGreaterThanOrEqual(1);
  expect(orders(bridge).map((order) => order.items)).toEqual([[{ sku: 'A', qty: 1 }]]);
});

test('documents dated before startFrom are never sent, old ones wait for approval', async () => {
  const bridge = await withProducts({ config: { flows: { documents: { startFrom: daysAgo(20) } } } });
  await bridge.erp.documents('1', [
    receipt('OLDEST', { A: 1 }, { date: daysAgo(21), bookedAt: undefined as never }),
    receipt('OLD', { A: 2 }, { date: daysAgo(16), bookedAt: undefined as never }),
    receipt('NEW', { A: 3 }),
  ]);
  const { run } = await bridge.sync('documents');
  expect(run).toMatchObject({ outcome: 'needs-person', counts: { landed: 1, quarantined: 1 } });
  expect(orders(bridge).map((order) => order.items[0]?.qty)).toEqual([3]);
  const again = await bridge.sync('documents');
  expect(again.run).toMatchObject({ counts: { landed: 0 } });
  expect(again.run.outcome).not.toBe('needs-person');

  const held = await listQuarantine(bridge.db, { flow: 'documents' });
  expect(held.map((row) => row.rule)).toEqual(['document-age']);
  await decide(
    bridge.db,
    held.map((row) => row.id),
    'approved',
    'Aisha',
    null,
  );
  expect((await bridge.sync('documents')).run).toMatchObject({ outcome: 'changed', counts: { landed: 1 } });
  expect(orders(bridge).map((order) => order.items[0]?.qty)).toEqual([3, 2]);
});

test('more documents than one run may send wait for approval', async () => {
  const bridge = await withProducts({ config: { guards: { maxDocuments: 2 } } });
  await bridge.erp.documents(
    '1',
    ['1', '2', '3', '4'].map((n) => receipt(`R${n}`, { A: Number(n) })),
  );
  const { run } = await bridge.sync('documents');
  expect(run).toMatchObject({ outcome: 'needs-person', counts: { landed: 2, quarantined: 2 } });
  const held = await listQuarantine(bridge.db, { flow: 'documents' });
  await decide(
    bridge.db,
    held.map((row) => row.id),
    'approved',
    'Aisha',
    null,
  );
  await bridge.sync('documents');
  expect(
    orders(bridge)
      .map((order) => order.items[0]?.qty)
      .sort(),
  ).toEqual([1, 2, 3, 4]);
});

test('a document that changed before it was sent is sent as it is now; one that changed afterwards is reported once', async () => {
  const bridge = await withProducts({ adopt: false });
  await bridge.erp.documents('1', [receipt('R1', { A: 5 })]);
  expect((await bridge.sync('documents')).run).toMatchObject({ status: 'blocked', outcome: 'needs-person' });
  await bridge.erp.documents('2', [receipt('R1', { A: 6 })]);
  await bridge.adopt();
  await bridge.sync('documents');
  expect(orders(bridge).map((order) => order.items)).toEqual([[{ sku: 'A', qty: 6 }]]);

  for (const [file, quantity, fresh] of [
    ['3', 9, true],
    ['4', 9, false],
    ['5', 8, true],
    ['6', 6, true],
    ['7', 6, false],
  ] as const) {
    await bridge.erp.documents(file, [receipt('R1', { A: quantity })]);
    const { run } = await bridge.sync('documents');
    expect(notes(run).includes('document-changed'), `file ${file}`).toBe(fresh);
    expect(run.outcome === 'needs-person', `file ${file}`).toBe(fresh);
  }
  expect(orders(bridge)).toHaveLength(1);
});

test('a document that moved, before it was sent, to a location without inventory orders is not sent', async () => {
  const bridge = await withProducts({
    adopt: false,
    config: {
      locations: [
        { oto: 'RUH1', source: 'erp', erp: 'RUH-MAIN' },
        { oto: 'JED1', source: 'erp', erp: 'JED-1', receipts: 'stock' },
      ],
    },
  });
  await bridge.erp.documents('1', [receipt('R1', { A: 5 })]);
  await bridge.sync('documents');
  await bridge.adopt();
  await bridge.erp.documents('2', [receipt('R1', { A: 5 }, { location: 'JED-1' }), receipt('R2', { A: 1 })]);
  expect((await bridge.sync('documents')).run).toMatchObject({ status: 'done', counts: { landed: 1 } });
  expect(orders(bridge).map((order) => order.locationCode)).toEqual(['RUH1']);
  const stored = await listDocuments(bridge.db, {});
  expect(stored.map((document) => `${document.number} ${document.state}`).sort()).toEqual(['R1 skipped', 'R2 pending']);
});

test('files of documents may come in any order', async () => {
  const bridge = await withProducts();
  const newer = await bridge.erp.documents('2', [receipt('R2', { A: 2 })]);
  await bridge.sync('documents');
  await bridge.erp.documents('1', [receipt('R1', { A: 1 })], { asOf: new Date(newer.getTime() - 3_600_000) });
  expect((await bridge.sync('documents')).run).toMatchObject({ status: 'done', error: null, counts: { landed: 1 } });
  expect(orders(bridge)).toHaveLength(2);
});

test('what a document grew by is sent on top, each time only what is new', async () => {
  const bridge = await withProducts({ config: { flows: { documents: { onChange: 'send-increase' } } } });
  const states = [{ A: 5 }, { A: 7, B: 1 }, { A: 7, B: 1 }, { A: 10, B: 1 }] as ErpDocument['lines'][];
  for (const [index, lines] of states.entries()) {
    await bridge.erp.documents(String(index), [receipt('R1', lines)]);
    const { run } = await bridge.sync('documents');
    expect(run, `state ${index}`).toMatchObject({ status: 'done', error: null });
  }
  expect(orders(bridge).map((order) => order.items)).toEqual([
    [{ sku: 'A', qty: 5 }],
    [
      { sku: 'A', qty: 2 },
      { sku: 'B', qty: 1 },
    ],
    [{ sku: 'A', qty: 3 }],
  ]);
  const references = orders(bridge).map((order) => order.waybillNumber);
  expect(references).toEqual([references[0], `${references[0]}/2`, `${references[0]}/3`]);
  // Less than what was sent altogether is for a person.
  await bridge.erp.documents('less', [receipt('R1', { A: 5 })]);
  expect(notes((await bridge.sync('documents')).run)).toContain('document-changed');
  expect(orders(bridge)).toHaveLength(3);
});

test.each([{ date: daysAgo(2) }, { partner: 'Somebody else' }])(
  'a key that comes again with another %o is held back',
  async (change) => {
    const bridge = await withProducts();
    await bridge.erp.documents('1', [receipt('R1', { A: 5 })]);
    await bridge.sync('documents');
    await bridge.erp.documents('2', [receipt('R1', { B: 7 }, change)]);
    const { run } = await bridge.sync('documents');
    expect(run).toMatchObject({ outcome: 'needs-person', counts: { quarantined: 1 } });
    expect((await listQuarantine(bridge.db, { flow: 'documents' })).map((row) => row.rule)).toEqual(['key-reused']);
    expect(orders(bridge)).toHaveLength(1);
  },
);

test('without an id of the ERP, number and year are the key', async () => {
  const bridge = await withProducts();
  const plain = (lines: ErpDocument['lines'], date: string) => ({ number: '17', date, partner: 'S', lines });
  await bridge.erp.documents('1', [plain({ A: 5 }, daysAgo(1))]);
  await bridge.sync('documents');
  await bridge.erp.documents('2', [plain({ A: 5 }, daysAgo(1))]);
  await bridge.sync('documents');
  expect(orders(bridge)).toHaveLength(1);
});

test('a document with a SKU that OTO does not have waits for the product, then goes', async () => {
  const bridge = await openBridge();
  await bridge.erp.documents('1', [receipt('R1', { NEW: 5 })]);
  const first = await bridge.sync('documents');
  expect(first.run).toMatchObject({ status: 'done', counts: { waiting: 1, landed: 0, refused: 0 } });
  expect(bridge.calls('createInventoryOrder')).toEqual([]);
  await bridge.erp.products(['NEW']);
  await bridge.sync('products');
  await expect
    .poll(() => orders(bridge).map((order) => order.items), { timeout: 5000 })
    .toEqual([[{ sku: 'NEW', qty: 5 }]]);
});

test('a warning of OTO about a date is an alarm; the document counts as sent', async () => {
  const bridge = await withProducts();
  await bridge.erp.documents('1', [receipt('R1', { A: 5 })]);
  await bridge.plan('documents');
  // A date that OTO cannot read: no calendar has it, whatever the ERP wrote.
  await bridge.db.query(`update document set delivery_date = '20261-01-01'`);
  const { run } = await bridge.sync('documents');
  expect(run).toMatchObject({ status: 'done', counts: { landed: 1 } });
  const alarms = await openAlarms(bridge.db);
  expect(alarms.map((alarm) => alarm.kind)).toContain('document-warning');
});

test('a late receipt is taken off the figure before it is sent', async () => {
  const bridge = await withProducts();
  const asOf = await bridge.erp.stock([
    ['A', 'RUH-MAIN', 30],
    ['B', 'RUH-MAIN', 8],
    ['C', 'RUH-MAIN', 2],
    ['A', 'JED-1', 1],
  ]);
  await bridge.sync('stock');
  expect(bridge.onHand('A')).toBe(30);
  // Booked before the export of the stock, but only exported now: the 30 contain it already. Another was booked after it.
  await bridge.erp.documents('late', [
    receipt('LATE', { A: 10, C: 2 }, { bookedAt: new Date(asOf.getTime() - 1000) }),
    receipt('LATER', { A: 5 }, { bookedAt: new Date(asOf.getTime() - 500) }),
    receipt('NEXT', { B: 4 }, { bookedAt: new Date(asOf.getTime() + 1000) }),
  ]);
  bridge.forget();
  const { run } = await bridge.sync('documents');
  expect(run).toMatchObject({ status: 'done', outcome: 'changed', counts: { landed: 5, waiting: 0 } });
  expect(notes(run)).toContain('late-receipts');
  const set = bridge.calls('updateStockQuantity').map(({ params }) => [params?.sku, params?.qty]);
  // Lanes of their own: either may be first.
  expect(set.sort()).toEqual([
    ['A', 15],
    ['C', 0],
  ]);
  expect(
    orders(bridge)
      .map((order) => order.items[0]?.sku)
      .sort(),
  ).toEqual(['A', 'A', 'B']);
  // The figure was lowered before the first of its orders existed, so that staff could process it at once.
  const first = bridge.calls('createInventoryOrder').find(({ params }) => JSON.stringify(params).includes('"A"'));
  expect(bridge.calls('updateStockQuantity')[0]?.seq).toBeLessThan(first?.seq ?? 0);
  bridge.simulator.staff.processAllInventoryOrders();
  expect([bridge.onHand('A'), bridge.onHand('B')]).toEqual([30, 12]);
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 30],
    ['B', 'RUH-MAIN', 12],
    ['C', 'RUH-MAIN', 2],
    ['A', 'JED-1', 1],
  ]);
  await bridge.sync('stock');
  expect([bridge.onHand('A'), bridge.onHand('B')]).toEqual([30, 12]);
  expect([Math.max(...bridge.history('A')), Math.max(...bridge.history('B'))]).toEqual([30, 12]);
});

test('a stock figure that was only planned holds up no receipt, one that is being sent does', async () => {
  const bridge = await withProducts();
  const asOf = await bridge.erp.stock([
    ['A', 'RUH-MAIN', 30],
    ['A', 'JED-1', 1],
  ]);
  await bridge.plan('stock');
  await bridge.db.query(`update run set status = 'running'`);
  await bridge.erp.documents('1', [receipt('R1', { A: 10 }, { bookedAt: new Date(asOf.getTime() - 1000) })]);
  expect((await bridge.sync('documents')).run).toMatchObject({ counts: { landed: 0, waiting: 1 } });
  await bridge.db.query(`update run set status = 'done'`);
  expect((await bridge.sync('documents')).run).toMatchObject({ counts: { landed: 1, waiting: 0 } });
  // It is pending now, so the figure comes without it.
  await bridge.sync('stock');
  expect(bridge.onHand('A')).toBe(20);
});

test('a late receipt is not taken for taken off because units were sold meanwhile', async () => {
  const bridge = await withProducts();
  const asOf = await bridge.erp.stock([
    ['A', 'RUH-MAIN', 30],
    ['A', 'JED-1', 1],
  ]);
  await bridge.sync('stock');
  // Ten units leave OTO: its 20 look like 30 without the receipt of ten.
  bridge.simulator.staff.createOrder({ orderId: 'SO-1', location: 'RUH1', items: [{ sku: 'A', quantity: 10 }] });
  bridge.simulator.staff.shipOrder('SO-1');
  await bridge.erp.documents('late', [receipt('LATE', { A: 10 }, { bookedAt: new Date(asOf.getTime() - 1000) })]);
  await bridge.sync('stock');
  await bridge.sync('documents');
  // Its goods are among the 20 that are left: they are taken off, and come back when it is processed.
  expect(bridge.onHand('A')).toBe(10);
  bridge.simulator.staff.processAllInventoryOrders();
  expect(bridge.onHand('A')).toBe(20);
  // The next export has booked the sale.
  bridge.otoClock.ahead = 0;
  await bridge.erp.stock(
    [
      ['A', 'RUH-MAIN', 20],
      ['A', 'JED-1', 1],
    ],
    { asOf: new Date(Date.now() + 2000) },
  );
  await bridge.sync('stock');
  expect(bridge.onHand('A')).toBe(20);
});

test.each(['stock first', 'documents first'])('a receipt never shows twice: %s', async (order) => {
  for (const forecastIncludesInventoryOrders of [true, false]) {
    const bridge = await withProducts({ simulator: { switches: { forecastIncludesInventoryOrders } } });
    await bridge.erp.stock([
      ['A', 'RUH-MAIN', 10],
      ['B', 'RUH-MAIN', 20],
      ['C', 'RUH-MAIN', 30],
      ['A', 'JED-1', 1],
    ]);
    await bridge.sync('stock');
    // Two receipts that share A and are booked; the next export of the stock contains both.
    const at = new Date(bridge.erp.asOf.getTime() + 30_000);
    await bridge.erp.documents('1', [
      receipt('R1', { A: 5, B: 7 }, { bookedAt: at }),
      receipt('R2', { A: 3, C: 1 }, { bookedAt: at }),
    ]);
    const after = [
      ['A', 'RUH-MAIN', 18],
      ['B', 'RUH-MAIN', 27],
      ['C', 'RUH-MAIN', 31],
      ['A', 'JED-1', 1],
    ] as const;
    const steps = order === 'stock first' ? (['stock', 'documents'] as const) : (['documents', 'stock'] as const);
    await bridge.erp.stock(after);
    for (const flow of steps) await bridge.sync(flow);
    expect(orders(bridge)).toHaveLength(2);
    expect(['A', 'B', 'C'].map((sku) => bridge.onHand(sku))).toEqual([10, 20, 30]);

    const [first, second] = orders(bridge);
    const both = [first, second].toSorted(
      (a, b) => (b?.items.length ?? 0) - (a?.items.length ?? 0) || (b?.items[0]?.qty ?? 0) - (a?.items[0]?.qty ?? 0),
    );
    bridge.simulator.staff.processInventoryOrder(both[0]?.otoId ?? 0);
    await bridge.erp.stock(after);
    const one = await bridge.sync('stock');
    expect(notes(one.run)).toContain('processed');
    expect(['A', 'B', 'C'].map((sku) => bridge.onHand(sku))).toEqual([15, 27, 30]);

    bridge.simulator.staff.processInventoryOrder(both[1]?.otoId ?? 0);
    await bridge.erp.stock(after);
    const two = await bridge.sync('stock');
    expect(two.run.outcome).toBe('unchanged');
    expect(
      (await listDocuments(bridge.db, { states: ['processed'] })).map((document) => document.number).sort(),
    ).toEqual(['R1', 'R2']);
    expect(['A', 'B', 'C'].map((sku) => bridge.onHand(sku))).toEqual([18, 27, 31]);
    expect(['A', 'B', 'C'].map((sku) => Math.max(...bridge.history(sku)))).toEqual([18, 27, 31]);
  }
});

test('of two receipts that look alike the wrong one was taken for processed: who says so sets it right', async () => {
  const bridge = await withProducts();
  const level = (a: number, b: number) =>
    [
      ['A', 'RUH-MAIN', a],
      ['B', 'RUH-MAIN', b],
      ['A', 'JED-1', 1],
    ] as const;
  await bridge.erp.stock(level(100, 50));
  await bridge.sync('stock');
  const at = new Date(bridge.erp.asOf.getTime() + 30_000);
  await bridge.erp.documents('1', [
    receipt('R1', { A: 2 }, { bookedAt: at }),
    receipt('R2', { A: 2 }, { bookedAt: at }),
    receipt('R3', { A: 4, B: 1 }, { bookedAt: at }),
  ]);
  await bridge.erp.stock(level(108, 51));
  await bridge.sync('documents');
  await bridge.sync('stock');
  const stateOf = async () =>
    Object.fromEntries((await listDocuments(bridge.db, {})).map(({ number, state }) => [number, state]));
  const byNumber = new Map((await listDocuments(bridge.db, {})).map((document) => [document.number, document]));
  const staffProcess = (number: string) =>
    bridge.simulator.staff.processInventoryOrder(
      orders(bridge).find(({ waybillNumber }) => waybillNumber === byNumber.get(number)?.reference)?.otoId ?? 0,
    );
  const somebodySays = (number: string) => says(bridge, byNumber.get(number));

  staffProcess('R2');
  await bridge.sync('stock');
  // Two units of A came in. Whose they are cannot be seen, and makes no difference to any figure.
  expect(await stateOf()).toEqual({ R1: 'processed', R2: 'pending', R3: 'pending' });
  expect(bridge.onHand('A')).toBe(102);

  expect((await somebodySays('R2'))?.map(({ number }) => number)).toEqual(['R1']);
  expect(await stateOf()).toEqual({ R1: 'pending', R2: 'processed', R3: 'pending' });
  expect(await somebodySays('R2')).toBeUndefined();
  await bridge.erp.stock(level(108, 51));
  expect((await bridge.sync('stock')).run.outcome).toBe('unchanged');
  expect(bridge.onHand('A')).toBe(102);

  // What OTO does show beside it was nobody else's.
  staffProcess('R3');
  staffProcess('R1');
  await bridge.sync('stock');
  expect(await stateOf()).toEqual({ R1: 'processed', R2: 'processed', R3: 'processed' });
  expect([bridge.onHand('A'), bridge.onHand('B')]).toEqual([108, 51]);
  expect(Math.max(...bridge.history('A'))).toBe(108);
});

test('a receipt that somebody says was processed takes nothing from one whose goods OTO shows as well', async () => {
  const bridge = await withProducts();
  const level = (a: number) =>
    [
      ['A', 'RUH-MAIN', a],
      ['A', 'JED-1', 1],
    ] as const;
  await bridge.erp.stock(level(100));
  await bridge.sync('stock');
  const at = new Date(bridge.erp.asOf.getTime() + 30_000);
  const two = ['R1', 'R2'].map((number) => receipt(number, { A: 2 }, { bookedAt: at }));
  await bridge.erp.documents('1', two);
  await bridge.erp.stock(level(104));
  await bridge.sync('documents');
  await bridge.sync('stock');
  const [first, second] = await listDocuments(bridge.db, {}).then((list) => list.toSorted((a, b) => a.id - b.id));
  const processed = (of: StoredDocument | undefined) => {
    const order = orders(bridge).find(({ waybillNumber }) => waybillNumber === of?.reference);
    bridge.simulator.staff.processInventoryOrder(order?.otoId ?? 0);
  };
  processed(first);
  await bridge.sync('stock');
  processed(second);
  expect(await says(bridge, second)).toEqual([]);
  expect((await listDocuments(bridge.db, { states: ['processed'] })).map(({ id }) => id).sort()).toEqual(
    [first?.id, second?.id].sort(),
  );
});

test('as many units sold in the ERP as are pending do not pass for a processed receipt', async () => {
  const bridge = await withProducts();
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 100],
    ['A', 'JED-1', 1],
  ]);
  await bridge.sync('stock');
  await bridge.erp.documents('1', [
    receipt('R1', { A: 10 }, { bookedAt: new Date(bridge.erp.asOf.getTime() + 30_000) }),
  ]);
  await bridge.sync('documents');
  // Ten received, ten sold over the counter: the ERP says 100 again, and OTO still shows 100 without the receipt.
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 100],
    ['A', 'JED-1', 1],
  ]);
  await bridge.sync('stock');
  expect((await listDocuments(bridge.db, {})).map((document) => document.state)).toEqual(['pending']);
  expect(bridge.onHand('A')).toBe(90);
  bridge.simulator.staff.processAllInventoryOrders();
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 100],
    ['A', 'JED-1', 1],
  ]);
  await bridge.sync('stock');
  expect(bridge.onHand('A')).toBe(100);
  expect(Math.max(...bridge.history('A'))).toBe(100);
});

test('sales over the counter do not hide that a receipt was processed', async () => {
  const bridge = await withProducts();
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 100],
    ['A', 'JED-1', 1],
  ]);
  await bridge.sync('stock');
  await bridge.erp.documents('1', [
    receipt('R1', { A: 10 }, { bookedAt: new Date(bridge.erp.asOf.getTime() + 30_000) }),
  ]);
  await bridge.sync('documents');
  bridge.simulator.staff.processAllInventoryOrders();
  // 110 in OTO; three were sold over the counter.
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 107],
    ['A', 'JED-1', 1],
  ]);
  await bridge.sync('stock');
  expect(bridge.onHand('A')).toBe(107);
  expect(await listDocuments(bridge.db, { states: ['pending'] })).toEqual([]);
});

test('where as many units were ordered in OTO as arrived, the lower figure stands until a person says that they did', async () => {
  const bridge = await withProducts();
  const rows = (a: number) => [['A', 'RUH-MAIN', a] as const, ['A', 'JED-1', 1] as const];
  await bridge.erp.stock(rows(100));
  await bridge.sync('stock');
  await bridge.erp.documents('1', [
    receipt('R1', { A: 10 }, { bookedAt: new Date(bridge.erp.asOf.getTime() + 30_000) }),
  ]);
  await bridge.sync('documents');
  const { staff } = bridge.simulator;
  staff.processAllInventoryOrders();
  staff.createOrder({ orderId: 'SO-1', location: 'RUH1', items: [{ sku: 'A', quantity: 10 }] });
  staff.shipOrder('SO-1');
  // 100 in OTO, as before. That nothing came and nothing left yet would look just so.
  await bridge.erp.stock(rows(100), { asOf: new Date(Date.now() + 60_000) });
  await bridge.sync('stock');
  expect(bridge.onHand('A')).toBe(90);
  const [document] = await listDocuments(bridge.db, { states: ['pending'] });
  await moveDocuments(bridge.db, [document?.id ?? 0], ['pending'], 'processed', { by: 'Aisha' });
  const { items } = await bridge.plan('stock');
  expect(short(items)).toEqual(['RUH1 A 90→100']);
});

test('goods that the ERP booked after its figure was true, and that staff have processed, are not taken away again', async () => {
  const bridge = await withProducts({ location: { disposals: 'order' } });
  const rows = [
    ['A', 'RUH-MAIN', 30],
    ['B', 'RUH-MAIN', 20],
    ['C', 'RUH-MAIN', 9],
    ['A', 'JED-1', 1],
  ] as const;
  const asOf = await bridge.erp.stock(rows);
  await bridge.sync('stock');
  const later = { bookedAt: new Date(asOf.getTime() + 1000) };
  await bridge.erp.documents('1', [
    receipt('NEW', { A: 10 }, later),
    receipt('OUT', { B: 4 }, { ...later, kind: 'disposal' }),
  ]);
  await bridge.sync('documents');
  bridge.simulator.staff.processAllInventoryOrders();
  bridge.simulator.staff.setOnHand('C', 'RUH1', 12);
  bridge.forget();
  // The same figures again: they know neither of the receipt nor of the disposal. What nothing explains is corrected.
  const { run } = await bridge.sync('stock');
  expect(run).toMatchObject({ status: 'done', counts: { landed: 1, waiting: 2 } });
  expect(notes(run)).toContain('newer-documents');
  expect(['A', 'B', 'C'].map((sku) => bridge.onHand(sku))).toEqual([40, 16, 9]);
  // More than the documents explain is not left standing.
  bridge.simulator.staff.setOnHand('A', 'RUH1', 41);
  bridge.simulator.staff.setOnHand('B', 'RUH1', 15);
  await bridge.sync('stock');
  expect(['A', 'B'].map((sku) => bridge.onHand(sku))).toEqual([30, 16]);
});
