import Big from 'big.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRefused, type NumberFormat, numberReader } from '../../../connectors/csv/numbers.ts';

const plain: NumberFormat = {
  decimalSeparator: '.',
  thousandsSeparator: 'none',
  negatives: 'leading',
  exponentNumbers: 'reject',
};
const german: NumberFormat = { ...plain, decimalSeparator: ',', thousandsSeparator: '.' };
const french: NumberFormat = { ...plain, decimalSeparator: ',', thousandsSeparator: ' ' };
const english: NumberFormat = { ...plain, thousandsSeparator: ',' };
const swiss: NumberFormat = { ...plain, thousandsSeparator: "'" };

test.each<[string, NumberFormat, string, string]>([
  ['whole', plain, '12', '12'],
  ['negative', plain, '-0.5', '-0.5'],
  ['plus sign', plain, '+12', '12'],
  ['no digit before the point', plain, '.5', '0.5'],
  ['leading zeros', plain, '007', '007'],
  ['U+2212 as minus', plain, '\u221212', '-12'],
  ['marks around it', plain, '\u200F-12\u200E', '-12'],
  ['blanks around it', plain, '\u00A012 ', '12'],
  ['Arabic-Indic digits', plain, '١٢٣', '123'],
  ['Arabic separators say what they are', plain, '١٬٢٣٤٫٥', '1234.5'],
  ['Persian digits', plain, '-۱۲۳٫۴', '-123.4'],
  ['Arabic digits with the comma of the file', german, '١٢,٥', '12.5'],
  ['German', german, '1.234.567,89', '1234567.89'],
  ['German without groups', german, '1234,5', '1234.5'],
  ['English', english, '-12,345.5', '-12345.5'],
  ['French with a blank', french, '1 234,5', '1234.5'],
  ['French with a no-break blank', french, '1\u00A0234,5', '1234.5'],
  ['French with a narrow no-break blank', french, '12\u202F345\u202F678', '12345678'],
  ['Swiss', swiss, "1'234.5", '1234.5'],
  ['Swiss with a typographic mark', swiss, '1\u2019234\u2019567', '1234567'],
  ['trailing minus', { ...plain, negatives: 'trailing' }, '12.5-', '-12.5'],
  ['leading minus beside it', { ...plain, negatives: 'trailing' }, '-12.5', '-12.5'],
  ['parentheses', { ...english, negatives: 'parentheses' }, '(1,200)', '-1200'],
  ['exponent', { ...plain, exponentNumbers: 'accept' }, '1.5E+05', '150000'],
  ['small exponent', { ...german, exponentNumbers: 'accept' }, '-1,5E-03', '-0.0015'],
])('a number: %s', (_name, format, text, number) => {
  expect(numberReader(format)(text)).toBe(number);
});

test.each<[string, NumberFormat, string, string]>([
  ['a thousands separator that is not configured', plain, '1,200', '","'],
  ['a point where the comma is the decimal one', { ...plain, decimalSeparator: ',' }, '1.234', '"."'],
  ['groups of two digits', german, '1.23', 'groups'],
  ['groups of four digits', english, '1,2345', 'groups'],
  ['Indian groups', english, '12,34,567', 'groups'],
  ['a group that starts with 0 looks like a fraction', german, '0.123', 'groups'],
  ['a first group of four', english, '1234,567', 'groups'],
  ['two kinds of blanks and commas', french, '1 234.567', '"."'],
  ['thousands after the point', english, '1.234,567', 'groups'],
  ['two points', plain, '1.2.3', 'such as'],
  ['a blank inside', plain, '1 234', '" "'],
  ['currency', plain, 'SAR 12', '"SAR"'],
  ['currency sign', plain, '12 €', '"€"'],
  ['unit', plain, '12 PCS', '"PCS"'],
  ['percent', plain, '12%', '"%"'],
  ['exponent', plain, '1E+05', 'exponent'],
  ['exponent without a sign', plain, '1e5', 'exponent'],
  ['enormous exponent', { ...plain, exponentNumbers: 'accept' }, '1E+999', '"E"'],
  ['trailing minus', plain, '12-', 'negatives: trailing'],
  ['parentheses', plain, '(12)', 'negatives: parentheses'],
  ['two signs', { ...plain, negatives: 'trailing' }, '-12-', 'decimal'],
  ['a dash', plain, '-', 'not zero'],
  ['a word', plain, 'NULL', 'not zero'],
  ["a spreadsheet's error", plain, '#N/A', 'spreadsheet'],
  ['digits of two scripts', plain, '1٢', 'two scripts'],
  ['digits of two Arabic scripts', plain, '١۲', 'two scripts'],
  ['Devanagari digits', plain, '१२', 'not zero'],
  ['cut after the point', plain, '12.', 'such as'],
  ['Persian slash', plain, '۱۲/۵', '"/"'],
  ['Arabic comma', plain, '١٢،٥', '"،"'],
])('no number: %s', (_name, format, text, reason) => {
  const result = numberReader(format)(text);
  expect(isRefused(result) && result.refused).toContain(reason);
});

