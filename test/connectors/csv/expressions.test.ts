import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { compile, type Expression, type ResultType } from '../../../connectors/csv/expressions.ts';
import { csvOptions } from '../../../connectors/csv/index.ts';
import { isRefused, numberReader } from '../../../connectors/csv/numbers.ts';

const toDecimal = numberReader({
  decimalSeparator: ',',
  thousandsSeparator: '.',
  negatives: 'trailing',
  exponentNumbers: 'reject',
});
const all: readonly ResultType[] = ['string', 'int', 'Decimal', 'bool'];

function ready(text: string): Expression {
  const expression = compile(text, all, toDecimal);
  if (isRefused(expression)) throw new Error(expression.refused);
  return expression;
}

const row = {
  'Item No.': 'A-1',
  Variant: 'RED',
  Bin: 'RUH-04-17',
  Status: 'rel',
  'On hand': '1.200,5',
  Reserved: '0,3',
  Empty: '',
};

test.each([
  ['row["Item No."] + "-" + row["Variant"]', 'A-1-RED'],
  ['row["Item No."] + (row["Variant"] == "" ? "" : "/" + row["Variant"])', 'A-1/RED'],
  ['row["Bin"].split("-")[0]', 'RUH'],
  ['row["Bin"].substring(0, 3)', 'RUH'],
  ['row.Bin.matches("^RUH-[0-9]{2}") ? "RUH" : "OTHER"', 'RUH'],
  ['{"rel": "GRN", "can": "ignore"}[row["Status"]]', 'GRN'],
  ['row["Status"] in ["rel", "done"] ? "GRN" : "ignore"', 'GRN'],
  ['decimal(row["On hand"]) - decimal(row["Reserved"])', '1200.2'],
  ['decimal(row["Reserved"]) * decimal(12)', '3.6'],
  ['string(-decimal(row["Reserved"]))', '-0.3'],
  ['decimal(row["Reserved"]) != decimal("0,30") ? "other" : "same"', 'same'],
  ['"007".padStart(8, "0")', '00000007'],
  ['row["Item No."].replace("-", "").lowerAscii()', 'a1'],
  ['size(row["Empty"])', '0'],
  ['int("12") * 2', '24'],
])('%s', (text, value) => {
  expect(ready(text).evaluate(row)).toBe(value);
});

test('the columns that are read are known before any row is', () => {
  expect(ready('row["Item No."] + row.Variant + row["Item No."]').columns).toEqual(['Item No.', 'Variant']);
});

describe('refused by the configuration', () => {
  test.each([
    ['row["a"] + 1', 'string + int'],
    ['row["a" +', 'Unexpected token'],
    ['sku + "x"', 'no variable "sku"'],
    ['row', '`row` is used by itself'],
    ['row[row["a"]]', 'named by a plain text'],
    ['row["a"] == "" ? "x" : 2', 'same type'],
    ['row.map(k, k)', '"map" cannot be used'],
    ['cel.bind(x, row["a"], x + x)', '"bind" cannot be used'],
    ['row["a"].split("").join("xx")', '"join" cannot be used'],
    ['dyn(row["a"])', '"dyn" cannot be used'],
    ['double(row["a"])', '"double" cannot be used'],
    ['row["a"].matches(row["b"])', 'written out'],
    ['row["a"].matches("(a+)+$")', 'may not repeat a group'],
    ['row["a"].matches("a*a*a*a*b")', 'at most'],
    ['row["a"].matches("[")', 'is no pattern'],
    ['[row["a"]]', 'gives list<string>'],
    ['1.5', 'gives double'],
  ])('%s', (text, reason) => {
    const result = compile(text, all, toDecimal);
    expect(isRefused(result) && result.refused.toLowerCase()).toContain(reason.toLowerCase());
  });

  test('for being too long', () => {
    expect(compile(`"${'x'.repeat(2000)}"`, all, toDecimal)).toMatchObject({
      refused: expect.stringContaining('longer'),
    });
    expect(compile(Array(390).fill('1').join('+'), all, toDecimal)).toMatchObject({
      refused: expect.stringContaining('maxAstNodes'),
    });
  });

  test('with the path of the option', () => {
    const columns = { sku: { expression: 'row["a"] + 1' }, quantity: { expression: '"1" == "1"' } };
    const result = csvOptions.safeParse({
      dir: '.',
      stock: { files: 'a.csv', columns, where: { expression: 'row.a' } },
    });
    expect(result.error?.issues.map((issue) => [issue.path.join('.'), issue.message])).toEqual([
      ['stock.where.expression', 'gives string, where bool is needed'],
      ['stock.columns.sku.expression', 'no such overload: string + int'],
      ['stock.columns.quantity.expression', 'gives bool, where string or int or Decimal is needed'],
    ]);
  });
});

