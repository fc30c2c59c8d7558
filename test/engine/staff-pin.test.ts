import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makePin, pinProblem, plainPin } from '../../src/engine/staff-pin.ts';

test.each([
  ['12345', 'fewer than 6'],
  ['123456', 'run'],
  ['987654', 'run'],
  ['890123', 'run'],
  ['١٢٣٤٥٦', 'run'],
  ['111111', 'one or two'],
  ['121212', 'one or two'],
  ['123123', 'repeats'],
  ['abcdefgh', 'run'],
  ['secret1', 'no PIN of 6'],
  ['Aisha2026', 'holds the name'],
  ['x-HASSAN-x', 'holds the name'],
  ['Passw0rd2026', 'tried first'],
  ['7'.repeat(30) + '183'.repeat(20), 'more than 64'],
])('%s will not do (%s)', (pin, why) => {
  expect(pinProblem(pin, 'Aisha Hassan')).toContain(why);
  expect(pinProblem(pin, 'Aisha Hassan')).not.toContain(`${pin} `);
});

test.each(['426326', '٤٢٦٣٢٦', '۴۲۶۳۲۶', '001907', 'correct horse', 'قهوة عربية ٧'])('%s will do', (pin) => {
  expect(pinProblem(pin, 'Aisha')).toBeUndefined();
});

test('digits of any script are the same PIN, whatever marks and blanks come along', () => {
  const forms = ['426326', '٤٢٦٣٢٦', '۴۲۶۳۲۶', '４２６３２６', '४२६३२६', ' 426326 ', '\u200f٤٢٦\u200e326'];
  expect(new Set(forms.map(plainPin))).toEqual(new Set(['426326']));
});

test('a PIN that is made will do for whoever it is', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 80 }), (name) => {
      const pin = makePin(name);
      expect(pin).toMatch(/^\d{6}$/);
      expect(pinProblem(pin, name)).toBeUndefined();
    }),
  );
});
