import { groupSeparator } from './keys.ts';

/** The zero of each script whose digits reach a warehouse: Arabic, Persian and Urdu, Devanagari, Bengali, full width. */
const zeros = [0x0660, 0x06f0, 0x0966, 0x09e6, 0xff10];

/**
 * A code as it is compared: ASCII digits, no full-width forms, nothing invisible, no space around it.
 * `٤٢٦٣٢٦`, `۴۲۶۳۲۶` and `426326` between bidi marks are one code. Case and leading zeros stay: they tell SKUs apart.
 */
export function normaliseCode(text: string): string {
  let normal = '';
  for (const character of text) normal += normaliseCharacter(character);
  return normal.trim();
}

/** The digits of any script as ASCII, for a PIN or a quantity that a person types. */
export const asciiDigits = (text: string): string => [...text].map((one) => digit(one) ?? one).join('');

function normaliseCharacter(character: string): string {
  if (character === groupSeparator) return character;
  const ascii = digit(character);
  if (ascii !== null) return ascii;
  const point = character.codePointAt(0) ?? 0;
  if (point > 0xff00 && point < 0xff5f) return String.fromCodePoint(point - 0xfee0);
  // Bidi marks and zero-width characters come along where a code was copied from a document; nobody sees them.
  if (/[\p{Cf}\p{Cc}]/u.test(character)) return '';
  return /\s/u.test(character) ? ' ' : character;
}

function digit(character: string): string | null {
  const point = character.codePointAt(0) ?? 0;
  const zero = zeros.find((first) => point >= first && point <= first + 9);
  return zero === undefined ? null : String(point - zero);
}
