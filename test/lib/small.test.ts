import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toWhole } from '../../src/lib/decimal.ts';
import { messageOf } from '../../src/lib/errors.ts';
import { canonicalJson, hashOf } from '../../src/lib/hash.ts';
import { nearest } from '../../src/lib/suggest.ts';
import { dateIn, formatDate, formatDuration, formatPlainDate, startOfDay } from '../../src/lib/time.ts';

describe('toWhole', () => {
  it('takes whole numbers as they are, and exactly', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (n) => {
        expect(toWhole(String(n))).toEqual({ ok: true, value: n + 0 });
      }),
    );
    expect(toWhole('-0')).toEqual({ ok: true, value: 0 });
    expect(Object.is(toWhole('-0').ok && (toWhole('-0') as { value: number }).value, 0)).toBe(true);
    expect(toWhole('007')).toEqual({ ok: true, value: 7 });
    expect(toWhole('3.000')).toEqual({ ok: true, value: 3 });
  });

  it('multiplies by the unit without the error of floats', () => {
    expect(toWhole('1.1', '10')).toEqual({ ok: true, value: 11 });
    expect(toWhole('0.29', '100')).toEqual({ ok: true, value: 29 });
    expect(toWhole('-2', '12')).toEqual({ ok: true, value: -24 });
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 1, max: 1000 }), (n, factor) => {
        expect(toWhole(String(n), String(factor))).toEqual({ ok: true, value: n * factor + 0 });
      }),
    );
  });

  it('rejects a fraction, or rounds it towards the lower figure', () => {
    expect(toWhole('1.5')).toEqual({
      ok: false,
      exact: '1.5',
      reason: expect.stringContaining('1.5 is not a whole quantity'),
    });
    expect(toWhole('0.3', '12')).toEqual({
      ok: false,
      exact: '3.6',
      reason: expect.stringContaining('0.3 × 12 = 3.6'),
    });
    expect(toWhole('1.5', '1', 'floor')).toEqual({ ok: true, value: 1 });
    expect(toWhole('-1.5', '1', 'floor')).toEqual({ ok: true, value: -2 });
    expect(toWhole('-0.5', '1', 'floor')).toEqual({ ok: true, value: -1 });
  });

  it('refuses what a number cannot carry exactly, and what is no number', () => {
    expect(toWhole('9007199254740991')).toEqual({ ok: true, value: 9007199254740991 });
    expect(toWhole('9007199254740992').ok).toBe(false);
    expect(toWhole('-20000000000000000001').ok).toBe(false);
    expect(toWhole('900719925474099', '100').ok).toBe(false);
    for (const text of ['', ' 1', '1e3', '1,000', 'NaN', '٣', '0x10', '+1', '.5'])
      expect(toWhole(text).ok, text).toBe(false);
    expect(toWhole('1', 'dozen').ok).toBe(false);
  });
});

describe('hashOf', () => {
  it('is the same for the same data in any order of keys, and differs for other data', () => {
    expect(hashOf({ a: 1, b: { c: [1, 2], d: 'x' } })).toBe(hashOf({ b: { d: 'x', c: [1, 2] }, a: 1 }));
    expect(hashOf({ a: [1, 2] })).not.toBe(hashOf({ a: [2, 1] }));
    expect(hashOf({ a: undefined })).toBe(hashOf({}));
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":2,"a":3}'))).toBe('{"__proto__":2,"a":3,"b":1}');
  });

  it('parses back to the same data', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe('dates', () => {
  it('are those of the merchant, not of the machine', () => {
    const lateEvening = new Date('2026-11-20T22:30:00Z');
    expect(formatDate(lateEvening, 'Asia/Riyadh')).toBe('21/11/2026');
    expect(formatDate(lateEvening, 'UTC')).toBe('20/11/2026');
    expect(dateIn(lateEvening.getTime(), 'Asia/Riyadh')).toBe('2026-11-21');
    expect(formatPlainDate('2026-11-05')).toBe('05/11/2026');
  });

  it('begin at midnight of their zone, or at the first moment after it', () => {
    expect(startOfDay('2026-11-20', 'Asia/Riyadh').toISOString()).toBe('2026-11-19T21:00:00.000Z');
    // Egypt puts its clocks forward at midnight: 00:00 does not exist on that day.
    expect(startOfDay('2026-04-24', 'Africa/Cairo').toISOString()).toBe('2026-04-23T22:00:00.000Z');
    expect(() => startOfDay('2026-02-30', 'UTC')).toThrow(/2026-02-30/);
    expect(() => formatDate(0, 'Nowhere/Land')).toThrow(/Nowhere/);
  });
});

describe('formatDuration', () => {
  it.each([
    [80, '80 ms'],
    [12_345, '12.3 s'],
    [59_960, '1 min'],
    [65_000, '1 min 5 s'],
    [3_900_000, '1 h 5 min'],
    [90_000_000, '1 d 1 h'],
    [-2_000, '-2 s'],
  ])('%i ms is %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});

describe('nearest', () => {
  it('finds what was meant, and nothing where nothing is near', () => {
    expect(nearest('concurency', ['concurrency', 'currency'])).toBe('concurrency');
    expect(nearest('epr', ['erp', 'odoo'])).toBe('erp');
    expect(nearest('sap', ['erp', 'odoo'])).toBeUndefined();
  });
});

describe('messageOf', () => {
  it('reads what a library throws that is no Error', () => {
    expect(messageOf(new Error('a'))).toBe('a');
    expect(messageOf({ message: 'b', stack: '…' })).toBe('b');
    expect(messageOf('c')).toBe('c');
    expect(messageOf({ message: 4 })).toBe('[object Object]');
    expect(messageOf(null)).toBe('null');
  });
});
