import fc from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Config } from '../../src/config/schema.ts';
import type { Change } from '../../src/connector/types.ts';
import type { RunContext } from '../../src/engine/context.ts';
import { intakeStock } from '../../src/engine/intake-stock.ts';
import { KeySet } from '../../src/engine/key-set.ts';
import { quiet } from '../../src/engine/progress.ts';
import { startRun } from '../../src/store/runs.ts';
import { listRejects } from '../../src/store/snapshots.ts';
import { testDatabase } from '../support/database.ts';

const database = testDatabase();

type Mode = 'sum' | 'last' | 'reject';
type Fraction = 'reject' | 'floor';

interface Line {
  readonly sku: string;
  readonly erp: string;
  /** In hundredths; undefined: the connector rejects the row. */
  readonly hundredths: number | undefined;
}

const places: Readonly<Record<string, string>> = { 'R-1': 'RUH1', 'R-2': 'RUH1', 'J-1': 'JED1' };
const written = (hundredths: number) => {
  const digits = String(Math.abs(hundredths)).padStart(3, '0');
  const tail = digits.slice(-2);
  return `${hundredths < 0 ? '-' : ''}${digits.slice(0, -2)}${tail === '00' ? '' : `.${tail}`}`;
};

/** What a read has to come to, told plainly: by going over all lines again for each key. */
function model(lines: readonly Line[], mode: Mode, fraction: Fraction) {
  const rejected = new Set<number>();
  let ignored = 0;
  const numbered = lines.map((line, index) => ({ ...line, index, key: `${line.sku}@${places[line.erp]}` }));
  for (const line of numbered) if (line.erp !== 'SCRAP' && line.hundredths === undefined) rejected.add(line.index);
  ignored += numbered.filter((line) => line.erp === 'SCRAP' && line.hundredths !== undefined).length;
  const usable = numbered.filter((line) => line.erp !== 'SCRAP' && line.hundredths !== undefined);
  const broken = (hundredths: number | undefined) => (hundredths ?? 0) % 100 !== 0;
  const taken: { key: string; units: number }[] = [];
  if (mode === 'sum') {
    for (const key of new Set(usable.map((line) => line.key))) {
      const rows = usable.filter((line) => line.key === key);
      const total = rows.reduce((sum, line) => sum + (line.hundredths ?? 0), 0);
      if (fraction === 'floor' || !broken(total)) taken.push({ key, units: Math.floor(total / 100) });
      else for (const line of rows) if (broken(line.hundredths)) rejected.add(line.index);
    }
  } else {
    if (fraction === 'reject') for (const line of usable) if (broken(line.hundredths)) rejected.add(line.index);
    const whole = usable.filter((line) => !rejected.has(line.index));
    for (const name of new Set(whole.map((line) => `${line.sku}\t${line.erp}`))) {
      const rows = whole.filter((line) => `${line.sku}\t${line.erp}` === name);
      const last = rows.at(-1);
      if (rows.length > 1 && mode === 'reject') for (const line of rows) rejected.add(line.index);
      else if (last !== undefined) {
        ignored += rows.length - 1;
        taken.push({ key: last.key, units: Math.floor((last.hundredths ?? 0) / 100) });
      }
    }
  }
  const doubtful = new Set(numbered.filter((line) => rejected.has(line.index)).map((line) => line.key));
  const figures = new Map<string, number>();
  for (const { key, units } of taken) if (!doubtful.has(key)) figures.set(key, (figures.get(key) ?? 0) + units);
  return { figures: [...figures].sort(), rejected: [...rejected].sort((a, b) => a - b), ignored };
}

/** Reads the lines in pages, as two files, and says what is staged. */
async function read(lines: readonly Line[], mode: Mode, fraction: Fraction, pageSize: number) {
  const { db } = database;
  const half = Math.ceil(lines.length / 2);
  const changes = lines.map((line, index): Change<'stock'> => {
    const place = index < half ? { file: 'a.csv', line: index } : { file: 'b.csv', line: index };
    const key = `${line.sku}\t${line.erp}`;
    if (line.hundredths === undefined) return { op: 'reject', key, reason: 'cannot be used', ...place };
    return {
      op: 'upsert',
      key,
      value: { sku: line.sku, location: line.erp, quantity: written(line.hundredths) },
      place,
    };
  });
  const tally = { read: 0, rejected: 0 };
  const definition = { name: 'fake', checkpointVersion: 1, supports: { read: { stock: { mode: 'full' } } } };
  const connector = {
    read: {
      async *stock() {
        for (let start = 0; start < changes.length; start += pageSize) {
          yield { changes: changes.slice(start, start + pageSize), checkpoint: null };
        }
        yield { manifest: { asOf: new Date().toISOString(), completeness: 'proven', expectedRows: changes.length } };
      },
    },
  };
  const context = {
    config: {
      sources: { erp: { units: {}, fraction, duplicates: mode } },
      locations: [
        { oto: 'RUH1', source: 'erp', erp: ['R-*'] },
        { oto: 'JED1', source: 'erp', erp: ['J-1'] },
      ],
      ignoreLocations: [{ source: 'erp', erp: ['SCRAP'] }],
      flows: { stock: { from: 'erp', types: ['storable'] } },
    } as unknown as Config,
    db,
    log: pino({ level: 'silent' }),
    now: Date.now,
    source: async () => ({ definition, connector }),
    run: await startRun(db, { flow: 'stock', source: 'erp', trigger: 'test', holder: 'test' }),
    filter: { acceptOlder: true },
    progress: quiet,
    signal: new AbortController().signal,
    tally,
    notes: [],
    note() {},
    signs: new Map(),
  } as unknown as RunContext;
  const result = await intakeStock(context, 'erp');
  if (result === undefined) throw new Error('nothing was read');
  const { snapshot } = result;
  const staged = await db.query<{ key: string; units: string; rows: number }>(
    `select r.sku || '@' || r.location as key, sum(r.quantity) as units, count(*) as rows from stock_row r
     where r.snapshot_id = $1
       and not exists (select from stock_doubt x where x.snapshot_id = $1 and x.sku = r.sku and x.location = r.location)
     group by 1`,
    [snapshot.id],
  );
  const rejects = await listRejects(db, { snapshotId: snapshot.id, limit: 10_000 });
  const left = await db.query('select from stock_part');
  return {
    snapshot,
    tally,
    left: left.length,
    severalRows: staged.some((row) => Number(row.rows) > 1),
    rejects,
    figures: staged.map((row): [string, number] => [row.key, Number(row.units)]).sort(),
  };
}

