import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCsv, put, putManifest, readAll, rejectsOf, temporaryFolder, valuesOf } from './harness.ts';

const options = {
  files: 'documents-*.csv',
  ready: 'rename',
  kinds: { GRN: 'purchase', WOF: 'disposal', TRF: 'ignore' },
};
const header = 'number,id,kind,date,bookedAt,location,partner,sku,quantity,unit\n';
const line = (number: string, sku: string, quantity = '1', more: Record<string, string> = {}) => {
  const row = {
    id: number.slice(1),
    kind: 'GRN',
    date: '2026-11-20',
    at: '',
    location: 'RUH',
    partner: 'ACME',
    ...more,
  };
  return `${number},${row.id},${row.kind},${row.date},${row.at},${row.location},${row.partner},${sku},${quantity},PCS\n`;
};

async function readDocuments(content: string, more: Record<string, unknown> = {}) {
  const folder = await temporaryFolder();
  await put(folder, 'documents-1.csv', content);
  return readAll(await openCsv(folder, { documents: { ...options, ...more } }), 'documents');
}

describe('grouping', () => {
  test('rows of one document are gathered even where they are apart; a SKU may come twice', async () => {
    const read = await readDocuments(
      header + line('G1', 'A') + line('G2', 'B') + line('G1', 'C', '2') + line('G1', 'A', '3'),
    );
    expect(read.changes).toMatchObject([
      {
        key: '/purchase/id/1',
        place: { file: 'documents-1.csv', line: 2 },
        value: {
          number: 'G1',
          kind: 'purchase',
          lines: [
            { sku: 'A', quantity: '1' },
            { sku: 'C', quantity: '2' },
            { sku: 'A', quantity: '3' },
          ],
        },
      },
      { key: '/purchase/id/2', value: { lines: [{ sku: 'B' }] } },
    ]);
  });

  test('without an id, kind, year and number identify a document', async () => {
    const read = await readDocuments(
      header +
        line('N/1', 'A', '1', { id: '' }) +
        line('N/1', 'B', '1', { id: '', kind: 'WOF' }) +
        line('N/1', 'C', '1', { id: '', date: '2025-11-20' }) +
        line('N/1', 'D', '1', { id: '' }) +
        line('T1', 'X', '1', { kind: 'TRF' }),
    );
    expect(read.changes.map((change) => change.op !== 'reject' && change.key)).toEqual([
      '/purchase/2026/N/1',
      '/disposal/2026/N/1',
      '/purchase/2025/N/1',
    ]);
  });

  test("dates as the ERP writes them; bare times are the merchant's; of several booking times the earliest", async () => {
    const read = await readDocuments(
      header +
        line('G1', 'A', '1', { date: '05/11/2026', at: '2026-11-05 10:30' }) +
        line('G1', 'B', '1', { date: '05/11/2026', at: '2026-11-05T05:00:00Z' }),
      { dateFormat: 'DD/MM/YYYY' },
    );
    expect(valuesOf(read)).toMatchObject([{ date: '2026-11-05', bookedAt: '2026-11-05T05:00:00Z' }]);
    const alone = await readDocuments(header + line('G1', 'A', '1', { at: '2026-11-05 10:30' }));
    expect(valuesOf(alone)).toMatchObject([{ bookedAt: '2026-11-05T10:30:00+03:00' }]);
  });
});

