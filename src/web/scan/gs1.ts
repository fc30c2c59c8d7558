/** What GS1's General Specifications say of the codes on goods, as far as telling one article from another needs it. */
import { groupSeparator } from './keys.ts';

/** Symbologies whose content is a list of GS1 fields: GS1-128, DataBar, GS1 DataMatrix, GS1 QR, GS1 DotCode. */
const fieldCarriers = new Set([']C1', ']e0', ']e1', ']e2', ']d2', ']Q3', ']J1']);

/**
 * What a scan may stand for, the likeliest first: the text itself, and the trade item number (GTIN) that it carries
 * in a GS1 field. Only field 01 counts: 02 names what is inside of a carton, and a carton is not one of it.
 */
export function readings(code: string): string[] {
  const aim = /^\][A-Za-z][0-9]/.exec(code)?.[0];
  const text = aim === undefined ? code : code.slice(aim.length);
  const content = text.replaceAll(groupSeparator, '');
  const carried = gtinOf(text, aim !== undefined && fieldCarriers.has(aim));
  return [...new Set(carried === null ? [content, code] : [content, carried, code])].filter((one) => one !== '');
}

function gtinOf(text: string, fields: boolean): string | null {
  // As printed below the bars, and as GS1 Digital Link puts it into a QR code.
  const spelled = /^\(01\)(\d{14})/.exec(text) ?? /^https?:\/\/[^?#]*\/01\/(\d{8,14})(?:[/?#]|$)/i.exec(text);
  if (spelled?.[1] !== undefined) return spelled[1];
  const start = text.startsWith(groupSeparator) ? 1 : 0;
  const found = /^01(\d{14})/.exec(text.slice(start))?.[1];
  if (found === undefined) return null;
  // Many scanners send no AIM identifier. Sixteen digits that begin with 01 may be somebody's own number: the check digit tells.
  return fields || start === 1 || hasCheckDigit(found) ? found : null;
}

/**
 * The form in which two trade item numbers are compared, 14 digits; null for what is none.
 * EAN-8, UPC-A, EAN-13 and GTIN-14 of one article differ in leading zeros alone, and spreadsheets drop those.
 * A GTIN-14 that begins with 1 to 9 names a carton or a weight and stays another code than its piece: 12 are not one.
 */
export function gtin14(code: string): string | null {
  if (!/^\d{8,14}$/.test(code)) return null;
  const padded = code.padStart(14, '0');
  return hasCheckDigit(padded) ? padded : null;
}

/** Digits weigh 3 and 1 in turn from the left, for 14 of them. */
function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (const [index, digit] of [...digits].entries()) sum += Number(digit) * (index % 2 === 0 ? 3 : 1);
  return sum % 10 === 0;
}
