import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import csv, { csvOptions } from '../../../connectors/csv/index.ts';
import type { Command, EntityName } from '../../../src/connector/index.ts';
import { openCsv, put, readAll, temporaryFolder, valuesOf } from './harness.ts';

const write = { packing: 'out/packing', stock: 'out/stock' };
const packed: Command = {
  name: 'set-packing-status',
  id: '0199-a',
  orderId: 'SO-17',
  status: 'packed',
  at: '2026-11-20T08:15:00Z',
  by: 'سارة',
  location: 'RUH1',
};
const levels: Command = {
  name: 'write-stock',
  id: 'op 7/x',
  asOf: '2026-11-20T08:15:00Z',
  lines: [{ sku: '-A,1', location: 'OLAYA', quantity: '5' }],
};
const signal = () => AbortSignal.timeout(20_000);

describe('results for the ERP', () => {
  test('packing and stock rows, one file an operation, nothing else in the folder', async () => {
    const folder = await temporaryFolder();
    const connector = await openCsv(folder, { write });
    await expect(connector.apply?.(packed, signal())).resolves.toEqual({
      outcome: 'done',
      reference: 'packing-0199-a.csv',
    });
    expect(await readFile(join(folder, 'out/packing/packing-0199-a.csv'), 'utf8')).toBe(
      'orderId,status,at,by,location,operation\nSO-17,packed,2026-11-20T08:15:00Z,سارة,RUH1,0199-a\n',
    );
    const { reference } = (await connector.apply?.(levels, signal())) ?? {};
    expect(reference).toMatch(/^stock-op_7_x-[0-9a-f]{16}\.csv$/);
    expect(await readFile(join(folder, 'out/stock', reference ?? ''), 'utf8')).toBe(
      'sku,location,quantity,asOf,operation\n"-A,1",OLAYA,5,2026-11-20T08:15:00Z,op 7/x\n',
    );
    expect(await readdir(join(folder, 'out/packing'))).toEqual(['.written', 'packing-0199-a.csv']);
  });

  test('the same operation twice has one effect, also when the ERP has taken the file away', async () => {
    const folder = await temporaryFolder();
    const connector = await openCsv(folder, { write });
    await connector.apply?.(packed, signal());
    await rm(join(folder, 'out/packing/packing-0199-a.csv'));
    const other = await openCsv(folder, { write });
    await expect(other.apply?.(packed, signal())).resolves.toMatchObject({ outcome: 'already-done' });
    expect(await readdir(join(folder, 'out/packing'))).toEqual(['.written']);
  });

  test('a crash at any step is completed by the repeat, once', async () => {
    const folder = await temporaryFolder();
    const connector = await openCsv(folder, { write });
    const name = 'packing-0199-a.csv';
    await put(folder, `out/packing/.${name}.tmp`, 'half of i');
    await expect(connector.apply?.(packed, signal())).resolves.toMatchObject({ outcome: 'done' });
    const text = await readFile(join(folder, 'out/packing', name), 'utf8');
    expect(text).toContain('SO-17');
    await rename(join(folder, 'out/packing', name), join(folder, `out/packing/.${name}.tmp`));
    await expect(connector.apply?.(packed, signal())).resolves.toMatchObject({ outcome: 'done' });
    expect(await readFile(join(folder, 'out/packing', name), 'utf8')).toBe(text);
    await expect(connector.apply?.(packed, signal())).resolves.toMatchObject({ outcome: 'already-done' });
  });

  test('formulas are disarmed where that is asked for, numbers stay', async () => {
    const folder = await temporaryFolder();
    const connector = await openCsv(folder, { write: { ...write, escapeFormulas: true } });
    const lines = [{ sku: '=HYPERLINK()', location: '@X', quantity: '-5' }];
    const result = await connector.apply?.({ ...levels, lines }, signal());
    expect(await readFile(join(folder, 'out/stock', result?.reference ?? ''), 'utf8')).toContain(
      "'=HYPERLINK(),'@X,-5,",
    );
  });

  test('what has no folder, and notes, are unsupported; a folder that is a file is a write error', async () => {
    const folder = await temporaryFolder();
    await put(folder, 'out', 'a file');
    const connector = await openCsv(folder, { write: { packing: 'out' } });
    await expect(connector.apply?.(levels, signal())).rejects.toMatchObject({ code: 'CONNECTOR_UNSUPPORTED' });
    await expect(
      connector.apply?.({ name: 'note-document', id: '1', documentId: '2', reference: 'r', text: 't' }, signal()),
    ).rejects.toMatchObject({ code: 'CONNECTOR_UNSUPPORTED' });
    await expect(connector.apply?.(packed, signal())).rejects.toMatchObject({ code: 'CONNECTOR_WRITE' });
  });
});

