const newline = 10;
const carriageReturn = 13;

export const lineEnd = /\r\n|\n|\r/;

/** How many line ends there are in text that holds nothing else. */
export function linesOf(blank: Buffer): number {
  return blank.length === 0 ? 0 : (blank.toString('latin1').match(/\r\n|\n|\r/g)?.length ?? 0);
}

/** How many bytes the first line takes, its line end included. */
export function lineSize(text: Buffer): number {
  const feed = text.indexOf(newline);
  const end = feed < 0 ? text.length : feed + 1;
  const back = text.subarray(0, end).indexOf(carriageReturn);
  if (back < 0) return end;
  return text[back + 1] === newline ? back + 2 : back + 1;
}

export function linesIn(text: Buffer): string[] {
  const lines = text.toString('utf8').split(lineEnd);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
