import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupSeparator, type KeyPress } from '../../src/web/scan/keys.ts';
import { RepeatGuard } from '../../src/web/scan/repeats.ts';
import { normaliseCode } from '../../src/web/scan/text.ts';
import { Wedge, type WedgeSettings } from '../../src/web/scan/wedge.ts';
import { type Layout, layoutNames, scannerTrace, typeable } from './layouts.ts';

const scans = (presses: readonly KeyPress[], settings: Partial<WedgeSettings> = {}): (readonly string[])[] => {
  const wedge = new Wedge(settings);
  return presses.map((press) => wedge.press(press)).flatMap((step) => (step.kind === 'scan' ? [step.candidates] : []));
};
const codeOf = (characters: string[]) =>
  fc.string({ unit: fc.constantFrom(...characters), minLength: 3, maxLength: 30 });
/** Milliseconds from key to key. */
const scannerGaps = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1 });

describe('a scanner as it leaves the factory', () => {
  test.each(layoutNames)('gives the code that is on the label on a device with the layout %s', (device) => {
    fc.assert(
      fc.property(
        codeOf(typeable('us')),
        scannerGaps,
        fc.constantFrom('Enter', 'Tab', 'NumpadEnter'),
        (code, gaps, suffix) => {
          const [candidates, ...more] = scans(scannerTrace(code, { device, gaps, suffix }));
          expect(candidates?.[0]).toBe(code);
          expect(more).toEqual([]);
        },
      ),
    );
  });

  test('may stumble once within a code, as radio links do', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 11 }), (place) => {
        const gaps = Array.from({ length: 12 }, (_, index) => (index === place ? 85 : 12));
        expect(scans(scannerTrace('6281000000014', { gaps }))).toEqual([['6281000000014']]);
      }),
    );
  });

  test('gives ٤٢٦٣٢٦ as 426326, once', () => {
    const trace = scannerTrace('426326', { device: 'arabicDigits' });
    expect(trace.map(({ key }) => key).join('')).toBe('٤٢٦٣٢٦Enter');
    expect(scans(trace)).toEqual([['426326']]);
  });

  test('is understood with CapsLock on: the position tells, not the letter', () => {
    const trace = scannerTrace('Ab-1').map((press) => ({
      ...press,
      key: /^[a-z]$/i.test(press.key) ? press.key.toUpperCase() : press.key,
    }));
    expect(scans(trace)[0]?.[0]).toBe('Ab-1');
  });

  test('is understood on the numeric keypad while NumLock is off', () => {
    const arrows = ['ArrowLeft', 'ArrowDown', 'ArrowRight', 'ArrowLeft', 'Clear'];
    const presses = [...'42645'].map((digit, index) => ({
      code: `Numpad${digit}`,
      key: arrows[index] ?? '',
      at: 1000 + index * 5,
    }));
    expect(scans([...presses, { code: 'NumpadEnter', key: 'Enter', at: 1025 }])[0]?.[0]).toBe('42645');
  });

  test('is understood where it sends each character as Alt and its number', () => {
    const wedge = new Wedge();
    let at = 1000;
    for (const character of 'Ab#') {
      wedge.press({ code: 'AltLeft', key: 'Alt', at, alt: true });
      for (const digit of String(character.codePointAt(0)).padStart(3, '0')) {
        at += 3;
        wedge.press({ code: `Numpad${digit}`, key: digit, at, alt: true });
      }
      wedge.release({ key: 'Alt', at });
      at += 3;
    }
    expect(wedge.press({ code: 'Enter', key: 'Enter', at })).toEqual({ kind: 'scan', candidates: ['Ab#'] });
  });

  test('is understood where the device names no physical keys', () => {
    const presses = [...'٤٢٦٣٢٦'].map((key, index) => ({ code: '', key, at: 1000 + index * 5 }));
    expect(scans([...presses, { code: '', key: 'Enter', at: 1030 }])).toEqual([['426326']]);
  });

  test('keeps the separators of GS1 fields', () => {
    const separator: KeyPress = { code: 'BracketRight', key: ']', ctrl: true, at: 1020 };
    const trace = [
      ...scannerTrace('10AB', { suffix: null, gaps: [5] }),
      separator,
      ...scannerTrace('37', { start: 1025, gaps: [5] }),
    ];
    expect(scans(trace)[0]?.[0]).toBe(`10AB${groupSeparator}37`);
  });
});

test.each<Layout>(['german', 'azerty'])('a scanner set to %s is understood on a device with that layout', (layout) => {
  fc.assert(
    fc.property(codeOf(typeable(layout)), (code) => {
      expect(scans(scannerTrace(code, { scanner: layout, device: layout }))[0]).toContain(code);
    }),
  );
});

describe('a person who types', () => {
  test('is no scanner at any pace that fingers have', () => {
    fc.assert(
      fc.property(
        codeOf(typeable('us')),
        fc.array(fc.integer({ min: 45, max: 400 }), { minLength: 1 }),
        (text, gaps) => {
          expect(scans(scannerTrace(text, { gaps }))).toEqual([]);
        },
      ),
    );
  });

  test('and holds a key down, or presses Enter alone, is none either', () => {
    const held = Array.from({ length: 20 }, (_, index) => ({
      code: 'Digit1',
      key: '1',
      at: 1000 + index * 30,
      repeat: index > 0,
    }));
    expect(
      scans([...held, { code: 'Enter', key: 'Enter', at: 1610 }, { code: 'Enter', key: 'Enter', at: 1620 }]),
    ).toEqual([]);
  });

  test('does not spoil the scan that follows', () => {
    const typed = scannerTrace('12', { gaps: [140], suffix: null });
    expect(scans([...typed, ...scannerTrace('6281000000014', { start: 1400 })])).toEqual([['6281000000014']]);
  });
});

