import { lineSize } from './lines.ts';
import type { AnyFiles } from './options.ts';
import type { Row } from './row.ts';
import { badSource } from './source-file.ts';
import { type Dialect, Splitter } from './split.ts';
import type { Warnings } from './warnings.ts';

/** What may stand between two values, the likeliest first. */
export const delimiters = [',', ';', '\t', '|'] as const;

/** How many lines at the start of a file the dialect and the header are looked for in. */
export const headLines = 50;

interface Attempt {
  readonly delimiter: string;
  readonly rows: readonly Row[];
  /** Where the header stands in `rows`; -1 where this delimiter yields none. */
  readonly header: number;
}

/** The first lines of a block. */
function headOf(block: Buffer): Buffer {
  let at = 0;
  for (let count = 0; count < 2 * headLines && at < block.length; count += 1) at += lineSize(block.subarray(at));
  return block.subarray(0, at);
}

/** How many of the rows after the header are as wide as it is, from 0 to 1. */
function evenness({ rows, header }: Attempt): number {
  const width = rows[Math.max(0, header)]?.cells.length ?? 0;
  if (width < 2) return 0;
  const after = rows.slice(Math.max(0, header) + 1);
  return after.length === 0 ? 0.5 : after.filter((row) => row.cells.length === width).length / after.length;
}

function detect(file: string, files: AnyFiles, head: Buffer, isHeader: (cells: readonly string[]) => boolean) {
  const attempts = delimiters.map((delimiter): Attempt => {
    const rows = new Splitter(file, { quote: files.quote, escape: files.escape, delimiter }).end(head);
    const header = rows.slice(0, headLines).findIndex((row) => row.fault === undefined && isHeader(row.cells));
    return { delimiter, rows, header };
  });
  const fitting = attempts.filter((attempt) => attempt.header >= 0);
  const [only] = fitting;
  if (fitting.length === 1 && only !== undefined) return { delimiter: only.delimiter, doubtful: false };
  // Columns by position fit many readings; without any that fits, the best one shows the person which columns there are.
  const pool = fitting.length > 0 ? fitting : attempts;
  const [best, second] = pool.toSorted((a, b) => evenness(b) - evenness(a));
  if (fitting.length > 1 && best !== undefined && second !== undefined && evenness(best) === evenness(second)) {
    throw badSource(
      file,
      `may be parted by "${best.delimiter}" or by "${second.delimiter}": both give the columns that are needed.`,
      'Set `delimiter`.',
    );
  }
  return { delimiter: best?.delimiter ?? ',', doubtful: fitting.length > 1 };
}

/** `sep=;` in the first line, by which a spreadsheet is told the delimiter, and how many bytes it takes. */
function stated(block: Buffer): { delimiter: string; size: number } | undefined {
  const match = /^"?sep=([^\r\n"])"?[ \t]*(?:\r\n|\n|\r|$)/i.exec(block.toString('latin1', 0, 32));
  return match === null ? undefined : { delimiter: match[1] ?? '', size: match[0].length };
}

/**
 * How the file parts and quotes its values, and the block without the line that only says so (`before`: how many lines that is).
 * `block`: the first lines of the file. Throws CONNECTOR_BAD_SOURCE where `delimiter: auto` cannot be decided.
 */
export function dialectOf(
  file: string,
  files: AnyFiles,
  block: Buffer,
  isHeader: (cells: readonly string[]) => boolean,
  warnings: Warnings,
): { dialect: Dialect; rest: Buffer; before: number } {
  const how = { quote: files.quote, escape: files.escape };
  const said = stated(block);
  if (said !== undefined) {
    const { delimiter, size } = said;
    if (files.delimiter !== 'auto' && files.delimiter !== delimiter) {
      warnings.add(
        `${file}: its first line says that "${delimiter}" parts its values, so \`delimiter\` is not followed`,
      );
    }
    return { dialect: { ...how, delimiter }, rest: block.subarray(size), before: 1 };
  }
  if (files.delimiter !== 'auto') {
    return { dialect: { ...how, delimiter: files.delimiter }, rest: block, before: 0 };
  }
  const { delimiter, doubtful } = detect(file, files, headOf(block), isHeader);
  if (doubtful) {
    warnings.add(`${file}: "${delimiter}" seems to part its values, but another delimiter fits too; set \`delimiter\``);
  }
  return { dialect: { ...how, delimiter }, rest: block, before: 0 };
}