test.each([
  { mode: 'sum', figures: [['A@RUH1', 12]], rejects: 0, ignored: 0 },
  { mode: 'last', figures: [['A@RUH1', 7]], rejects: 0, ignored: 1 },
  { mode: 'reject', figures: [], rejects: 2, ignored: 0 },
] as const)('one SKU twice at one ERP location: $mode', async ({ mode, figures, rejects, ignored }) => {
  const lines = [
    { sku: 'A', erp: 'R-1', hundredths: 500 },
    { sku: 'A', erp: 'R-1', hundredths: 700 },
  ];
  const result = await read(lines, mode, 'reject', 1);
  expect(result.figures).toEqual(figures);
  expect(result.snapshot).toMatchObject({ rows: 2, rejects, ignored });
  if (mode === 'reject') {
    expect(result.rejects.map(({ file, line, value }) => [file, line, value])).toEqual([
      ['a.csv', 0, '5'],
      ['b.csv', 1, '7'],
    ]);
    expect(result.rejects[0]?.reason).toBe('A is listed 2 times for location R-1');
  }
});

test('halves make a whole where rows are summed, and are rejected with their lines where they do not', async () => {
  const half = (sku: string) => ({ sku, erp: 'R-1', hundredths: 50 });
  const whole = await read([half('A'), half('A'), half('B')], 'sum', 'reject', 2);
  expect(whole.figures).toEqual([['A@RUH1', 1]]);
  expect(whole.rejects.map(({ file, line, column_name, value }) => [file, line, column_name, value])).toEqual([
    ['b.csv', 2, 'quantity', '0.50'],
  ]);
  const floor = await read([half('A'), half('A'), half('B')], 'sum', 'floor', 2);
  expect(floor.figures).toEqual([
    ['A@RUH1', 1],
    ['B@RUH1', 0],
  ]);
});

test('any lines, in any pages, come to what the plain model says, and the counts add up', async () => {
  const line = fc.record({
    sku: fc.constantFrom('A', 'B', 'C', 'd\\e', 'ف'),
    erp: fc.constantFrom('R-1', 'R-1', 'R-2', 'J-1', 'SCRAP'),
    hundredths: fc.option(fc.constantFrom(0, 100, 500, 50, 25, -300, -50, 150, 1234), { nil: undefined, freq: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 30 }),
      fc.constantFrom<Mode>('sum', 'last', 'reject'),
      fc.constantFrom<Fraction>('reject', 'floor'),
      fc.integer({ min: 1, max: 12 }),
      async (lines, mode, fraction, pageSize) => {
        const result = await read(lines, mode, fraction, pageSize);
        const expected = model(lines, mode, fraction);
        expect(result.figures).toEqual(expected.figures);
        // Of a rejected row at an ignored location nothing is known but that it was rejected.
        const scrapped = lines.flatMap((one, index) =>
          one.erp === 'SCRAP' && one.hundredths === undefined ? [index] : [],
        );
        expect(result.rejects.map((reject) => reject.line).sort((a, b) => Number(a) - Number(b))).toEqual(
          [...expected.rejected, ...scrapped].sort((a, b) => a - b),
        );
        const { rows, rejects, ignored, lots } = result.snapshot;
        expect(ignored).toBe(expected.ignored);
        expect([rows, rejects]).toEqual([lines.length, result.rejects.length]);
        expect(result.tally).toEqual({ read: rows, rejected: rejects });
        expect(result.left).toBe(0);
        // Where the snapshot says that no key has several rows, none may have: they would not be summed.
        expect(lots || !result.severalRows).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});

test('a set of keys forgets none, however many there are', () => {
  const keys = new KeySet();
  const seen = (salt: number) => Array.from({ length: 60_000 }, (_, index) => keys.add(`SKU-${index}`, salt));
  expect(seen(1).filter((added) => !added)).toEqual([]);
  expect(seen(2).filter((added) => !added)).toEqual([]);
  expect(seen(1).filter((added) => added)).toEqual([]);
});