describe('a row on which an expression fails is refused, with what was wrong', () => {
  test.each([
    ['{"rel": "GRN"}[row["Item No."]]', 'No such key: A-1'],
    ['row["Item No."].split("-")[5]', 'index'],
    ['row["Empty"].substring(0, 3)', ''],
    ['int(row["Bin"])', ''],
    ['decimal(row["Bin"])', 'must be a decimal number'],
    ['decimal(row["Empty"])', 'must be a decimal number'],
    ['1 / size(row["Empty"])', 'zero'],
    ['9223372036854775807 + size(row["Bin"])', 'overflow'],
    ['"a".padStart(100000000, "x")', 'padStart fills up to'],
    ['"a".replace("", "b")', 'something to look for'],
  ])('%s', (text, reason) => {
    const result = ready(text).evaluate(row);
    expect(isRefused(result) && result.refused.toLowerCase()).toContain(reason.toLowerCase());
  });

  test('replacing cannot grow without bound', () => {
    const grow = Array(6)
      .fill(`.replace("a", "${'a'.repeat(200)}")`)
      .join('');
    expect(ready(`row["Item"].lowerAscii()${grow}`).evaluate({ Item: 'a' })).toMatchObject({
      refused: expect.stringContaining('grows too long'),
    });
  });
});

test('the README of the connector shows expressions and options that work', () => {
  const readme = readFileSync(new URL('../../../connectors/csv/README.md', import.meta.url), 'utf8');
  const shown = Array.from(readme.matchAll(/\{ expression: '([^']+)' \}/g), (match) => match[1] ?? '');
  expect(shown.length).toBeGreaterThan(4);
  for (const text of shown) expect(compile(text, all, toDecimal), text).not.toHaveProperty('refused');
  const documents = /^ {4}documents:\n(?: {6}.*\n)+/m.exec(readme)?.[0] ?? '';
  expect(csvOptions.safeParse({ dir: '.', ...parse(documents) }).error).toBeUndefined();
});

test('whatever stands in a row, nothing is thrown and the result is text, yes, no, or a reason', () => {
  const texts = [
    'row["a"] + row["b"]',
    'row["a"].split("-")[0]',
    'decimal(row["a"]) - decimal(row["b"])',
    'decimal(row["a"]) < decimal(row["b"])',
    '{"x": "y"}[row["a"]]',
    'row["a"].matches("^[A-Z]+-.*(BOX|CTN)$") ? row["b"] : row["a"]',
    'row["a"].substring(size(row["b"]))',
    'int(row["a"]) * int(row["b"])',
    'row["a"].replace(row["b"], "zz").padStart(int(row["b"]), row["a"])',
  ].map(ready);
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.integer().map(String),
    fc.constantFrom('__proto__', '', '1e5'),
  );
  fc.assert(
    fc.property(fc.constantFrom(...texts), value, value, (expression, a, b) => {
      const result = expression.evaluate({ a, b });
      expect(isRefused(result) || typeof result === 'string' || typeof result === 'boolean').toBe(true);
    }),
    { numRuns: 1000 },
  );
});
