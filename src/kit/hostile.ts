import Big from 'big.js';
import type { Entities, EntityName } from '../connector/index.ts';

/** Codes that something on the way from an ERP tends to change. */
const codes = [
  '007',
  '1e5',
  '٠٠٧-قميص',
  '👕-XL',
  'a\u200fb\u200ec',
  'A/B?c=1&d=%20#e',
  'comma, semicolon; pipe|',
  'say "hi", it\'s',
  '=1+1',
  'two  blanks',
  'back\\slash',
  'NULL',
  'x'.repeat(255),
];

const names = ['قميص قطني، مقاس ٤٢', 'O\'Brien "Shirt"; DROP TABLE x', 'émoji 👩‍👩‍👧 é', '-5', 'n'.repeat(255)];

const decimals = ['0.10', '12345678901234567890', '0.00000001', '-3.5', '-12', '2.5'];

const at = <T>(values: readonly T[], index: number): T => values[index % values.length] as T;
const positive = decimals.filter((text) => !text.startsWith('-'));

/** For each entity, records that have to arrive unchanged; each with the fields that are compared, and no other. */
export const hostileRecords: { readonly [E in EntityName]: readonly Partial<Entities[E]>[] } = {
  products: codes.map((sku, index) => ({ sku, name: at(names, index), price: at(positive, index) })),
  stock: codes.map((sku, index) => ({
    sku,
    location: index % 2 === 0 ? 'MAIN' : 'الرياض ١',
    quantity: at(decimals, index),
  })),
  documents: codes.slice(0, -1).map((code, index) => ({
    kind: index % 2 === 0 ? 'purchase' : 'disposal',
    number: code,
    date: '2026-11-20',
    location: index % 2 === 0 ? 'MAIN' : 'الرياض ١',
    lines: [
      { sku: at(codes, index + 1), quantity: at(positive, index) },
      { sku: 'PLAIN', quantity: '1' },
    ],
  })),
  // Their ids are the ERP's own.
  movements: codes.map((sku, index) => ({ sku, location: 'MAIN', quantity: at(decimals, index) })),
};

const numbers = new Set(['quantity', 'price', 'taxAmount']);

/** Whether `actual` has every field of `expected`. `0.1` is `0.10`: a number column knows no trailing zeros. */
export function sameRecord(expected: unknown, actual: unknown, field = ''): boolean {
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((item, index) => sameRecord(item, actual[index]))
    );
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof actual !== 'object' || actual === null) return false;
    return Object.entries(expected).every(([key, value]) =>
      sameRecord(value, (actual as Record<string, unknown>)[key], key),
    );
  }
  if (typeof expected === 'string' && typeof actual === 'string' && numbers.has(field))
    return sameNumber(expected, actual);
  return expected === actual;
}

function sameNumber(expected: string, actual: string): boolean {
  try {
    return new Big(expected).eq(actual);
  } catch {
    return false;
  }
}
