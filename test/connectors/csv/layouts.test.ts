import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvOptions } from '../../../connectors/csv/index.ts';
import { openCsv, put, readAll, rejectsOf, temporaryFolder, valuesOf } from './harness.ts';

/** H;kind;number;date;location and D;sku;quantity;number, as SAP and its like write them. */
const options = {
  files: '*.txt',
  ready: 'rename',
  delimiter: ';',
  headerLine: 'none',
  layout: 'header-lines',
  records: {},
  kinds: { GRN: 'purchase', TRF: 'ignore' },
  columns: {
    kind: { position: 2 },
    number: { position: 3 },
    date: { position: 4 },
    location: { position: 5 },
    sku: { position: 2 },
    quantity: { position: 3 },
  },
};

async function readDocuments(content: string, more: Record<string, unknown> = {}) {
  const folder = await temporaryFolder();
  await put(folder, 'documents.txt', content);
  return readAll(await openCsv(folder, { documents: { ...options, ...more } }), 'documents');
}

const lines = (read: Awaited<ReturnType<typeof readDocuments>>) =>
  valuesOf(read).map((document) => [document.number, ...document.lines.map((line) => `${line.sku}×${line.quantity}`)]);

describe('header and line records', () => {
  test('the lines after a header are its document; records of other types are left out where that is said', async () => {
    const read = await readDocuments(
      'H;GRN;G1;2026-11-20;RUH\nD;A;1\nC;a remark;with;many;cells\nD;B;2\nH;TRF;T1;2026-11-20;RUH\nD;X;9\nH;GRN;G2;2026-11-20;JED\nD;A;3\nD;A;4\n',
      { records: { ignore: ['C'] } },
    );
    expect(read.changes).toMatchObject([
      { op: 'upsert', key: '/purchase/2026/G1', value: { location: 'RUH' }, place: { line: 2 } },
      { op: 'upsert', key: '/purchase/2026/G2', value: { location: 'JED' } },
    ]);
    expect(lines(read)).toEqual([
      ['G1', 'A×1', 'B×2'],
      ['G2', 'A×3', 'A×4'],
    ]);
  });

  test('with a header line the columns go by name, and types by expressions and lists', async () => {
    const read = await readDocuments(
      'Typ;Doc;Day;Whs;Item;Qty\nGH;G1;20.11.2026;RUH;;\nGL;;;;A;1,5\nWH;W1;20.11.2026;RUH;;\nGL;;;;B;2\n',
      {
        headerLine: 'auto',
        decimalSeparator: ',',
        dateFormat: 'DD.MM.YYYY',
        records: { type: 'Typ', header: ['GH', 'WH'], line: 'GL' },
        columns: {
          kind: { expression: '{"GH": "purchase", "WH": "disposal"}[row.Typ]' },
          number: 'Doc',
          date: 'Day',
          location: 'Whs',
          sku: 'Item',
          quantity: 'Qty',
        },
      },
    );
    expect(valuesOf(read).map(({ kind, number, lines }) => [kind, number, lines[0]?.quantity])).toEqual([
      ['purchase', 'G1', '1.5'],
      ['disposal', 'W1', '2'],
    ]);
  });

  const good = 'H;GRN;G0;2026-11-20;RUH\nD;A;1\n';
  const after = 'H;GRN;G9;2026-11-20;RUH\nD;Z;1\n';
  test.each([
    ['a line before any header', 'D;A;1\n', '', ['G0', 'G9'], 'no header record stands before'],
    ['a header without lines', '', 'H;GRN;G1;2026-11-20;RUH\n', ['G0', 'G9'], 'has no lines'],
    ['a bad header takes its lines with it', '', 'H;GRN;G1;2026-02-30;RUH\nD;A;1\n', ['G0', 'G9'], 'a day that exists'],
    ['a header of unknown kind', '', 'H;XXX;G1;2026-11-20;RUH\nD;A;1\n', ['G0', 'G9'], ''],
    ['a bad line takes its document with it', '', 'H;GRN;G1;2026-11-20;RUH\nD;A;1\nD;B;x\n', ['G0', 'G9'], 'decimal'],
    [
      'an unknown record puts the document around it in doubt',
      '',
      'Q;GRN;G1;2026-11-20;RUH\nD;A;1\n',
      ['G9'],
      'no type of record',
    ],
    [
      'a line with too many cells',
      '',
      'H;GRN;G1;2026-11-20;RUH\nD;A;1;7\nD;B;1\n',
      ['G0', 'G9'],
      'has 4 columns where the first',
    ],
    ['a header with too few cells', '', 'H;GRN;G1;2026-11-20\nD;A;1\n', ['G9'], 'has 4 columns where the first'],
    ['a document twice with other lines', '', 'H;GRN;G0;2026-11-20;RUH\nD;A;2\n', ['G9'], 'another header record'],
  ])('%s', async (_name, before, inside, numbers, reason) => {
    const read = await readDocuments(before + good + inside + after);
    expect(valuesOf(read).map((document) => document.number)).toEqual(numbers);
    expect(rejectsOf(read)[0]?.reason).toContain(reason);
  });

  test('the same document twice, with equal content, is one', async () => {
    const read = await readDocuments(good + after + good);
    expect(lines(read)).toEqual([
      ['G0', 'A×1'],
      ['G9', 'Z×1'],
    ]);
    expect(rejectsOf(read)).toEqual([]);
  });

  test('a line that names another document is not of this one', async () => {
    const records = { reference: { position: 4 } };
    const read = await readDocuments(
      'H;GRN;G1;2026-11-20;RUH\nD;A;1;G1\nH;GRN;G2;2026-11-20;RUH\nD;A;1;G2\nD;A;1;G3\nH;GRN;G4;2026-11-20;RUH\nD;B;1;G4\n',
      { records },
    );
    expect(lines(read)).toEqual([
      ['G1', 'A×1'],
      ['G4', 'B×1'],
    ]);
    expect(rejectsOf(read)).toMatchObject([{ line: 5, value: 'G3', key: '/purchase/2026/G2' }]);
  });

  test('a rejected document can be mended from the rejected file, its header among it', async () => {
    const folder = await temporaryFolder();
    await put(folder, 'documents.txt', 'H;GRN;G1;2026-11-20;RUH\nD;A;1\nD;B;x\n');
    await readAll(await openCsv(folder, { documents: options }), 'documents');
    const text = await readFile(join(folder, 'rejected', 'documents.txt.rejected.csv'), 'utf8');
    expect(text.trim().split('\n').slice(1)).toEqual([
      'H;GRN;G1;2026-11-20;RUH;1;belongs to a document that is left out because of line 3',
      'D;A;1;;;2;belongs to a document that is left out because of line 3',
      expect.stringMatching(/^D;B;x;;;3;/),
    ]);
  });
});

