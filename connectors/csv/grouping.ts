import { type Change, type Reject, type StockDocument, stockDocument } from '../../src/connector/index.ts';
import { headerOf, type Layout } from './columns.ts';
import { HeaderLines } from './header-lines.ts';
import type { DocumentFiles } from './options.ts';
import { type FileRows, PlainLines, type Taker } from './plain-lines.ts';
import { type Problem, rejectOf, schemaProblem } from './reject.ts';
import type { Row } from './rows.ts';
import { ValueReader, type Values } from './values.ts';
import type { Warnings } from './warnings.ts';

/** A row and the file that it stands in. */
export interface Placed {
  readonly file: string;
  readonly row: Row;
}

interface Block {
  /** The block of a header record and its lines, counted from 1; 0 where each line stands for itself, -1 where there is no header. */
  readonly block: number;
  /** The header record. */
  readonly head?: Row | undefined;
}

/** A row that can be used: a document with this one line. */
interface GoodRow extends Placed, Block {
  readonly document: StockDocument;
  readonly key: string;
}

interface BadRow extends Placed, Block {
  readonly problem: Problem;
  /** What the row says it belongs to. */
  readonly names: readonly string[];
  /** True where the cells may be shifted or cut, so that the rows around it are in doubt when no name is known. */
  readonly broken: boolean;
  /** How many good rows came before it. */
  readonly position: number;
}

interface Group {
  rows: GoodRow[];
  /** The line because of which the document is left out. */
  spoiledBy?: Placed;
}

export interface Gathered {
  readonly changes: Change<'documents'>[];
  readonly rejected: readonly (Placed & { readonly problem: Problem })[];
}

/** Keeps a composed key unambiguous: after this, `/` parts and nothing else. */
function keyPart(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('/', '%2F');
}

/** Document key: company, kind, and the ERP's id, else the year and the number. */
export function documentKey(document: StockDocument): string {
  const { company = '', kind, id, number, date } = document;
  return [keyPart(company), kind, ...(id === undefined ? [date.slice(0, 4), number] : ['id', id])].join('/');
}

/** Gathers the rows of one file, or of several, into documents. A document is atomic: one bad line leaves out all of it. */
export class DocumentGrouping {
  readonly #files: DocumentFiles;
  readonly #timezone: string;
  readonly #warnings: Warnings;
  readonly #good: GoodRow[] = [];
  readonly #bad: BadRow[] = [];
  /** Of the last file: says what its columns are called. */
  #layout: Layout<'documents'> | undefined;

  constructor(files: DocumentFiles, timezone: string, warnings: Warnings) {
    this.#files = files;
    this.#timezone = timezone;
    this.#warnings = warnings;
  }

