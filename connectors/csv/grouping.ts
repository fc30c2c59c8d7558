import { type Change, type Reject, type StockDocument, stockDocument } from '../../src/connector/index.ts';
import { headerOf, type Layout, textOf } from './columns.ts';
import type { DocumentFiles } from './options.ts';
import { type Problem, rejectOf, schemaProblem, shapeProblem } from './reject.ts';
import type { Row } from './rows.ts';
import { ValueReader } from './values.ts';
import type { Warnings } from './warnings.ts';

/** A row that can be used: a document with this one line. */
interface GoodRow {
  readonly row: Row;
  readonly document: StockDocument;
  readonly key: string;
}

interface BadRow {
  readonly row: Row;
  readonly problem: Problem;
  /** What the row says it belongs to. */
  readonly names: readonly string[];
  /** True where the cells may be shifted or cut, so that the rows around it are in doubt when no name is known. */
  readonly broken: boolean;
  /** How many good rows came before it. */
  readonly position: number;
}

interface Group {
  readonly rows: GoodRow[];
  /** The line because of which the document is left out. */
  spoiledBy?: number;
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

/** Fields that every line of a document has to repeat unchanged. */
const repeated = ['number', 'date', 'location', 'partner', 'deliveryDate'] as const;

/** Gathers the rows of one file into documents. A document is atomic: one bad line leaves out all of it. */
export class DocumentGrouping {
  readonly #file: string;
  readonly #layout: Layout<'documents'>;
  readonly #files: DocumentFiles;
  readonly #reader: ValueReader<'documents'>;
  /** Rows that `where` leaves out. */
  leftOut = 0;
  readonly #good: GoodRow[] = [];
  readonly #bad: BadRow[] = [];

  constructor(file: string, layout: Layout<'documents'>, files: DocumentFiles, timezone: string, warnings: Warnings) {
    this.#file = file;
    this.#layout = layout;
    this.#files = files;
    this.#reader = new ValueReader('documents', file, layout, files, timezone, warnings);
  }

  add(row: Row): void {
    const shape = shapeProblem(row, this.#layout.width);
    if (shape !== undefined) {
      this.#spoil(row, shape, this.#likelyNames(row.cells), true);
      return;
    }
    const left = this.#reader.leavesOut(row);
    if (left === true) {
      this.leftOut += 1;
      return;
    }
    const { raw, problem: unreadable = left === false ? undefined : left } = this.#reader.read(row);
    const kind = this.#files.kinds[raw.kind ?? ''] ?? raw.kind;
    if (kind === 'ignore') return;
    const problem = unreadable ?? this.#negative(raw.quantity);
    const result = stockDocument.safeParse({
      ...raw,
      kind,
      lines: [{ sku: raw.sku, quantity: raw.quantity, unit: raw.unit }],
    });
    if (problem !== undefined || !result.success) {
      const names = [raw.id, raw.number].filter((name) => name !== undefined);
      this.#spoil(row, problem ?? schemaProblem(result.error?.issues[0], raw, this.#layout), names, false);
      return;
    }
    this.#good.push({ row, document: result.data, key: documentKey(result.data) });
  }

  /** Of a row whose cells may be shifted: what stands where the names belong, and any text too long to be a quantity. */
  #likelyNames(cells: readonly string[]): string[] {
    const { id, number } = this.#layout.columns;
    const own = [textOf(id, cells, true), textOf(number, cells, true)].filter((name) => name !== undefined);
    return [...own, ...cells.filter((cell) => cell.trim().length >= 4)];
  }

  #negative(quantity: string | undefined): Problem | undefined {
    if (quantity === undefined || !/^-[\d.]*[1-9]/.test(quantity)) return undefined;
    return {
      column: headerOf(this.#layout.columns.quantity, 'quantity'),
      value: quantity,
      reason: 'is negative; the kind of the document says whether goods came or left',
    };
  }

  #spoil(row: Row, problem: Problem, names: readonly string[], broken: boolean): void {
    this.#bad.push({ row, problem, names, broken, position: this.#good.length });
  }

  /** The file's documents in the order of their first lines, and a rejection for every bad line. */
  finish(): { changes: Change<'documents'>[]; rejected: { row: Row; problem: Problem }[] } {
    const groups = new Map<string, Group>();
    for (const row of this.#good) {
      const group = groups.get(row.key);
      if (group === undefined) groups.set(row.key, { rows: [row] });
      else group.rows.push(row);
    }
    const byName = new Map<string, Set<string>>();
    for (const [key, { rows }] of groups) {
      for (const { document } of rows) {
        for (const name of [document.id, document.number]) {
          if (name !== undefined) byName.set(name, (byName.get(name) ?? new Set()).add(key));
        }
      }
    }
    const rejects: Reject[] = [];
    const rejected: { row: Row; problem: Problem }[] = [];
    const reject = (row: Row, problem: Problem, keys: readonly string[]) => {
      for (const key of keys) {
        const group = groups.get(key);
        if (group !== undefined) group.spoiledBy ??= row.line;
      }
      const whole = keys.length === 0 ? '' : `; left out as a whole: ${keys.join(', ')}`;
      rejects.push(rejectOf(this.#file, row.line, { ...problem, reason: problem.reason + whole }, keys[0]));
      rejected.push({ row, problem });
    };
    for (const bad of this.#bad) reject(bad.row, bad.problem, this.#suspects(bad, byName));
    for (const [key, group] of groups) {
      const conflict = this.#conflict(group.rows);
      if (conflict !== undefined) reject(conflict.row, conflict.problem, [key]);
    }
    const changes: Change<'documents'>[] = [...rejects];
    for (const [key, group] of groups) {
      if (group.spoiledBy === undefined) {
        changes.push(this.#upsert(key, group.rows));
        continue;
      }
      const named = new Set(rejected.map(({ row }) => row));
      for (const { row } of group.rows) {
        if (named.has(row)) continue;
        rejected.push({
          row,
          problem: { reason: `belongs to a document that is left out because of line ${group.spoiledBy}` },
        });
      }
    }
    return { changes, rejected: rejected.sort((a, b) => a.row.line - b.row.line) };
  }

  /** The documents that a bad row may belong to: those that it names, else those of the rows before and after it. */
  #suspects(bad: BadRow, byName: ReadonlyMap<string, ReadonlySet<string>>): string[] {
    const keys = new Set(bad.names.flatMap((name) => [...(byName.get(name.trim()) ?? [])]));
    const unnamed = bad.broken ? keys.size === 0 : bad.names.length === 0;
    if (unnamed || bad.row.cut === true) {
      for (const near of [bad.position - 1, bad.position]) {
        const key = this.#good[near]?.key;
        if (key !== undefined) keys.add(key);
      }
    }
    return [...keys];
  }

  /** The first line that disagrees with the document's first one. */
  #conflict(rows: readonly GoodRow[]): { row: Row; problem: Problem } | undefined {
    const [first] = rows;
    for (const { row, document } of rows) {
      for (const field of repeated) {
        if (document[field] === first?.document[field]) continue;
        const column = headerOf(this.#layout.columns[field], field);
        return {
          row,
          problem: {
            column,
            value: document[field] ?? '',
            reason: `differs from "${first?.document[field] ?? ''}" in line ${first?.row.line} of the same document`,
          },
        };
      }
    }
    return undefined;
  }

  #upsert(key: string, rows: readonly GoodRow[]): Change<'documents'> {
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
      place: { file: this.#file, line: rows[0]?.row.line },
    };
  }
}