describe('settings', () => {
  test('with a prefix nothing without it is a scan, and it is no part of the code', () => {
    fc.assert(
      fc.property(
        codeOf(typeable('us').filter((one) => one !== '~')),
        fc.constantFrom(...layoutNames),
        (code, device) => {
          expect(scans(scannerTrace(`~${code}`, { device }), { prefix: '~' })[0]?.[0]).toBe(code);
          expect(scans(scannerTrace(code), { prefix: '~' })).toEqual([]);
        },
      ),
    );
  });

  test('a prefix may be a key that gives no character', () => {
    const f9 = { code: 'F9', key: 'F9', at: 990 };
    expect(scans([f9, ...scannerTrace('AB')], { prefix: 'F9' })).toEqual([['AB']]);
    expect(scans(scannerTrace('ABCDEF'), { prefix: 'F9' })).toEqual([]);
  });

  test('an end key may be a character, on any layout', () => {
    for (const device of layoutNames)
      expect(scans(scannerTrace('6281000#', { device, suffix: null }), { suffix: '#' })[0]?.[0]).toBe('6281000');
  });

  test('with Tab as the end key, Enter ends nothing', () => {
    expect(scans(scannerTrace('6281000', { suffix: 'Tab' }), { suffix: 'Tab' })).toEqual([['6281000']]);
    expect(scans(scannerTrace('6281000', { suffix: 'Enter' }), { suffix: 'Tab' })).toEqual([]);
  });

  test('without an end key a code ends when no key follows', () => {
    const wedge = new Wedge({ suffix: 'none' });
    for (const press of scannerTrace('6281000', { suffix: null })) expect(wedge.press(press).kind).not.toBe('scan');
    expect(wedge.idle(1060).kind).toBe('typed');
    expect(wedge.idle(1200)).toEqual({ kind: 'scan', candidates: ['6281000'] });
    expect(wedge.idle(1400).kind).toBe('typed');
  });

  test('a second end key right behind a scan does nothing, a later one is a person again', () => {
    const wedge = new Wedge();
    for (const press of scannerTrace('6281000')) wedge.press(press);
    expect(wedge.press({ code: 'Tab', key: 'Tab', at: 1070 }).kind).toBe('swallow');
    expect(wedge.press({ code: 'Tab', key: 'Tab', at: 2000 }).kind).toBe('typed');
  });
});

describe('one code in other letters', () => {
  test('digits of any script, full width, bidi marks and zero-width characters make no difference', () => {
    const dressed = [...'\u200e\u200f\u061c\u202a\u202c\u2066\u2069\u200b\u200c\u200d\ufeff\u00ad'];
    const forms = [0x30, 0x0660, 0x06f0, 0xff10];
    const one = fc.record({
      digit: fc.integer({ min: 0, max: 9 }),
      zero: fc.constantFrom(...forms),
      before: fc.constantFrom('', ...dressed),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1 }), (parts) => {
        const text = parts.map(({ digit, zero, before }) => before + String.fromCodePoint(zero + digit)).join('');
        expect(normaliseCode(` ${text}\u00a0`)).toBe(parts.map(({ digit }) => digit).join(''));
      }),
    );
  });

  test('what tells two SKUs apart stays', () => {
    for (const sku of ['00123', 'a-B', 'A B', 'é', 'تمر-1']) expect(normaliseCode(sku)).toBe(sku);
    expect(normaliseCode('ＡＢ－１')).toBe('AB-1');
  });
});

describe('the same code again', () => {
  test('within two seconds is held and not lost; twelve quick ones are one and an offer of eleven', () => {
    const guard = new RepeatGuard();
    const seen = Array.from({ length: 12 }, (_, index) => guard.see('A', 1000 + index * 700));
    expect(seen.filter(({ kind }) => kind === 'counts')).toHaveLength(1);
    expect(seen.at(-1)).toEqual({ kind: 'held', held: 11 });
    expect(guard.take('A')).toBe(11);
    expect(guard.take('A')).toBe(0);
  });

  test('counts once it was away for two seconds, and other codes in between count at once', () => {
    const guard = new RepeatGuard();
    expect([0, 500, 2499, 4500].map((at) => guard.see('A', at).kind)).toEqual(['counts', 'held', 'held', 'counts']);
    expect(guard.see('B', 4600).kind).toBe('counts');
    expect(guard.see('A', 4700)).toEqual({ kind: 'held', held: 3 });
  });

  test('whatever the times, what counted and what is held are all the scans there were', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3000 })), fc.integer({ min: 0, max: 3000 }), (gaps, window) => {
        const guard = new RepeatGuard(window);
        let at = 0;
        let counted = 0;
        for (const gap of gaps) {
          at += gap;
          if (guard.see('A', at).kind === 'counts') counted += 1;
        }
        expect(counted + guard.held('A')).toBe(gaps.length);
      }),
    );
  });
});
