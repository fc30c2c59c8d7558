import Big from 'big.js';
import type { Typed } from './typed.ts';

/** Spreadsheets know no more digits than this; what a file holds beyond is noise of binary fractions. */
const digits = 15;

/** Below this a number is what a subtraction left over. */
const smallestExponent = -9;

/** The number formats that mean something for what is read. */
export type Format =
  | { readonly kind: 'plain' }
  | { readonly kind: 'date'; readonly day: boolean; readonly time: boolean }
  /** `00000`, `"SKU-"0000`: text around a number of so many digits at least. */
  | { readonly kind: 'code'; readonly before: string; readonly width: number; readonly after: string };

const plain: Format = { kind: 'plain' };

/** Formats that workbooks name by number alone (ECMA-376, part 1, 18.8.30); those of East Asian calendars among them. */
export function builtInFormat(id: number): Format {
  const day = (id >= 14 && id <= 17) || id === 22 || (id >= 27 && id <= 31) || id === 36 || (id >= 50 && id <= 58);
  const time = (id >= 18 && id <= 22) || (id >= 32 && id <= 35) || id === 45 || id === 47;
  return day || time ? { kind: 'date', day, time } : plain;
}

const literal = /^(?:"([^"]*)"|\\(.)|([-/ ]))/;

function codeFormat(section: string): Format | undefined {
  let rest = section;
  const take = (): string => {
    let text = '';
    for (let match = literal.exec(rest); match !== null; match = literal.exec(rest)) {
      text += match[1] ?? match[2] ?? match[3];
      rest = rest.slice(match[0].length);
    }
    return text;
  };
  const before = take();
  const width = /^0*/.exec(rest)?.[0].length ?? 0;
  rest = rest.slice(width);
  const after = take();
  if (rest !== '' || width === 0 || (width === 1 && before + after === '')) return undefined;
  return { kind: 'code', before, width, after };
}

/** A format code such as `dd/mm/yyyy`, `0.00` or `00000`. */
export function formatOf(code: string): Format {
  const [section = ''] = code.split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/);
  // A span of hours is a number, and no time of day.
  if (/\[(?:h+|m+|s+)\]/i.test(section)) return plain;
  const bare = section.replace(/"[^"]*"|\\.|_.|\*.|\[[^\]]*\]/g, '');
  if (/general/i.test(bare)) return plain;
  const day = /[yd]/i.test(bare) || /^[^hs]*m[^hs]*$/i.test(bare);
  const time = /[hs]/i.test(bare);
  return day || time ? { kind: 'date', day, time } : (codeFormat(section) ?? plain);
}

/**
 * A stored number (`0.30000000000000004`, `1E+05`) as a spreadsheet shows it: a plain decimal of at most 15 digits. What that many
 * digits cannot say keeps an exponent, as it would in an export. Undefined: no number.
 */
export function numberText(stored: string): string | undefined {
  if (/^-?(?:0|[1-9]\d{0,14})$/.test(stored)) return stored === '-0' ? '0' : stored;
  let number: Big;
  try {
    number = new Big(stored.trim()).prec(digits, Big.roundHalfUp);
  } catch {
    return undefined;
  }
  if (number.eq(0)) return '0';
  if (number.e < digits && number.e >= smallestExponent) return number.toFixed();
  return number
    .toExponential()
    .replace(/e([+-])(\d)$/, 'e$10$2')
    .replace('e', 'E');
}

const dayMs = 86_400_000;

/** A day number as ISO text: a date, a time of day, or both. Undefined: no such day. */
function dateText(serial: string, format: { day: boolean; time: boolean }, from1904: boolean): string | undefined {
  const number = Number(serial);
  // The last day is that of the year 9999; the first system has a 29 February 1900, which never was.
  if (!Number.isFinite(number) || number < 0 || number >= 2_958_466) return undefined;
  if (!from1904 && Math.floor(number) === 60) return undefined;
  const start = from1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, number < 60 ? 31 : 30);
  const [date = '', time = ''] = new Date(start + Math.round((number * dayMs) / 1000) * 1000).toISOString().split('T');
  const clock = time.slice(0, 8);
  if (!format.day) return number < 1 ? clock : `${date}T${clock}`;
  return format.time || clock !== '00:00:00' ? `${date}T${clock}` : date;
}

/** What a stored number is in its format. `comma`: the numbers of the file's texts have a decimal comma. */
export function numberCell(
  stored: string,
  format: Format,
  { from1904, comma }: { from1904: boolean; comma: boolean },
): string | Typed {
  const number = numberText(stored);
  if (number === undefined) return { kind: 'error', text: `"${stored.slice(0, 40)}" is no number` };
  if (format.kind === 'date') {
    const text = dateText(stored, format, from1904);
    return text === undefined ? { kind: 'error', text: `the day number ${number} is no day` } : { kind: 'date', text };
  }
  if (format.kind === 'code' && /^\d+$/.test(number)) {
    const shown = `${format.before}${number.padStart(format.width, '0')}${format.after}`;
    if (shown !== number) return { kind: 'number', text: number, shown };
  }
  return comma && number.includes('.') ? { kind: 'number', text: number, shown: number.replace('.', ',') } : number;
}