test('a value may hold a line break, and a stray quote does not swallow records unseen', async () => {
  const columns = { ...options.columns, note: { position: 6 } };
  const head = (number: string, note: string) => `H;GRN;${number};2026-11-20;RUH;${note}\n`;
  const fine = await readDocuments(`${head('G1', '"two\nlines"')}D;A;1\n${head('G2', '')}D;B;1\n`, { columns });
  expect(valuesOf(fine).map(({ number, note }) => [number, note])).toEqual([
    ['G1', 'two\nlines'],
    ['G2', undefined],
  ]);
  const read = await readDocuments(
    `${head('G1', '"stray')}D;A;1\nD;B;1\n${head('G2', 'end"')}D;C;1\n${head('G3', '')}D;D;1\n`,
    { columns },
  );
  expect(lines(read)).toEqual([['G3', 'D×1']]);
  expect(rejectsOf(read).map(({ line }) => line)).toEqual([1, 2, 3, 4, 5]);
});

describe('trailers', () => {
  const trailer = { type: 'T', count: { position: 2 } };
  const ofDocument = { records: { trailer: { ...trailer, of: 'document' } } };
  const head = (number: string) => `H;GRN;${number};2026-11-20;RUH\n`;

  test('of documents: a count that differs, or none at all, rejects the document', async () => {
    const read = await readDocuments(
      `${head('G1')}D;A;1\nD;B;1\nT;2\n${head('G2')}D;A;1\nT;2\n${head('G3')}D;A;1\n${head('G4')}D;A;1\nT;x\n${head('G5')}D;A;1\nT;1\nD;B;1\n`,
      ofDocument,
    );
    expect(lines(read)).toEqual([['G1', 'A×1', 'B×1']]);
    expect(rejectsOf(read).map(({ line, reason }) => [line, reason.split(':')[0]?.split(';')[0]])).toEqual([
      [7, 'is not the number of lines of the document, which has 1'],
      [8, 'has no trailer record'],
      [12, 'is not the number of lines of the document, which has 1'],
      [16, 'no header record stands before this line'],
    ]);
  });

  test.each([
    ['lines', `${head('G1')}D;A;1\nD;B;1\nT;2\n`, undefined],
    ['documents', `${head('G1')}D;A;1\n${head('G2')}D;B;1\nT;2\n`, undefined],
    ['records', `${head('G1')}D;A;1\nD;B;1\nT;3\n`, undefined],
    ['lines', `${head('G1')}D;A;1\nT;2\n`, 'has 1 lines where its trailer in line 3 states 2'],
    ['lines', `${head('G1')}D;A;1\nT;\n`, 'states no number'],
    ['lines', `${head('G1')}D;A;1\n`, 'has no trailer record'],
    ['lines', `${head('G1')}D;A;1\nT;1\nD;B;1\n`, 'has records after the trailer'],
  ])('of the file, counting %s: %j', async (counts, content, message) => {
    const read = readDocuments(content, { records: { trailer: { ...trailer, of: 'file', counts } } });
    if (message === undefined) expect((await read).changes.every((change) => change.op === 'upsert')).toBe(true);
    else {
      await expect(read).rejects.toMatchObject({
        code: 'CONNECTOR_BAD_SOURCE',
        message: expect.stringContaining(message),
      });
    }
  });

  test('whatever line is lost, doubled or swapped, no document comes with other lines than were written', async () => {
    const folder = await temporaryFolder();
    const connector = await openCsv(folder, {
      documents: { ...options, archive: false, records: { reference: { position: 4 }, ...ofDocument.records } },
    });
    const written = ['G1', 'G2', 'G3'].flatMap((number, at) => [
      `H;GRN;${number};2026-11-20;RUH`,
      ...['A', 'B', 'C'].slice(0, at + 1).map((sku, n) => `D;${sku};${n + 1};${number}`),
      `T;${at + 1}`,
    ]);
    const truth = new Map([
      ['G1', ['A×1']],
      ['G2', ['A×1', 'B×2']],
      ['G3', ['A×1', 'B×2', 'C×3']],
    ]);
    const place = fc.nat(written.length - 1);
    const change = fc.oneof(
      fc.record({ kind: fc.constant('drop' as const), at: place, to: place }),
      fc.record({ kind: fc.constant('swap' as const), at: place, to: place }),
      fc.record({ kind: fc.constant('garble' as const), at: place, to: place }),
    );
    let round = 0;
    await fc.assert(
      fc.asyncProperty(change, async ({ kind, at, to }) => {
        const rows = [...written];
        const [one = '', other = ''] = [rows[at], rows[to]];
        if (kind === 'drop') rows.splice(at, 1);
        else if (kind === 'swap') rows.splice(at, 1, other) && rows.splice(to, 1, one);
        else rows.splice(at, 1, one.slice(1));
        round += 1;
        await put(folder, 'documents.txt', `${rows.join('\n')}\n${'\n'.repeat(round)}`);
        const read = await readAll(connector, 'documents');
        for (const { number, lines } of valuesOf(read)) {
          expect(lines.map((line) => `${line.sku}×${line.quantity}`).sort()).toEqual(truth.get(number));
        }
      }),
      { numRuns: 60 },
    );
  });
});

