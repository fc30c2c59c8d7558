import type { Random } from '../../src/demo/random.ts';
import type { Form } from './form.ts';

/** A value as the file writes it, and what the reader must make of it; undefined where it must refuse it. */
export interface Written {
  readonly text: string;
  readonly value: string | undefined;
}

const arabicWords = ['صنف', 'قلم', 'دفتر', 'مستودع', 'الرياض'];
const latinWords = ['Größe', 'Café', 'niño', 'crème'];

function plainCode(random: Random, form: Form): string {
  const number = String(random.whole(0, 999_999));
  const kind = random.next();
  if (kind < 0.6) return `SKU-${number.padStart(6, '0')}`;
  if (kind < 0.75) return number.padStart(8, '0');
  if (kind < 0.85) return `A/${number}.x b`;
  // A letter of two units of UTF-16, which a read of the file may part.
  if (kind < 0.87 && form.unicode) return `\u{1F4E6}-${number}`;
  return `${random.pick(form.arabic ? arabicWords : latinWords)}-${number}`;
}

/** A code. An odd one has blanks or marks around it, or is wrapped for a spreadsheet. */
export function code(random: Random, form: Form): Written {
  const value = plainCode(random, form);
  if (!random.chance(form.oddity)) return { text: value, value };
  switch (random.whole(0, form.unicode ? 4 : 1)) {
    case 0:
      // A blank before a quote would be a broken one.
      return { text: form.quoting === 'needed' ? ` ${value}  ` : value, value };
    case 1:
      return { text: `="${value}"`, value };
    case 2:
      return { text: `\u200F${value}\u200E`, value };
    case 3:
      return { text: `\u00A0${value.replace(' ', '\u00A0')}`, value };
    default:
      return { text: `${value}\u200B`, value };
  }
}

/** A code that a spreadsheet has destroyed. */
export function eatenCode(random: Random): Written {
  return { text: `${random.whole(1, 9)}.${random.whole(10, 99)}E+${random.whole(10, 15)}`, value: undefined };
}

function grouped(digits: string, separator: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, separator);
}

function inDigits(text: string, zero: number): string {
  return text.replace(/\d/g, (digit) => String.fromCharCode(zero + Number(digit)));
}

/** A number in the form of the file. */
export function number(random: Random, form: Form): Written {
  const negative = random.chance(0.05);
  const whole = String(random.whole(negative ? 1 : 0, random.chance(0.2) ? 5_000_000 : 500));
  const fraction = random.chance(0.1) ? String(random.whole(0, 999)).padStart(3, '0') : undefined;
  const value = `${negative ? '-' : ''}${whole}${fraction === undefined ? '' : `.${fraction}`}`;
  const odd = random.chance(form.oddity);
  const separator = { none: '', ',': ',', '.': '.', ' ': odd && form.unicode ? '\u00A0' : ' ', "'": "'" }[
    form.thousands
  ];
  let text = separator !== '' && random.chance(0.7) ? grouped(whole, separator) : whole;
  if (fraction !== undefined) text += `${form.decimal}${fraction}`;
  if (odd && form.unicode) {
    const zero = random.pick([0x660, 0x6f0]);
    text = inDigits(text, zero).replace(form.decimal, random.chance(0.5) ? '\u066B' : form.decimal);
  }
  if (negative) {
    if (form.negatives === 'trailing' && random.chance(0.5)) text = `${text}-`;
    else if (form.negatives === 'parentheses' && random.chance(0.5)) text = `(${text})`;
    else text = `-${text}`;
  } else if (odd && random.chance(0.3)) {
    text = `+${text}`;
  }
  return { text, value };
}

/** `1.25E+05`. */
export function exponent(random: Random, form: Form): Written {
  const digits = String(random.whole(100, 999));
  const text = `${digits[0]}${form.decimal}${digits.slice(1)}E+${random.pick(['02', '03', '05'])}`;
  if (form.exponents === 'reject') return { text, value: undefined };
  const power = Number(text.slice(-2));
  return { text, value: digits + '0'.repeat(power - 2) };
}

/** Text that no number can be read from. */
export function badNumber(random: Random, form: Form): Written {
  const text = random.pick(['x', '12 pcs', '#REF!', '-', 'N/A', '1..2', form.decimal === '.' ? '1.2.3' : '1,2,3']);
  return { text, value: undefined };
}

/** Free text for people, in a column that nobody reads. */
export function note(random: Random, form: Form): string {
  if (random.chance(0.4)) return '';
  const word = random.pick(form.arabic ? arabicWords : latinWords);
  if (form.quoting === 'never') return random.chance(0.2) ? `${word} 5" tube` : word;
  switch (random.whole(0, 7)) {
    case 0:
      return `${word} "big", ${word}`;
    case 1:
      return `${word}${form.delimiter} and more`;
    case 2:
      return `${word}\n${word}`;
    case 3:
      return `${word}\r\nline two${form.delimiter}`;
    default:
      return word;
  }
}