describe('check', () => {
  test('makes and proves the folders, and leaves no probe behind', async () => {
    const folder = await temporaryFolder();
    const connector = await openCsv(folder, { write, documents: { files: '*.csv' } });
    await connector.check(signal());
    expect((await readdir(folder)).toSorted()).toEqual(['archive', 'out', 'rejected']);
    expect(await readdir(join(folder, 'out/packing'))).toEqual([]);
  });

  test('a missing folder and one that cannot be written to are told apart', async () => {
    const folder = await temporaryFolder();
    await expect((await openCsv(folder, { dir: 'nowhere' })).check(signal())).rejects.toMatchObject({
      code: 'CONNECTOR_UNREACHABLE',
    });
    await mkdir(join(folder, 'out'));
    await chmod(join(folder, 'out'), 0o500);
    // The superuser may write anywhere.
    if (process.getuid?.() === 0) return;
    await expect((await openCsv(folder, { write })).check(signal())).rejects.toMatchObject({ code: 'CONNECTOR_AUTH' });
  });
});

describe('options', () => {
  test.each([
    [{ dir: 'x', stock: { files: '../secret.csv' } }, 'must stay inside'],
    [{ dir: 'x', stock: { files: 's.csv', encoding: 'utf7' } }, 'encoding'],
    [{ dir: 'x', stock: { files: 's.csv', columns: { skus: 'A' } } }, 'skus'],
    [{ dir: 'x', colour: 'red' }, 'colour'],
  ])('%j is refused', (options, message) => {
    const result = csvOptions.safeParse(options);
    expect(result.success).toBe(false);
    expect(JSON.stringify(result.error?.issues)).toContain(message);
  });

  test('the example is valid, and every field is described', () => {
    expect(csvOptions.safeParse(csv.example).success).toBe(true);
    const bare: string[] = [];
    const visit = (schema: unknown, path: string) => {
      const { shape, unwrap, description } = schema as {
        shape?: Record<string, unknown>;
        unwrap?: () => unknown;
        description?: string;
      };
      if (path !== '' && description === undefined && !path.endsWith('?')) bare.push(path);
      for (const [key, field] of Object.entries(shape ?? {})) visit(field, `${path}.${key}`);
      if (typeof unwrap === 'function') visit(unwrap.call(schema), `${path}?`);
    };
    visit(csvOptions, '');
    expect(bare).toEqual([]);
  });
});

