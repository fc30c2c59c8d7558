import { expect, test } from 'vitest';
import { daysAgo, openBridge, type TestBridge } from '../support/bridge.ts';
import type { ErpDocument } from '../support/erp.ts';

const options = (documents: Record<string, unknown>) => ({
  sources: { erp: { options: { documents: { files: 'documents-*.csv', ...documents } } } },
});

async function withProducts(config: Record<string, unknown> = {}, adopt = true): Promise<TestBridge> {
  const bridge = await openBridge({ config, adopt });
  bridge.simulator.seed({ products: ['A', 'B', 'C'].map((sku) => ({ sku })) });
  return bridge;
}

const receipt = (number: string, lines: ErpDocument['lines']): ErpDocument => ({
  id: `id-${number}`,
  number,
  date: daysAgo(0),
  bookedAt: new Date(Date.now() - 60_000),
  partner: 'Supplier',
  lines,
});

/** What OTO has been told to receive, over all inventory orders. */
function received(bridge: TestBridge): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { items } of bridge.simulator.state.inventoryOrders.values()) {
    for (const { sku, qty } of items) sums[sku] = (sums[sku] ?? 0) + qty;
  }
  return sums;
}

const kinds = (run: { notes: readonly { kind: string; new: boolean }[] }) =>
  run.notes.flatMap((note) => (note.new ? [note.kind] : []));

test('a document in two files of one drop is sent whole, or not at all; never twice', async () => {
  const bridge = await withProducts();
  const both = async () => {
    await bridge.erp.documents('1', [receipt('R1', { A: 5 }), receipt('R2', { C: 1 })]);
    await bridge.erp.documents('2', [receipt('R1', { B: 2 })]);
  };
  await both();
  const { run } = await bridge.sync('documents');
  expect(kinds(run)).toContain('rejects');
  expect(received(bridge)).toEqual({ C: 1 });

  await bridge.reopen(options({ documentsSpan: 'drop' }));
  await both();
  await bridge.sync('documents');
  expect(received(bridge)).toEqual({ A: 5, B: 2, C: 1 });
  await both();
  const again = await bridge.sync('documents');
  expect(kinds(again.run)).toEqual([]);
  expect(received(bridge)).toEqual({ A: 5, B: 2, C: 1 });
});

test('the same document in a second file is no news; its other half after it was sent is told, and not sent', async () => {
  const bridge = await withProducts();
  await bridge.erp.documents('1', [receipt('R1', { A: 5 })]);
  await bridge.erp.documents('2', [receipt('R1', { A: 5 })]);
  expect(kinds((await bridge.sync('documents')).run)).toEqual([]);
  await bridge.erp.documents('3', [receipt('R1', { B: 2 })]);
  const { run } = await bridge.sync('documents');
  expect(kinds(run)).toEqual(['document-changed']);
  expect(received(bridge)).toEqual({ A: 5 });
});

test('the other half of a document before it was sent takes its place, and the run says what is gone', async () => {
  const bridge = await withProducts({}, false);
  await bridge.erp.documents('1', [receipt('R1', { A: 5, C: 3 })]);
  await bridge.sync('documents');
  await bridge.erp.documents('2', [receipt('R1', { B: 2, C: 3 })]);
  await bridge.adopt();
  const { run } = await bridge.sync('documents');
  expect(run.notes.find((note) => note.kind === 'document-shrunk')).toMatchObject({
    new: true,
    message: expect.stringContaining('less in 1 line (first: A, 5 before, 0 now)'),
    hint: expect.stringContaining('documentsSpan: drop'),
  });
  expect(run.outcome).toBe('needs-person');
  expect(received(bridge)).toEqual({ B: 2, C: 3 });
});

test('header and line records become orders: a SKU that comes twice is added up, and a short trailer sends nothing', async () => {
  const day = daysAgo(0);
  const bridge = await withProducts(
    options({
      headerLine: 'none',
      layout: 'header-lines',
      records: { trailer: { count: { position: 2 }, of: 'document' } },
      columns: {
        kind: { value: 'purchase' },
        number: { position: 2 },
        date: { position: 3 },
        location: { position: 4 },
        sku: { position: 2 },
        quantity: { position: 3 },
      },
    }),
  );
  await bridge.erp.put(
    'documents-1.csv',
    `H,R1,${day},RUH-MAIN\nD,A,2\nD,B,1\nD,A,3\nT,3\nH,R2,${day},RUH-MAIN\nD,C,7\nT,2\n`,
  );
  const { run } = await bridge.sync('documents');
  expect(received(bridge)).toEqual({ A: 5, B: 1 });
  expect(run.counts).toMatchObject({ read: 2, rejected: 1, landed: 1 });
});
