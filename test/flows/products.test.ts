import { expect, test } from 'vitest';
import { decide, listQuarantine, type Quarantine } from '../../src/store/quarantines.ts';
import { openBridge, type TestBridge } from '../support/bridge.ts';

const product = (sku: string, rest: Record<string, string> = {}) => ({
  id: `id-${sku}`,
  sku,
  name: `Product ${sku}`,
  price: '10',
  barcode: '',
  active: 'true',
  type: 'storable',
  ...rest,
});
const created = (bridge: TestBridge) =>
  bridge
    .calls('createProduct')
    .map(({ params }) => params?.sku)
    .sort();
const notes = (run: { notes: readonly { kind: string }[] }) => run.notes.map((note) => note.kind);

test('what OTO does not have is created, once; services and inactive ones are not', async () => {
  const bridge = await openBridge();
  bridge.simulator.seed({ products: [{ sku: 'A', name: 'Product A' }] });
  const rows = [
    product('A'),
    product('B'),
    product('C'),
    product('S', { type: 'service' }),
    product('I', { active: 'false' }),
  ];
  await bridge.erp.products(rows);
  expect((await bridge.sync('products')).run).toMatchObject({
    status: 'done',
    outcome: 'changed',
    counts: { landed: 2 },
  });
  expect(created(bridge)).toEqual(['B', 'C']);
  bridge.forget();
  await bridge.erp.products(rows);
  expect((await bridge.sync('products')).run).toMatchObject({ outcome: 'unchanged', counts: { planned: 0 } });
  expect(created(bridge)).toEqual([]);
});

test.each(['errorCode14', 'OTO1126'] as const)(
  'a product that OTO turns out to have counts as known: %s',
  async (duplicateSku) => {
    const bridge = await openBridge({ simulator: { switches: { duplicateSku } } });
    await bridge.erp.products([product('A'), product('B')]);
    const { plan } = await bridge.plan('products');
    // Somebody else creates it between our look and our call.
    bridge.simulator.seed({ products: [{ sku: 'A', name: 'Product A' }] });
    const { run } = await bridge.apply('products', plan);
    expect(run).toMatchObject({ status: 'done', outcome: 'changed', counts: { landed: 2, refused: 0, parked: 0 } });
    expect([...bridge.simulator.state.products.keys()].sort()).toEqual(['A', 'B']);
  },
);

test('a difference from what OTO has is reported once, and again when it changes', async () => {
  const bridge = await openBridge();
  await bridge.erp.products([product('A'), product('B', { barcode: '6281000000012' })]);
  await bridge.sync('products');
  for (const [name, price, expected] of [
    ['Product A', '10', false],
    ['Renamed', '10', true],
    ['Renamed', '10', false],
    ['Renamed', '12', true],
    ['Renamed', '12', false],
  ] as const) {
    await bridge.erp.products([product('A', { name, price }), product('B', { barcode: '6281000000012' })]);
    const { run } = await bridge.sync('products');
    expect(notes(run).includes('product-drift'), `${name} ${price}`).toBe(expected);
    expect(run.status).toBe('done');
  }
  expect(created(bridge)).toEqual(['A', 'B']);
});

test('a renamed SKU and one that was given to another product are held back; the rest proceeds', async () => {
  const bridge = await openBridge();
  await bridge.erp.products([product('A'), product('B')]);
  await bridge.sync('products');
  bridge.forget();
  await bridge.erp.products([product('A2', { id: 'id-A' }), product('B', { id: 'id-Z' }), product('C')]);
  const { run } = await bridge.sync('products');
  expect(run).toMatchObject({ outcome: 'needs-person', counts: { quarantined: 2, landed: 1 } });
  expect(created(bridge)).toEqual(['C']);
  expect((await listQuarantine(bridge.db, { flow: 'products' })).map((row) => `${row.rule} ${row.sku}`).sort()).toEqual(
    ['sku-renamed A2', 'sku-reused B'],
  );
  await bridge.erp.products([product('A2', { id: 'id-A' }), product('B', { id: 'id-Z' }), product('C')]);
  expect((await bridge.sync('products')).run.outcome).not.toBe('needs-person');
});