  /** Begins with a file. What comes back takes its rows. */
  open(file: string, layout: Layout<'documents'>): FileRows {
    this.#layout = layout;
    const reader = (part: Layout<'documents'>) =>
      new ValueReader('documents', file, part, this.#files, this.#timezone, this.#warnings);
    const taker: Taker = {
      take: (row, values, block, head) => this.#take({ file, row, block, head }, layout, values),
      spoil: (row, problem, names, { broken = false, block = 0 }) => {
        this.#bad.push({ file, row, problem, names, broken, block, position: this.#good.length });
      },
    };
    return this.#files.layout === 'header-lines'
      ? new HeaderLines(file, layout, this.#files, reader, taker)
      : new PlainLines(layout, reader(layout), taker);
  }

  #take(at: Placed & Block, layout: Layout<'documents'>, { raw, problem: unreadable }: Values): void {
    const kind = this.#files.kinds[raw.kind ?? ''] ?? raw.kind;
    if (kind === 'ignore') return;
    const problem = unreadable ?? negative(raw.quantity, layout);
    const result = stockDocument.safeParse({
      ...raw,
      kind,
      lines: [{ sku: raw.sku, quantity: raw.quantity, unit: raw.unit }],
    });
    if (problem !== undefined || !result.success) {
      const names = [raw.id, raw.number].filter((name) => name !== undefined);
      const why = problem ?? schemaProblem(result.error?.issues[0], raw, layout);
      this.#bad.push({ ...at, problem: why, names, broken: false, position: this.#good.length });
      return;
    }
    this.#good.push({ ...at, document: result.data, key: documentKey(result.data) });
  }

  /**
   * The documents in the order of their first lines, and a rejection for every bad line. `elsewhere`: documents that may not be
   * taken, with the reason.
   */
  finish(elsewhere: ReadonlyMap<string, string> = new Map()): Gathered {
    const groups = new Map<string, Group>();
    for (const row of this.#good) {
      const group = groups.get(row.key);
      if (group === undefined) groups.set(row.key, { rows: [row] });
      else group.rows.push(row);
    }
    const rejects: Reject[] = [];
    const rejected: (Placed & { problem: Problem })[] = [];
    const reject = ({ file, row }: Placed, problem: Problem, keys: readonly string[]) => {
      for (const key of keys) {
        const group = groups.get(key);
        if (group !== undefined) group.spoiledBy ??= { file, row };
      }
      const whole = keys.length === 0 ? '' : `; left out as a whole: ${keys.join(', ')}`;
      rejects.push(rejectOf(file, row.line, { ...problem, reason: problem.reason + whole }, keys[0]));
      rejected.push({ file, row, problem });
    };
    const suspects = new Suspects(this.#good);
    for (const bad of this.#bad) reject(bad, bad.problem, suspects.of(bad));
    for (const [key, group] of groups) {
      const conflict = firstBlock(group) ?? this.#conflict(group.rows) ?? this.#repeated(group.rows);
      if (conflict !== undefined) reject(conflict.at, conflict.problem, [key]);
      const reason = elsewhere.get(key);
      const [first] = group.rows;
      if (reason !== undefined && first !== undefined) reject(first, { reason }, [key]);
    }
    const changes: Change<'documents'>[] = [...rejects];
    const named = new Set(rejected.map(({ row }) => row));
    for (const [key, group] of groups) {
      if (group.spoiledBy === undefined) changes.push(upsertOf(key, group.rows));
      else {
        const by = group.spoiledBy;
        for (const { file, row, head } of group.rows) {
          const where = file === by.file ? '' : `${by.file} `;
          const reason = `belongs to a document that is left out because of ${where}line ${by.row.line}`;
          for (const one of [row, ...(head === undefined ? [] : [head])]) {
            if (named.has(one)) continue;
            named.add(one);
            rejected.push({ file, row: one, problem: { reason } });
          }
        }
      }
    }
    return { changes, rejected: rejected.sort((a, b) => a.row.line - b.row.line) };
  }

  /** The first line that disagrees with the document's first one. */
  #conflict(rows: readonly GoodRow[]): Conflict | undefined {
    const [first] = rows;
    for (const at of rows) {
      for (const field of repeated) {
        const value = at.document[field] ?? '';
        const other = first?.document[field] ?? '';
        if (value === other) continue;
        const column = headerOf(this.#layout?.columns[field], field);
        const where = first?.file === at.file ? '' : `${first?.file} `;
        const reason = `differs from "${other}" in ${where}line ${first?.row.line} of the same document`;
        return { at, problem: { column, value, reason } };
      }
    }
    return undefined;
  }

  /** The second line of a SKU, where the configuration says that there must be none. */
  #repeated(rows: readonly GoodRow[]): Conflict | undefined {
    if (this.#files.duplicates === 'sum') return undefined;
    const seen = new Map<string, GoodRow>();
    for (const at of rows) {
      const sku = at.document.lines[0]?.sku ?? '';
      const before = seen.get(sku);
      if (before === undefined) {
        seen.set(sku, at);
        continue;
      }
      return { at, problem: { value: sku, reason: `repeats the SKU of line ${before.row.line} of the same document` } };
    }
    return undefined;
  }
}

interface Conflict {
  readonly at: Placed;
  readonly problem: Problem;
}

function negative(quantity: string | undefined, layout: Layout<'documents'>): Problem | undefined {
  if (quantity === undefined || !/^-[\d.]*[1-9]/.test(quantity)) return undefined;
  return {
    column: headerOf(layout.columns.quantity, 'quantity'),
    value: quantity,
    reason: 'is negative; the kind of the document says whether goods came or left',
  };
}

/** Finds the documents that a bad row may belong to. */
class Suspects {
  readonly #good: readonly GoodRow[];
  readonly #byName = new Map<string, Set<string>>();
  readonly #byBlock = new Map<string, string>();

  constructor(good: readonly GoodRow[]) {
    this.#good = good;
    for (const { document, key, block, file } of good) {
      if (block > 0) this.#byBlock.set(`${block} ${file}`, key);
      for (const name of [document.id, document.number]) {
        if (name !== undefined) this.#byName.set(name, (this.#byName.get(name) ?? new Set()).add(key));
      }
    }
  }

  /** Those that it names or stands in, else those of the rows before and after it. */
  of({ names, broken, block, position, row, file }: BadRow): string[] {
    const keys = new Set(names.flatMap((name) => [...(this.#byName.get(name) ?? [])]));
    const own = this.#byBlock.get(`${block} ${file}`);
    if (own !== undefined) keys.add(own);
    const unnamed = broken ? keys.size === 0 : names.length === 0 && block === 0;
    if (unnamed || row.cut === true) {
      for (const near of [this.#good[position - 1], this.#good[position]]) {
        if (near !== undefined && near.file === file) keys.add(near.key);
      }
    }
    return [...keys];
  }
}

/** Of a document with several header records: the first, where all say the same; else the conflict. */
function firstBlock(group: Group): Conflict | undefined {
  const blocks = new Map<string, GoodRow[]>();
  for (const row of group.rows) {
    const name = `${row.block} ${row.file}`;
    blocks.set(name, [...(blocks.get(name) ?? []), row]);
  }
  const [first = [], ...others] = blocks.values();
  if (others.length === 0 || first[0]?.block === 0) return undefined;
  const content = (rows: readonly GoodRow[]) => contentOf(upsertOf('', rows).value);
  const different = others.find((rows) => content(rows) !== content(first))?.[0];
  if (different !== undefined) {
    const reason = `the document has another header record, before line ${first[0]?.row.line}, with other lines`;
    return { at: different, problem: { reason } };
  }
  group.rows = first;
  return undefined;
}

/** What a document moves, where and when: notes and the like may differ from export to export. */
export function contentOf({ date, location, partner, lines }: StockDocument): string {
  const moved = lines.map(({ sku, quantity, unit }) => JSON.stringify([sku, quantity, unit])).sort();
  return JSON.stringify([date, location, partner, moved]);
}

/** Fields that every line of a document has to repeat unchanged. */
const repeated = ['number', 'date', 'location', 'partner', 'deliveryDate'] as const;

function upsertOf(key: string, rows: readonly GoodRow[]): Change<'documents'> & { readonly op: 'upsert' } {
  const documents = rows.map((row) => row.document);
  const firstOf = (field: 'waybill' | 'note') => documents.find((one) => one[field] !== undefined)?.[field];
  // Of several booking times the earliest: goods taken as counted by the ERP too soon lower a figure, too late would raise it.
  const [bookedAt] = documents.flatMap((one) => one.bookedAt ?? []).sort((a, b) => Date.parse(a) - Date.parse(b));
  const [first] = documents;
  const value = { ...first, waybill: firstOf('waybill'), note: firstOf('note'), bookedAt } as StockDocument;
  return {
    op: 'upsert',
    key,
    value: { ...value, lines: documents.flatMap((one) => one.lines) },
    place: { file: rows[0]?.file, line: rows[0]?.row.line },
  };
}