test.each([
  [{ layout: 'header-lines' }, 'records'],
  [{ records: {} }, 'records'],
  [{ layout: 'header-lines', records: { header: 'D' } }, 'records'],
  [{ layout: 'header-lines', records: {}, where: { expression: 'row.a == "b"' } }, 'where'],
])('options that contradict each other: %j', (documents, path) => {
  const result = csvOptions.safeParse({ dir: '.', documents: { files: 'a', ...documents } });
  expect(result.error?.issues.map((issue) => issue.path.join('.'))).toEqual([`documents.${path}`]);
});

describe('documents over several files', () => {
  const header = 'number,kind,date,location,sku,quantity\n';
  const line = (number: string, sku: string, quantity = '1') =>
    `${number},purchase,2026-11-20,RUH,${sku},${quantity}\n`;

  async function drop(files: Record<string, string>, more: Record<string, unknown> = {}) {
    const folder = await temporaryFolder();
    for (const [name, content] of Object.entries(files)) await put(folder, name, header + content);
    const connector = await openCsv(folder, { documents: { files: '*.csv', ready: 'rename', ...more } });
    return { folder, connector, read: await readAll(connector, 'documents') };
  }

  test('equal in both files: given twice, which is no news to the bridge', async () => {
    const { read } = await drop({ '1.csv': line('G1', 'A') + line('G2', 'A'), '2.csv': line('G1', 'A') });
    expect(read.changes.map((change) => `${change.op} ${change.key}`)).toEqual([
      'upsert /purchase/2026/G1',
      'upsert /purchase/2026/G2',
      'upsert /purchase/2026/G1',
    ]);
  });

  test('spread over two files of one drop: neither half is taken, the others are', async () => {
    const { read, folder } = await drop({
      '1.csv': line('G1', 'A') + line('G2', 'A'),
      '2.csv': line('G3', 'A') + line('G1', 'B'),
    });
    expect(lines(read)).toEqual([
      ['G2', 'A×1'],
      ['G3', 'A×1'],
    ]);
    expect(rejectsOf(read)).toMatchObject([
      { file: '1.csv', line: 2, key: '/purchase/2026/G1', reason: expect.stringContaining('documentsSpan: drop') },
      { file: '2.csv', line: 3, key: '/purchase/2026/G1' },
    ]);
    expect((await readdir(join(folder, 'rejected'))).toSorted()).toEqual(['1.rejected.csv', '2.rejected.csv']);
  });

  test('a document may span the drop where that is said; lines and files are in order', async () => {
    const { read, folder } = await drop(
      { '1.csv': line('G1', 'A') + line('G2', 'A'), '2.csv': line('G1', 'B', '2') + line('G1', 'A', '3') },
      { documentsSpan: 'drop' },
    );
    expect(lines(read)).toEqual([
      ['G1', 'A×1', 'B×2', 'A×3'],
      ['G2', 'A×1'],
    ]);
    expect(read.manifest?.description).toBe('1.csv, 2.csv');
    expect((await readdir(join(folder, 'archive'))).toSorted()).toEqual(['1.csv', '2.csv']);
  });

  test('a bad line in one file leaves out the lines in the other', async () => {
    const { read, folder } = await drop(
      { '1.csv': line('G1', 'A') + line('G2', 'A'), '2.csv': line('G1', 'B', 'x') },
      { documentsSpan: 'drop' },
    );
    expect(lines(read)).toEqual([['G2', 'A×1']]);
    expect(await readFile(join(folder, 'rejected', '1.rejected.csv'), 'utf8')).toContain('because of 2.csv line 2');
  });

  test.each([
    ['broken', 'nonsense\n'],
    ['cut', header + line('G1', 'B').trimEnd()],
  ])('with a %s file nothing of a drop counts, until it is mended', async (_name, broken) => {
    const folder = await temporaryFolder();
    await put(folder, '1.csv', header + line('G1', 'A'));
    await put(folder, '2.csv', broken);
    const documents = { files: '*.csv', ready: 'rename', documentsSpan: 'drop' };
    const connector = await openCsv(folder, { documents });
    await expect(readAll(connector, 'documents')).rejects.toMatchObject({ code: 'CONNECTOR_BAD_SOURCE' });
    expect((await readdir(folder)).filter((name) => name.endsWith('.csv'))).toHaveLength(2);
    await put(folder, '2.csv', header + line('G1', 'B'));
    expect(lines(await readAll(connector, 'documents'))).toEqual([['G1', 'A×1', 'B×1']]);
  });

  test('a SKU twice in a document: two lines, or none of it', async () => {
    const content = { '1.csv': line('G1', 'A') + line('G1', 'A', '2') + line('G2', 'A') };
    expect(lines((await drop(content)).read)).toEqual([
      ['G1', 'A×1', 'A×2'],
      ['G2', 'A×1'],
    ]);
    const { read } = await drop(content, { duplicates: 'reject' });
    expect(lines(read)).toEqual([['G2', 'A×1']]);
    expect(rejectsOf(read)).toMatchObject([{ line: 3, value: 'A', reason: expect.stringContaining('line 2') }]);
  });
});
