import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { Blocks } from '../../../connectors/csv/blocks.ts';
import { type Encoding, encodings } from '../../../connectors/csv/encodings.ts';
import type { Row } from '../../../connectors/csv/row.ts';
import { type Dialect, Splitter } from '../../../connectors/csv/split.ts';

const usual: Dialect = { delimiter: ',', quote: '"', escape: '"' };

/** Splits a file that is read in chunks of the given sizes, over and over. */
function split(bytes: Buffer, encoding: Encoding, dialect: Dialect, sizes: readonly number[]): Row[] {
  const blocks = new Blocks('f.csv', { name: encoding, mark: 0, by: 'declared' });
  const splitter = new Splitter('f.csv', dialect);
  const rows: Row[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    rows.push(...splitter.feed(blocks.push(bytes.subarray(at, at + size))));
    at += size;
  }
  rows.push(...splitter.end(blocks.end()));
  return rows;
}

const cellsOf = (rows: readonly Row[]) => rows.map((row) => row.cells);

describe('the public files of csv-spectrum', async () => {
  const folder = dirname(createRequire(import.meta.url).resolve('csv-spectrum/package.json'));
  // Its quotes are not escaped, and its JSON is of another file.
  const wrong = 'location_coordinates';
  const names = (await readdir(join(folder, 'csvs')))
    .map((name) => name.replace('.csv', ''))
    .filter((name) => name !== wrong);

  test.each(names)('%s', async (name) => {
    const bytes = await readFile(join(folder, 'csvs', `${name}.csv`));
    const wanted: Record<string, string>[] = JSON.parse(await readFile(join(folder, 'json', `${name}.json`), 'utf8'));
    for (const sizes of [[bytes.length], [1], [2, 3, 5]]) {
      const [header, ...rows] = split(bytes, 'utf8', usual, sizes);
      expect(
        rows.map(({ cells }) => Object.fromEntries(cells.map((cell, n) => [header?.cells[n] ?? n, cell]))),
      ).toEqual(wanted);
    }
  });

  test('a value with quotes that are not escaped is rejected, unless the file is said to have none', async () => {
    const bytes = await readFile(join(folder, 'csvs', `${wrong}.csv`));
    const [, row] = split(bytes, 'utf8', usual, [4]);
    expect(row).toMatchObject({ line: 2, cells: ['2095257564'], fault: expect.stringContaining('escaped') });
    const [header, plain] = split(bytes, 'utf8', { ...usual, quote: false }, [4]);
    expect(header?.cells).toEqual(['Contact Phone Number', 'Location Coordinates', 'Cities', 'Counties']);
    expect(plain?.cells).toEqual(['2095257564', '37\uFFFD36\'37.8"N 121\uFFFD2\'17.9"W', 'Modesto', 'Stanislaus']);
  });
});

const letters: Readonly<Record<Encoding, string>> = {
  utf8: 'aب٣é\u{1F4E6}',
  utf16le: 'aب٣é\u{1F4E6}',
  utf16be: 'aب٣é\u{1F4E6}',
  'windows-1256': 'aبé',
  'windows-1252': 'aéü',
  'windows-1250': 'ač',
  'windows-1251': 'aж',
  'windows-1254': 'aşé',
  latin1: 'aéü',
  'iso-8859-6': 'aب',
  'iso-8859-9': 'aş',
  'iso-8859-15': 'a€',
  cp720: 'aب',
  cp864: 'a',
  cp850: 'aé',
  cp437: 'aé',
};

const dialects: fc.Arbitrary<Dialect> = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t', '|'),
  quote: fc.constantFrom('"', "'"),
  escape: fc.constantFrom('"', "'", '\\'),
});

