import Big from 'big.js';
import { asciiDigits, cleanWord } from './text.ts';

/** How the numbers of a file are written. */
export interface NumberFormat {
  readonly decimalSeparator: '.' | ',';
  readonly thousandsSeparator: 'none' | ',' | '.' | ' ' | "'";
  /** How a negative number may be written beside `-12`: `12-`, or `(12)`. */
  readonly negatives: 'leading' | 'trailing' | 'parentheses';
  /** What to do with `1.2E+05`: a spreadsheet that writes so may have dropped digits. */
  readonly exponentNumbers: 'reject' | 'accept';
}

/** Why a text is not the value that its column should hold. */
export interface Refused {
  readonly refused: string;
}

export function isRefused(value: unknown): value is Refused {
  return typeof value === 'object' && value !== null && 'refused' in value;
}

/** A text as a plain decimal (`-1234.50`), exactly the same number, or the reason why it is none. Never a guess. */
export type NumberReader = (text: string) => string | Refused;

const arabicDecimal = '\u066B';
const arabicThousands = '\u066C';
const digitSets = [/[0-9]/, /[\u0660-\u0669]/, /[\u06F0-\u06F9]/];

function escaped(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function refuse(why: string): Refused {
  return { refused: `must be a decimal number${why}` };
}

const readers = new Map<string, NumberReader>();

/** The reader of a format; the same one for the same format. */
export function numberReader(format: NumberFormat): NumberReader {
  const { decimalSeparator, thousandsSeparator, negatives, exponentNumbers } = format;
  const key = [decimalSeparator, thousandsSeparator, negatives, exponentNumbers].join('/');
  let reader = readers.get(key);
  if (reader === undefined) {
    reader = makeReader(format);
    readers.set(key, reader);
  }
  return reader;
}

/**
 * Numbers as `format` says. Besides, everywhere: a plus sign, `.5`, Arabic-Indic and Persian digits with ٫ and ٬ (which say what
 * they are), no-break and narrow no-break blanks where blanks part thousands, ’ where ' does, U+2212 for a minus, invisible marks
 * around it all. Groups of thousands have three digits after a first of one to three that is not 0, all parted by the same sign.
 */
function makeReader(format: NumberFormat): NumberReader {
  const { decimalSeparator, thousandsSeparator, negatives, exponentNumbers } = format;
  const point = escaped(decimalSeparator);
  const group = thousandsSeparator === 'none' ? undefined : escaped(thousandsSeparator);
  // What nearly every number of such a file is.
  const usual = new RegExp(`^-?(?:\\d+${group ? `|[1-9]\\d{0,2}(?:${group}\\d{3})+` : ''})(?:${point}\\d+)?$`);
  const groups = group === undefined ? arabicThousands : `${group}${arabicThousands}`;
  const points = `[${point}${arabicDecimal}]`;
  const whole = `\\d+|[1-9]\\d{0,2}(?<group>[${groups}])\\d{3}(?:\\k<group>\\d{3})*`;
  const general = new RegExp(`^(?:(?<whole>${whole})(?:${points}(?<fraction>\\d+))?|${points}(?<only>\\d+))$`);
  const exponent = new RegExp(`^\\d+(?:${points}\\d+)?[eE][+-]?\\d{1,2}$`);

  const plainOf = (text: string): string => {
    const bare = thousandsSeparator === 'none' ? text : text.replaceAll(thousandsSeparator, '');
    return decimalSeparator === '.' ? bare : bare.replace(decimalSeparator, '.');
  };

  return (text) => {
    if (usual.test(text)) return plainOf(text);
    if (digitSets.filter((digits) => digits.test(text)).length > 1) return refuse(': it mixes digits of two scripts');
    let rest = asciiDigits(cleanWord(text, true)).replaceAll('\u2212', '-').replaceAll('\u2019', "'");
    let sign = '';
    if (/^[+-]/.test(rest)) {
      if (rest.startsWith('-')) sign = '-';
      rest = rest.slice(1);
    } else if (negatives === 'trailing' && rest.endsWith('-')) {
      sign = '-';
      rest = rest.slice(0, -1);
    } else if (negatives === 'parentheses' && rest.startsWith('(') && rest.endsWith(')')) {
      sign = '-';
      rest = rest.slice(1, -1);
    }
    const match = general.exec(rest);
    if (match !== null) {
      const { whole: integer = '0', fraction, only } = match.groups ?? {};
      const decimals = fraction ?? only;
      return `${sign}${integer.replace(/\D/g, '')}${decimals === undefined ? '' : `.${decimals}`}`;
    }
    if (exponent.test(rest)) {
      if (exponentNumbers === 'reject') {
        return refuse(
          ': an exponent is how a spreadsheet writes a long number, and digits may be lost. Export without a spreadsheet; where the ERP writes so, set `exponentNumbers: accept`',
        );
      }
      return `${sign}${new Big(rest.replace(/[,\u066B]/, '.')).toFixed()}`;
    }
    return whyNot(rest, format);
  };
}

/** The reason for a text that is no number, for the person who mends it. `rest`: with ASCII digits, without its sign. */
function whyNot(rest: string, { decimalSeparator, thousandsSeparator, negatives }: NumberFormat): Refused {
  if (rest.startsWith('#')) return refuse(', and this is the error of a spreadsheet');
  if (!/\d/.test(rest)) return refuse(' such as 12 or -0.5; a dash or a word is not zero');
  if (/^[\d.,]+-$/.test(rest) && negatives !== 'trailing')
    return refuse('; where the ERP writes -12 as `12-`, set `negatives: trailing`');
  if (/^\([\d.,' ]+\)$/.test(rest) && negatives !== 'parentheses')
    return refuse('; where the ERP writes -12 as `(12)`, set `negatives: parentheses`');
  const beside = /[^\d.,' +()\u066B\u066C-]+/.exec(rest)?.[0];
  if (beside !== undefined)
    return refuse(`, without "${beside.slice(0, 20)}" beside it: a unit has a field of its own`);
  const parting = [...rest].filter((character) => ".,' ".includes(character) && character !== decimalSeparator);
  const odd = parting.find((character) => character !== thousandsSeparator);
  if (odd !== undefined) {
    return refuse(
      `: "${odd}" is neither \`decimalSeparator\` ("${decimalSeparator}") nor \`thousandsSeparator\` (${thousandsSeparator === 'none' ? 'none' : `"${thousandsSeparator}"`}), so what it parts is in doubt`,
    );
  }
  if (parting.length > 0) return refuse(', and its groups of thousands are not groups of three digits');
  return refuse(' such as 12 or -0.5');
}