describe('watch', () => {
  async function watching(options: Record<string, unknown>, entities: EntityName[] = ['documents', 'stock']) {
    const folder = await temporaryFolder();
    const connector = await openCsv(folder, options);
    const controller = new AbortController();
    const iterator = connector.watch?.(entities, controller.signal)[Symbol.asyncIterator]();
    if (iterator === undefined) throw new Error('no watch');
    return { folder, iterator, controller };
  }

  test('a renamed file, a marked file and a file that has become quiet are announced; others are not', async () => {
    const { folder, iterator, controller } = await watching(
      {
        documents: { files: 'documents-*.csv', ready: 'rename' },
        stock: { files: 'stock.csv', ready: 'marker' },
        products: { files: 'products.csv', ready: 'quiet' },
      },
      ['documents', 'stock', 'products'],
    );
    const next = iterator.next();
    await writeFile(join(folder, 'stock.csv'), 'x');
    await writeFile(join(folder, 'unrelated.csv'), 'x');
    await put(folder, 'archive/documents-0.csv', 'x');
    await writeFile(join(folder, '.part'), 'x');
    await rename(join(folder, '.part'), join(folder, 'documents-1.csv'));
    expect((await next).value).toBe('documents');
    await writeFile(join(folder, 'stock.csv.done'), '');
    expect((await iterator.next()).value).toBe('stock');
    await writeFile(join(folder, 'products.csv'), 'x');
    expect((await iterator.next()).value).toBe('products');
    const last = iterator.next();
    controller.abort();
    expect(await last).toEqual({ done: true, value: undefined });
  });

  test('a file that was there before is announced, since it may have come between two reads', async () => {
    const folder = await temporaryFolder();
    await put(folder, 'documents-1.csv', 'x');
    const connector = await openCsv(folder, { documents: { files: '*.csv', ready: 'rename' }, pollMs: 50 });
    const controller = new AbortController();
    for await (const entity of connector.watch?.(['documents'], controller.signal) ?? []) {
      expect(entity).toBe('documents');
      controller.abort();
    }
  });

  test('a folder that is not there yet, and another one that takes its place, are watched', async () => {
    const folder = await temporaryFolder();
    const connector = await openCsv(folder, { dir: 'erp', scanMs: 50, stock: { files: '*.csv', ready: 'rename' } });
    const controller = new AbortController();
    const iterator = connector.watch?.(['stock'], controller.signal)[Symbol.asyncIterator]();
    const first = iterator?.next();
    await put(folder, 'erp/stock.csv', 'x');
    expect((await first)?.value).toBe('stock');
    await rename(join(folder, 'erp'), join(folder, 'old'));
    const second = iterator?.next();
    await put(folder, 'new/stock.csv', 'y');
    await rename(join(folder, 'new'), join(folder, 'erp'));
    expect((await second)?.value).toBe('stock');
    controller.abort();
    expect((await iterator?.next())?.done).toBe(true);
  });

  test('without any announcement of the system, looking finds what came, changed, or was completed', async () => {
    const { folder, iterator, controller } = await watching(
      { pollMs: 50, quietMs: 120, stock: { files: 'stock.csv' }, documents: { files: 'd-*.csv', ready: 'marker' } },
      ['stock', 'documents'],
    );
    const first = iterator.next();
    await put(folder, 'stock.csv', 'x');
    expect((await first).value).toBe('stock');
    const second = iterator.next();
    await put(folder, 'stock.csv', 'longer');
    expect((await second).value).toBe('stock');
    await put(folder, 'd-1.csv', 'x');
    await put(folder, 'd-1.csv.done', '');
    expect((await iterator.next()).value).toBe('documents');
    controller.abort();
    expect((await iterator.next()).done).toBe(true);
  });

  test.each([
    'stock.csv.part',
    '~$stock.csv',
    '.stock.csv',
    'stock.csv.crdownload',
    'stock.csv.filepart',
    'stock.csv.tmp',
  ])('a file that is being brought is none yet: %s', async (name) => {
    const folder = await temporaryFolder();
    const connector = await openCsv(folder, { stock: { files: ['*', '.*'], ready: 'rename' } });
    await put(folder, name, 'sku,location,quantity\nA,RUH,1\n');
    expect(await readAll(connector, 'stock')).toMatchObject({ pages: [], manifest: undefined });
    await put(folder, 'stock.csv', 'sku,location,quantity\nB,RUH,2\n');
    expect(valuesOf(await readAll(connector, 'stock'))).toMatchObject([{ sku: 'B' }]);
  });

  test('where a manifest is required, its arrival completes the file', async () => {
    const { folder, iterator, controller } = await watching({
      documents: { files: 'documents-*.csv', ready: 'rename', manifest: 'required' },
    });
    const next = iterator.next();
    await put(folder, 'documents-1.csv', 'x');
    await put(folder, 'documents-1.csv.manifest.json', '{}');
    expect((await next).value).toBe('documents');
    controller.abort();
    expect((await iterator.next()).done).toBe(true);
  });
});