test.each(encodings)('what a CSV writer writes is read again, however it is cut into chunks: %s', (encoding) => {
  const letter = fc.constantFrom(...letters[encoding], ...'a1,;\t|"\'\\\n\r =', '\r\n');
  const cell = fc.array(letter, { maxLength: 8 }).map((all) => all.join(''));
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 8 }),
      dialects,
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.boolean(),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
      (rows, dialect, lineEnd, always, sizes) => {
        // An escape that is no quote cannot be written by every writer: it has to be doubled too.
        fc.pre(dialect.escape === dialect.quote || !rows.flat().some((text) => text.includes(dialect.escape)));
        // Without quotes at both ends nothing parts a value from its row.
        const quoted = always || rows.flat().some((text) => /[\r\n=]/.test(text));
        const text = stringify(rows, {
          delimiter: dialect.delimiter,
          quote: dialect.quote === false ? '' : dialect.quote,
          escape: dialect.escape,
          record_delimiter: lineEnd,
          quoted,
          quoted_empty: quoted,
        });
        const read = split(iconv.encode(text, encoding, { addBOM: false }), encoding, dialect, sizes);
        expect(cellsOf(read)).toEqual(rows);
        expect(read.some((row) => row.fault !== undefined || row.cut)).toBe(false);
      },
    ),
    { numRuns: 60 },
  );
});

test('text without quotes is split as csv-parse splits it', () => {
  const letter = fc.constantFrom('a', 'ب', '1', ',', ';', ' ', '\n', '\r\n', '\r', '\t');
  fc.assert(
    fc.property(
      fc.array(letter, { maxLength: 60 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
      (all, sizes) => {
        const bytes = Buffer.from(all.join(''));
        const lines: number[] = [];
        const wanted = parse(bytes, {
          record_delimiter: ['\r\n', '\n', '\r'],
          relax_column_count: true,
          skip_empty_lines: true,
          on_record: (cells: string[], { lines: line }) => {
            lines.push(line);
            return cells;
          },
        });
        const rows = split(bytes, 'utf8', usual, sizes);
        expect(cellsOf(rows)).toEqual(wanted);
        expect(rows.map((row) => row.line)).toEqual(lines);
      },
    ),
    { numRuns: 500 },
  );
});

describe('quotes gone wrong', () => {
  const rows = (text: string) => split(Buffer.from(text), 'utf8', usual, [7]);
  const seen = (text: string) =>
    rows(text).map(({ line, cells, fault }) => `${line} ${cells.join('/')}${fault === undefined ? '' : ' !'}`);

  test.each(['\n', '\r\n', '\r'])(
    'a stray quote costs its own line, and lines are counted, with line end %j',
    (end) => {
      const lines = ['a,b', '', 'A,"1', '', '', 'B,"x"', 'C,3"4', '"D\n4",5', 'E,"6"x', 'F,7', ''];
      const text = lines.join(end);
      expect(seen(text)).toEqual(['1 a/b', '3 A !', '6 B/x', '7 C !', '8 D\n4/5', '10 E !', '11 F/7']);
    },
  );

  test('a code that is kept for a spreadsheet is no broken quote', () => {
    expect(cellsOf(rows('="00123",RUH,="7"\n"="x",b\n'))).toEqual([['="00123"', 'RUH', '="7"'], []]);
    expect(cellsOf(rows('="1","a,=""x"",b",c\n'))).toEqual([['="1"', 'a,="x",b', 'c']]);
  });

  test('of a quote that is never closed, every line up to the end is left out by itself', () => {
    const all = rows('A,1\nB,"2\nC,3\nD,4\n');
    expect(all.map(({ line, cells, cut }) => [line, cells[0], cut === true])).toEqual([
      [1, 'A', false],
      [2, 'B', true],
      [3, 'C', true],
      [4, 'D', true],
    ]);
  });

  test('a value that looks like the end of one row and the start of another one is no value', () => {
    const splitter = new Splitter('f.csv', usual);
    splitter.table = { width: 4, isRow: (cells) => cells.length === 4 && /^\d+$/.test(cells[3] ?? '') };
    const read = splitter.end(Buffer.from('A,"n1,RUH,5\nB,x,JED,6\nC,n3",DMM,7\nD,"two\nlines",RUH,8\n'));
    expect(read.map(({ line, cells, fault }) => [line, cells[0], fault === undefined])).toEqual([
      [1, 'A', false],
      [2, 'B', false],
      [3, 'C', false],
      [4, 'D', true],
    ]);
  });

  test('too many broken quotes are no accident', () => {
    expect(() => rows('a,b\nA,1"2\n'.repeat(1001))).toThrow(
      expect.objectContaining({ code: 'CONNECTOR_BAD_SOURCE', hint: expect.stringContaining('quote: false') }),
    );
  });
});
