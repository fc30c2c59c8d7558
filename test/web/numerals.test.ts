import { expect, test } from 'vitest';
import { plainDigits, shownDigits, shownNumber } from '../../src/web/numerals.ts';

test('digits of any keyboard are read as 0-9, and all else stays', () => {
  expect(plainDigits('٤٢٦٣٢٦')).toBe('426326');
  expect(plainDigits('۴۲۶۳۲۶')).toBe('426326');
  expect(plainDigits('SO-٠۹x9')).toBe('SO-09x9');
});

test('numbers are shown with the chosen digits, whatever the language', () => {
  expect(shownNumber(1250, 'latn', 'ar')).toBe('1,250');
  expect(shownNumber(1250, 'arab', 'ar')).toBe('١٬٢٥٠');
  expect(shownNumber(12, 'arab', 'en')).toBe('١٢');
  expect(shownDigits('08:05', 'arab')).toBe('٠٨:٠٥');
  expect(plainDigits(shownDigits('0123456789', 'arab'))).toBe('0123456789');
});