test('a rename that was rejected is not asked about again, and one that the ERP takes back ends by itself', async () => {
  const bridge = await openBridge();
  const renamed = [product('A2', { id: 'id-A' }), product('B2', { id: 'id-B' })];
  await bridge.erp.products([product('A'), product('B')]);
  await bridge.sync('products');
  await bridge.erp.products(renamed);
  await bridge.sync('products');
  const rules = async (states: Quarantine['state'][]) =>
    (await listQuarantine(bridge.db, { flow: 'products', states })).map(({ sku }) => sku);
  const [first] = await listQuarantine(bridge.db, { flow: 'products', sku: 'A2' });
  await decide(bridge.db, [first?.id ?? 0], 'rejected', 'Aisha', null);
  await bridge.erp.products(renamed);
  await bridge.sync('products');
  expect(await rules(['held'])).toEqual(['B2']);
  await bridge.erp.products([product('A'), product('B')]);
  expect((await bridge.sync('products')).run.counts).toMatchObject({ quarantined: 0 });
  expect(await rules(['held'])).toEqual([]);
  expect(await listQuarantine(bridge.db, { states: ['rejected'], standing: true })).toEqual([]);
  await bridge.erp.products(renamed);
  await bridge.sync('products');
  expect(await rules(['held'])).toEqual(['A2', 'B2']);
});

test('a SKU that two rows of the export tell differently is not created, unless the first is to count', async () => {
  const bridge = await openBridge();
  const rows = [product('A'), product('A', { id: 'other' }), product('B'), product('B')];
  await bridge.erp.products(rows);
  expect((await bridge.sync('products')).run).toMatchObject({
    outcome: 'needs-person',
    counts: { read: 3, rejected: 2, landed: 1 },
  });
  expect(created(bridge)).toEqual(['B']);

  const products = { files: 'products.csv', duplicates: 'first' };
  await bridge.reopen({ sources: { erp: { options: { products } } } });
  await bridge.erp.products(rows);
  expect((await bridge.sync('products')).run).toMatchObject({ counts: { read: 4, rejected: 2, landed: 1 } });
  expect(created(bridge)).toEqual(['A', 'B']);
});

test('a figure that waits for its product goes as soon as the product is there', async () => {
  const bridge = await openBridge();
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 5],
    ['A', 'JED-1', 2],
  ]);
  expect((await bridge.sync('stock')).run).toMatchObject({ status: 'done', counts: { waiting: 2, landed: 0 } });
  expect(bridge.calls('updateStockQuantity')).toEqual([]);
  // The figure moves on meanwhile: only the newest is sent.
  await bridge.erp.stock([
    ['A', 'RUH-MAIN', 6],
    ['A', 'JED-1', 2],
  ]);
  await bridge.sync('stock');
  await bridge.erp.products([product('A')]);
  await bridge.sync('products');
  await expect.poll(() => [bridge.onHand('A'), bridge.onHand('A', 'JED1')], { timeout: 5000 }).toEqual([6, 2]);
  expect(bridge.history('A')).toEqual([6]);
});

test('a product that OTO refuses is not asked for again until it changes', async () => {
  const bridge = await openBridge();
  bridge.simulator.faults.add({
    endpoint: 'createProduct',
    kind: 'coded',
    code: 'OTO1100',
    message: 'brand',
    count: 1,
  });
  await bridge.erp.products([product('A')]);
  expect((await bridge.sync('products')).run).toMatchObject({ outcome: 'needs-person', counts: { refused: 1 } });
  await bridge.erp.products([product('A')]);
  expect((await bridge.sync('products')).run).toMatchObject({ status: 'done', counts: { refused: 0, sent: 0 } });
  expect(created(bridge)).toEqual(['A']);
  await bridge.erp.products([product('A', { price: '11' })]);
  expect((await bridge.sync('products')).run).toMatchObject({ outcome: 'changed', counts: { landed: 1 } });
});

test('more new products than one run may create wait for approval', async () => {
  const bridge = await openBridge({ config: { guards: { maxCreates: 3 } } });
  const rows = ['A', 'B', 'C', 'D', 'E'].map((sku) => product(sku));
  await bridge.erp.products(rows);
  expect((await bridge.sync('products')).run).toMatchObject({
    outcome: 'needs-person',
    counts: { landed: 3, quarantined: 2 },
  });
  const [held] = await listQuarantine(bridge.db, { flow: 'products' });
  await decide(bridge.db, [held?.id ?? 0], 'approved', 'Aisha', null);
  await bridge.erp.products([...rows, ...['F', 'G', 'H', 'I'].map((sku) => product(sku))]);
  // Six are more than the five that were approved.
  expect((await bridge.sync('products')).run.counts).toMatchObject({ landed: 3, quarantined: 3 });
});

test.each(['optional', 'required'] as const)('taxAmount is sent, so that OTO may have it %s', async (taxAmount) => {
  const bridge = await openBridge({ simulator: { switches: { taxAmount } } });
  await bridge.erp.products([product('A')]);
  expect((await bridge.sync('products')).run).toMatchObject({ outcome: 'changed', counts: { landed: 1, refused: 0 } });
});