describe('one bad line leaves out its whole document, and no other', () => {
  test.each([
    ['letters in the quantity', line('G2', 'B', 'x'), 'quantity'],
    ['negative', line('G2', 'B', '-4'), 'quantity'],
    ['empty SKU', line('G2', ''), 'sku'],
    ['impossible date', line('G2', 'B', '1', { date: '2026-02-30' }), 'date'],
    ['date of another shape', line('G2', 'B', '1', { date: '20/11/2026' }), 'date'],
    ['time that is none', line('G2', 'B', '1', { at: 'noon' }), 'bookedAt'],
    ['unknown kind', line('G2', 'B', '1', { kind: 'XXX' }), 'kind'],
    ['another location', line('G2', 'B', '1', { location: 'JED' }), 'location'],
    ['another partner', line('G2', 'B', '1', { partner: 'Other' }), 'partner'],
    ['another date', line('G2', 'B', '1', { date: '2026-11-19' }), 'date'],
    ['ragged', line('G2', 'B').replace(',PCS', ''), undefined],
    ['id empty, number known', line('G2', 'B', 'x', { id: '' }), 'quantity'],
  ])('%s', async (_name, bad, column) => {
    const read = await readDocuments(
      header + line('G1', 'A') + line('G2', 'A') + bad + line('G2', 'C') + line('G3', 'A'),
    );
    expect(valuesOf(read).map((document) => document.number)).toEqual(['G1', 'G3']);
    expect(rejectsOf(read)).toMatchObject([{ file: 'documents-1.csv', line: 4, column, key: '/purchase/id/2' }]);
  });

  test('a bad line that names no document puts those around it in doubt', async () => {
    const read = await readDocuments(
      header + line('G1', 'A') + line('G2', 'A') + '???,"\n'.replace('"', '') + line('G3', 'C') + line('G4', 'A'),
    );
    expect(valuesOf(read).map((document) => document.number)).toEqual(['G1', 'G4']);
    expect(rejectsOf(read)[0]?.reason).toContain('/purchase/id/2, /purchase/id/3');
  });

  test('the rejected file holds every line of the document, ready to be mended', async () => {
    const folder = await temporaryFolder();
    await put(folder, 'documents-1.csv', header + line('G1', 'A') + line('G2', 'A') + line('G2', 'B', 'x'));
    await readAll(await openCsv(folder, { documents: options }), 'documents');
    const text = await readFile(join(folder, 'rejected', 'documents-1.rejected.csv'), 'utf8');
    expect(text.trim().split('\n').slice(1)).toEqual([
      expect.stringMatching(/^G2,.*,A,1,PCS,3,belongs to a document that is left out because of line 4$/),
      expect.stringMatching(/^G2,.*,B,x,PCS,4,"?quantity must be a decimal/),
    ]);
  });

  test('a cut at any byte never gives a document that lacks a line of those before the cut', async () => {
    const folder = await temporaryFolder();
    const whole = Buffer.from(
      header + line('G1', 'A', '120') + line('G1', 'B', '30') + line('G2', 'A', '45') + line('G2', 'ب', '12'),
    );
    const connector = await openCsv(folder, { documents: { ...options, archive: false } });
    for (let length = 0; length < whole.length; length += 1) {
      if (whole[length - 1] === 10) continue;
      await put(folder, 'documents-1.csv', whole.subarray(0, length));
      const read = await readAll(connector, 'documents').catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'CONNECTOR_BAD_SOURCE' });
      });
      for (const document of read === undefined ? [] : valuesOf(read)) {
        expect([document.number, document.lines.map((one) => one.quantity)]).toEqual(['G1', ['120', '30']]);
      }
      if (read?.manifest !== undefined) expect(read.manifest.completeness).toBe('unproven');
    }
  });
});

