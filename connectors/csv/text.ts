/**
 * Marks that nobody sees: bidi controls, zero-width characters, a byte order mark inside, soft hyphens. Two codes that differ
 * by nothing else are the same code to whoever reads them.
 */
const mark = '[\\u00AD\\u061C\\u180E\\u200B-\\u200F\\u202A-\\u202E\\u2060-\\u2064\\u2066-\\u206F\\uFEFF]|\\u034F';
const marks = new RegExp(mark, 'g');
const endMarks = new RegExp(`^(?:\\s|${mark})+|(?:\\s|${mark})+$`, 'g');

/** Every blank of Unicode that is not U+0020: no-break, narrow no-break, thin, ideographic. */
const oddBlanks = /[\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: plain means that no such character is there
const plain = /^[\x00-\x7e]*$/;

/** `="00123"` is how a spreadsheet is made to keep a code as it is: the code is what stands in the quotes. */
const wrapped = /^="((?:[^"]|"")*)"$/;

/** Takes `="00123"` out of its wrapping; other text comes back unchanged. */
export function unwrap(text: string): string {
  if (!text.startsWith('="')) return text;
  const match = wrapped.exec(text);
  return match === null ? text : (match[1] ?? '').replaceAll('""', '"');
}

/** Whether the text holds marks that nobody sees. */
export function hasMarks(text: string): boolean {
  return !plain.test(text) && text.search(marks) >= 0;
}

/** Codes and words: without invisible marks, with U+0020 for every blank, without blanks at the ends where `trim` says so. */
export function cleanWord(text: string, trim: boolean): string {
  const word = plain.test(text) ? text : text.replace(marks, '').replace(oddBlanks, ' ');
  return trim ? word.trim() : word;
}

/** Running text: as it is (a zero-width joiner shapes Persian words), without blanks and marks at its ends where `trim` says so. */
export function cleanText(text: string, trim: boolean): string {
  if (!trim) return text;
  return plain.test(text) ? text.trim() : text.replace(endMarks, '');
}

/** Arabic-Indic (٠-٩) and Persian (۰-۹) digits as 0-9; all else as it is. */
export function asciiDigits(text: string): string {
  return text.replace(/[\u0660-\u0669\u06F0-\u06F9]/g, (digit) => String(digit.charCodeAt(0) & 0x0f));
}
