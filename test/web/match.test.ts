import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gtin14 } from '../../src/web/scan/gs1.ts';
import { groupSeparator } from '../../src/web/scan/keys.ts';
import { type Coded, match } from '../../src/web/scan/match.ts';

const dates: Coded = { key: 'DATES', codes: ['DATES-500', '6281000000014'] };
const coffee: Coded = { key: 'COFFEE', codes: ['00123', '012345678905'] };
const among = [dates, coffee];
const found = (...candidates: string[]) => {
  const result = match(candidates, among);
  return result.kind === 'one' ? result.key : result.kind;
};

test.each([
  ['its SKU', 'DATES-500', 'DATES'],
  ['its SKU in capitals or not', 'dates-500', 'DATES'],
  ['its EAN-13', '6281000000014', 'DATES'],
  ['its EAN-13 as ٦٢٨١٠٠٠٠٠٠٠١٤', '٦٢٨١٠٠٠٠٠٠٠١٤', 'DATES'],
  ['the GTIN-14 of the piece', '06281000000014', 'DATES'],
  ['a UPC-A read as EAN-13', '0012345678905', 'COFFEE'],
  ['a UPC-A that lost its zero in a spreadsheet', '12345678905', 'COFFEE'],
  ['an AIM identifier before it', ']E06281000000014', 'DATES'],
  ['GS1-128 with batch and count', `]C1010628100000001410A1${groupSeparator}3712`, 'DATES'],
  ['GS1 DataMatrix without AIM identifier, FNC1 first', `${groupSeparator}010628100000001417261231`, 'DATES'],
  ['GS1 fields that begin with nothing', '010628100000001417261231', 'DATES'],
  ['GS1 fields as printed', '(01)06281000000014(10)A1', 'DATES'],
  ['a GS1 Digital Link', 'https://id.gs1.org/01/06281000000014/10/A1?17=261231', 'DATES'],
  ['a carton of it: another code, another number of pieces', '16281000000011', 'none'],
  ['what a pallet holds of it', `]C102062810000000143712`, 'none'],
  ['another number of zeros in a SKU', '123', 'none'],
  ['a check digit that is wrong', '6281000000013', 'none'],
  ['nothing', ' \u200f', 'none'],
])('%s', (_, code, expected) => {
  expect(found(code)).toBe(expected);
});

test('the second reading counts where the first says nothing; where they name different things, nobody guesses', () => {
  expect(found('§%"!', '6281000000014')).toBe('DATES');
  expect(found('DATES-500', '00123')).toBe('several');
  expect(match(['X'], [dates, { key: 'OTHER', codes: ['X'] }, { key: 'THIRD', codes: ['X'] }])).toEqual({
    kind: 'several',
    keys: ['OTHER', 'THIRD'],
    code: 'X',
  });
});

test('an exact code goes before a likely one', () => {
  const small: Coded = { key: 'small', codes: ['abc'] };
  const large: Coded = { key: 'large', codes: ['ABC'] };
  expect(match(['abc'], [large, small])).toMatchObject({ kind: 'one', key: 'small' });
  expect(match(['Abc'], [large, small])).toMatchObject({ kind: 'several' });
});

test('numbers of one article are equal in every length, and one wrong digit makes none', () => {
  const body = fc.integer({ min: 1, max: 999_999_999_999 }).map((value) => String(value).padStart(13, '0'));
  fc.assert(
    fc.property(body, fc.integer({ min: 0, max: 13 }), fc.integer({ min: 1, max: 9 }), (digits, place, by) => {
      const check = [...'0123456789'].find((digit) => gtin14(digits + digit) !== null);
      const full = `${digits}${check}`;
      const short = full.replace(/^0+(?=\d{8})/, '');
      expect(gtin14(short)).toBe(full);
      const wrong = [...full].map((digit, index) => (index === place ? (Number(digit) + by) % 10 : digit)).join('');
      expect(gtin14(wrong)).toBeNull();
    }),
  );
});