describe('files', () => {
  test('read in the order of their names and archived with marker and manifest; then there is nothing new', async () => {
    const folder = await temporaryFolder();
    await put(folder, 'documents-2.csv', header + line('G2', 'A'));
    await put(folder, 'documents-1.csv', header + line('G1', 'A'));
    await put(folder, 'documents-1.csv.done', '');
    await putManifest(folder, 'documents-1.csv', { rows: 1, asOf: '2026-11-20T02:00:00+03:00' });
    const connector = await openCsv(folder, { documents: options });
    const read = await readAll(connector, 'documents');
    expect(valuesOf(read).map((document) => document.number)).toEqual(['G1', 'G2']);
    expect(read.manifest?.completeness).toBe('likely');
    expect((await readdir(folder)).toSorted()).toEqual(['archive']);
    expect((await readdir(join(folder, 'archive'))).toSorted()).toEqual([
      'documents-1.csv',
      'documents-1.csv.done',
      'documents-1.csv.manifest.json',
      'documents-2.csv',
    ]);
    const again = await readAll(connector, 'documents', read.checkpoint);
    expect(again).toMatchObject({ pages: [], manifest: undefined });
  });

  test('a file stays where it is until its page is committed, and is archived by the next read if a crash came first', async () => {
    const folder = await temporaryFolder();
    await put(folder, 'documents-1.csv', header + line('G1', 'A'));
    const connector = await openCsv(folder, { documents: options });
    const reader = connector.read.documents?.({ since: null, signal: AbortSignal.timeout(20_000) });
    let checkpoint = null;
    for await (const item of reader ?? []) {
      if ('checkpoint' in item) checkpoint = JSON.parse(JSON.stringify(item.checkpoint));
      break;
    }
    expect(await readdir(folder)).toContain('documents-1.csv');
    const read = await readAll(connector, 'documents', checkpoint);
    expect(read.changes).toEqual([]);
    expect(await readdir(join(folder, 'archive'))).toEqual(['documents-1.csv']);
  });

  test('without an archive a file is read once, and again when it has changed', async () => {
    const folder = await temporaryFolder();
    await put(folder, 'documents-1.csv', header + line('G1', 'A'));
    const connector = await openCsv(folder, { documents: { ...options, archive: false } });
    const first = await readAll(connector, 'documents');
    expect(first.changes).toHaveLength(1);
    expect((await readAll(connector, 'documents', first.checkpoint)).manifest).toBeUndefined();
    await put(folder, 'documents-1.csv', header + line('G1', 'A') + line('G2', 'A'));
    expect((await readAll(connector, 'documents', first.checkpoint)).changes).toHaveLength(2);
  });

  test('a file that was cut stays, is not read twice, and is read again once it is mended', async () => {
    const folder = await temporaryFolder();
    const whole = header + line('G1', 'A') + line('G2', 'A') + line('G3', 'B');
    await put(folder, 'documents-1.csv', whole.slice(0, -4));
    const connector = await openCsv(folder, { documents: options });
    const first = await readAll(connector, 'documents');
    expect(valuesOf(first).map((document) => document.number)).toEqual(['G1']);
    expect(await readdir(folder)).toContain('documents-1.csv');
    expect((await readAll(connector, 'documents', first.checkpoint)).changes).toEqual([]);
    await put(folder, 'documents-1.csv', whole);
    const mended = await readAll(connector, 'documents', first.checkpoint);
    expect(valuesOf(mended).map((document) => document.number)).toEqual(['G1', 'G2', 'G3']);
    expect(await readdir(join(folder, 'archive'))).toEqual(['documents-1.csv']);
  });

  test('a file that is broken as a whole holds up no other, and its error is told', async () => {
    const folder = await temporaryFolder();
    await put(folder, 'documents-1.csv', 'something,else\n1,2\n');
    await put(folder, 'documents-2.csv', header + line('G2', 'A'));
    const connector = await openCsv(folder, { documents: options });
    const reader = connector.read.documents?.({ since: null, signal: AbortSignal.timeout(20_000) });
    const keys: string[] = [];
    const read = async () => {
      for await (const item of reader ?? []) {
        if ('changes' in item) for (const change of item.changes) keys.push(change.key ?? '');
      }
    };
    await expect(read()).rejects.toMatchObject({ code: 'CONNECTOR_BAD_SOURCE', place: { file: 'documents-1.csv' } });
    expect(keys).toEqual(['/purchase/id/2']);
    expect((await readdir(folder)).filter((name) => name.endsWith('.csv'))).toEqual(['documents-1.csv']);
  });
});
