/** What the keys of a keyboard give under the layouts that devices in a warehouse have, and how a scanner types on it. */
import type { KeyPress } from '../../src/web/scan/keys.ts';

/** The keys of the main block, in the order of the rows below. */
const codes = [
  ...'`1234567890-='.split('').map((one) => ({ '`': 'Backquote', '-': 'Minus', '=': 'Equal' })[one] ?? `Digit${one}`),
  ...[...'QWERTYUIOP'].map((one) => `Key${one}`),
  'BracketLeft',
  'BracketRight',
  'Backslash',
  ...[...'ASDFGHJKL'].map((one) => `Key${one}`),
  'Semicolon',
  'Quote',
  ...[...'ZXCVBNM'].map((one) => `Key${one}`),
  'Comma',
  'Period',
  'Slash',
  'Space',
];

const dead = 'Dead';
type Row = readonly (string | readonly string[])[];
const rows = (...parts: Row): string[] => parts.flatMap((part) => (typeof part === 'string' ? [...part] : part));

/** What Shift gives on Arabic keyboards, whatever their digit row has. */
const arabicShifted = rows(
  'ّ!@#$%^&*)(_+',
  ['َ', 'ً', 'ُ', 'ٌ', 'لإ', 'إ'],
  '‘÷×؛<>|',
  ['ِ', 'ٍ', ']', '[', 'لأ', 'أ'],
  'ـ،/:"~ْ}{',
  ['لآ', 'آ'],
  '’,.؟ ',
);

/** For each layout what `codes` give plain and with Shift, as a browser reports `key`. */
const layouts = {
  us: [
    rows("`1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./ "),
    rows('~!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:"ZXCVBNM<>? '),
  ],
  /** Arabic (101) of Windows: a key gives two letters at once in one place, and Shift gives marks. */
  arabic: [rows('ذ1234567890-=ضصثقفغعهخحجد\\شسيبلاتنمكطئءؤر', ['لا'], 'ىةوزظ '), arabicShifted],
  /** The same as Apple and Android have it: Arabic-Indic digits on the digit row. */
  arabicDigits: [rows('ذ١٢٣٤٥٦٧٨٩٠-=ضصثقفغعهخحجد\\شسيبلاتنمكطئءؤر', ['لا'], 'ىةوزظ '), arabicShifted],
  persian: [
    rows('‍۱۲۳۴۵۶۷۸۹۰-=ضصثقفغعهخحجچ\\شسیبلاتنمکگظطزرذدپو./ '),
    rows('÷!٬٫﷼٪×،*)(ـ+', ['ْ', 'ٌ', 'ٍ', 'ً', 'ُ', 'ِ', 'َ', 'ّ'], '][}{|ؤئيإأآة»«:؛كٓژٰ‌ٔء><؟ '),
  ],
  azerty: [
    rows('²&é"\'(-è_çà)=azertyuiop', [dead], '$*qsdfghjklmùwxcvbn,;:! '),
    rows('²1234567890°+AZERTYUIOP', [dead], '£µQSDFGHJKLM%WXCVBN?./§ '),
  ],
  german: [
    rows([dead], '1234567890ß', [dead], 'qwertzuiopü+#asdfghjklöäyxcvbnm,.- '),
    rows('°!"§$%&/()=?', [dead], "QWERTZUIOPÜ*'ASDFGHJKLÖÄYXCVBNM;:_ "),
  ],
} as const;

export type Layout = keyof typeof layouts;
export const layoutNames = Object.keys(layouts) as Layout[];

interface Key {
  readonly code: string;
  readonly shift: boolean;
}

/** What a key gives on a device with this layout. */
function keyOf(layout: Layout, { code, shift }: Key): string {
  const key = layouts[layout][shift ? 1 : 0][codes.indexOf(code)];
  if (key === undefined) throw new Error(`${layout} has no ${code}`);
  return key;
}

/** The key that gives a character on a keyboard with this layout. */
function keyFor(layout: Layout, character: string): Key {
  for (const shift of [false, true]) {
    const code = codes[layouts[layout][shift ? 1 : 0].indexOf(character)];
    if (code !== undefined) return { code, shift };
  }
  throw new Error(`${layout} cannot type ${JSON.stringify(character)}`);
}

/** Characters that a scanner set to this layout can send. */
export const typeable = (layout: Layout): string[] =>
  [...new Set([...layouts[layout][0], ...layouts[layout][1]])].filter((one) => /^[!-~]$/.test(one));

export interface Trace {
  /** The layout that the scanner is set to. */
  readonly scanner?: Layout;
  /** The layout of the device that it is plugged into. */
  readonly device?: Layout;
  readonly start?: number;
  /** Milliseconds before each key behind the first. */
  readonly gaps?: readonly number[];
  readonly suffix?: string | null;
}

/** The keys that go down while a scanner sends a code, Shift among them, its end key at last. */
export function scannerTrace(code: string, options: Trace = {}): KeyPress[] {
  const { scanner = 'us', device = 'us', start = 1000, gaps = [8], suffix = 'Enter' } = options;
  const presses: KeyPress[] = [];
  let at = start;
  for (const [index, character] of [...code].entries()) {
    if (index > 0) at += gaps[(index - 1) % gaps.length] ?? 8;
    const { code: position, shift } = keyFor(scanner, character);
    if (shift) presses.push({ code: 'ShiftLeft', key: 'Shift', at, shift });
    presses.push({ code: position, key: keyOf(device, { code: position, shift }), at, shift });
  }
  if (suffix !== null) presses.push({ code: suffix, key: suffix, at: at + (gaps[0] ?? 8) });
  return presses;
}