const formats = fc
  .record<NumberFormat>({
    decimalSeparator: fc.constantFrom('.', ','),
    thousandsSeparator: fc.constantFrom('none', ',', '.', ' ', "'"),
    negatives: fc.constantFrom('leading', 'trailing', 'parentheses'),
    exponentNumbers: fc.constantFrom('reject', 'accept'),
  })
  .filter((format) => format.decimalSeparator !== format.thousandsSeparator);

/** A number as an ERP with this format writes it. */
function written(digits: string, fraction: string, negative: boolean, format: NumberFormat, style: Style): string {
  const separator = format.thousandsSeparator === 'none' ? '' : format.thousandsSeparator;
  const groups = style.grouped
    ? digits.replace(/\B(?=(\d{3})+$)/g, separator === ' ' ? style.blank : separator)
    : digits;
  const body = fraction === '' ? groups : `${groups}${format.decimalSeparator}${fraction}`;
  const zero = { ascii: 0x30, arabic: 0x660, persian: 0x6f0 }[style.script];
  const shown = body.replace(/\d/g, (digit) => String.fromCharCode(zero + Number(digit)));
  if (!negative) return style.plus ? `+${shown}` : shown;
  if (format.negatives === 'trailing' && style.after) return `${shown}-`;
  return format.negatives === 'parentheses' && style.after ? `(${shown})` : `-${shown}`;
}

interface Style {
  grouped: boolean;
  blank: string;
  script: 'ascii' | 'arabic' | 'persian';
  plus: boolean;
  after: boolean;
}
const styles = fc.record<Style>({
  grouped: fc.boolean(),
  blank: fc.constantFrom(' ', '\u00A0', '\u202F'),
  script: fc.constantFrom('ascii', 'arabic', 'persian'),
  plus: fc.boolean(),
  after: fc.boolean(),
});
const digits = fc.oneof(fc.constant('0'), fc.stringMatching(/^[1-9]\d{0,20}$/));

describe('for all numbers', () => {
  test('what is written in any of the formats is read as the same number', () => {
    fc.assert(
      fc.property(
        digits,
        fc.stringMatching(/^\d{0,6}$/),
        fc.boolean(),
        formats,
        styles,
        (whole, fraction, negative, format, style) => {
          const text = written(whole, fraction, negative, format, style);
          const number = `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
          expect(numberReader(format)(text), text).toBe(number);
        },
      ),
    );
  });

  /** What a text can mean at most, worked out another way: without its groups, with a point, or nothing. */
  function meaning(text: string, format: NumberFormat): Big | undefined {
    const script = (zero: number) => (digit: string) => String(digit.charCodeAt(0) - zero);
    let rest = text
      .replace(/[\u200E\u200F]/g, '')
      .replace(/[\u00A0\u202F]/g, ' ')
      .trim();
    rest = rest.replace(/[٠-٩]/g, script(0x660)).replace(/[۰-۹]/g, script(0x6f0));
    let sign = 1;
    if (rest.startsWith('(') && rest.endsWith(')')) {
      sign = -1;
      rest = rest.slice(1, -1);
    } else if (rest.endsWith('-') && !rest.startsWith('-') && !rest.startsWith('+')) {
      sign = -1;
      rest = rest.slice(0, -1);
    }
    const point = format.decimalSeparator;
    const group = format.thousandsSeparator;
    const [whole = '', fraction, more] = rest.replaceAll('٫', point).split(point);
    if (more !== undefined) return undefined;
    const bare = whole.replaceAll('٬', '').replaceAll(group === 'none' ? '٬' : group, '');
    try {
      return new Big(
        `${bare === '' ? '0' : bare.replace(/^\+/, '').replace(/^-$/, '-0')}${fraction === undefined ? '' : `.${fraction}`}`,
      ).times(sign);
    } catch {
      return undefined;
    }
  }

  test('any text is either the number that it means, or refused; nothing is thrown', () => {
    const characters = fc.constantFrom(..."0123456789.,' -+()Ee٠٣۵٫٬\u00A0\u202F\u200F".split(''));
    const text = fc.string({ unit: fc.oneof({ weight: 9, arbitrary: characters }, fc.string({ maxLength: 1 })) });
    fc.assert(
      fc.property(text, formats, (value, format) => {
        const result = numberReader({ ...format, exponentNumbers: 'reject' })(value);
        if (isRefused(result)) {
          expect(result.refused).toMatch(/^must be a decimal number/);
          return;
        }
        expect(result).toMatch(/^-?\d+(\.\d+)?$/);
        expect(meaning(value, format)?.eq(result), `${value} as ${result}`).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
