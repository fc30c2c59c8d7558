import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BadRow } from './bad.ts';

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One CSV file in the making. Remembers on which line each bad row comes to stand. */
export class Sheet {
  readonly name: string;
  readonly bad: BadRow[] = [];
  readonly #lines: string[];

  constructor(name: string, header: readonly string[]) {
    this.name = name;
    this.#lines = [header.map(cell).join(',')];
  }

  /** Rows after the header. */
  get rows(): number {
    return this.#lines.length - 1;
  }

  add(cells: readonly string[]): void {
    this.#lines.push(cells.map(cell).join(','));
  }

  /** Adds a row that is wrong. `raw`: the cells as they are, unquoted, for rows whose shape is what is wrong. */
  addBad(
    cells: readonly string[],
    what: string,
    noticedBy: BadRow['noticedBy'],
    more: { document?: string; raw?: true } = {},
  ) {
    this.#lines.push(more.raw === true ? cells.join(',') : cells.map(cell).join(','));
    const { document } = more;
    this.bad.push({
      file: this.name,
      line: this.#lines.length,
      what,
      noticedBy,
      ...(document === undefined ? {} : { document }),
    });
  }

  /** What `save` writes. CRLF and a byte order mark are usual. */
  get text(): string {
    return `\uFEFF${this.#lines.join('\r\n')}\r\n`;
  }

  /** Writes under a temporary name and renames, as an ERP that can be trusted does. */
  async save(dir: string): Promise<void> {
    await mkdir(dir, { recursive: true });
    await saveText(dir, this.name, this.text);
  }
}

export async function saveText(dir: string, name: string, text: string): Promise<void> {
  const temporary = join(dir, `.${name}.tmp`);
  await writeFile(temporary, text);
  await rename(temporary, join(dir, name));
}
