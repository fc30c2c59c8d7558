import type { Random } from '../../src/demo/random.ts';
import type { Form } from './form.ts';
import { Sheet } from './sheet.ts';
import { badNumber, code, number, type Written } from './values.ts';

export interface ExpectedDocument {
  readonly number: string;
  readonly kind: 'purchase' | 'disposal';
  readonly date: string;
  readonly location: string;
  readonly lines: readonly { sku: string; quantity: string }[];
  /** `either`: a broken row stands beside it, which may have been one of its lines. */
  fate: 'accepted' | 'left-out' | 'either';
}

export interface DocumentsFile {
  readonly text: string;
  readonly rows: number;
  readonly documents: readonly ExpectedDocument[];
  /** Rows that must be rejected by themselves. */
  readonly badRows: number;
  /** Whether rows are among them that cannot be taken apart. */
  readonly broken: boolean;
  readonly options: Readonly<Record<string, unknown>>;
}

const header = ['kind', 'number', 'date', 'location', 'sku', 'quantity', 'remark'] as const;
const kindWords = { GRN: 'purchase', WOF: 'disposal', TRF: 'ignore' } as const;
const dateForms = {
  'YYYY-MM-DD': (date: string) => date,
  YYYYMMDD: (date: string) => date.replaceAll('-', ''),
  'DD/MM/YYYY': (date: string) => date.split('-').reverse().join('/'),
  'DD.MM.YYYY': (date: string) => date.split('-').reverse().join('.'),
} as const;

/** One file of documents, each with its lines one after the other. */
export class DocumentsWriter {
  readonly #random: Random;
  readonly #form: Form;
  readonly #sheet: Sheet;
  readonly #documents: ExpectedDocument[] = [];
  readonly #dateForm: keyof typeof dateForms;
  /** Of every row in the order of the file: its document where it is good, `broken` where its cells cannot be trusted. */
  readonly #rows: (ExpectedDocument | 'broken')[] = [];
  #badRows = 0;

  constructor(random: Random, form: Form) {
    this.#random = random;
    this.#form = form;
    this.#sheet = new Sheet(random, form, header);
    this.#dateForm = random.pick(['YYYY-MM-DD', 'YYYYMMDD', 'DD/MM/YYYY', 'DD.MM.YYYY'] as const);
  }

  write(rows: number): DocumentsFile {
    while (this.#sheet.rows < rows) this.#document();
    // A quote that was left open finds here at the latest a quote that cannot close it.
    const quoting = this.#form.quoting !== 'never';
    this.#document({ remark: quoting ? 'lot "1"' : '' });
    const end = this.#document({ end: true });
    this.#judge();
    return {
      text: end?.text ?? '',
      rows: this.#sheet.rows,
      documents: this.#documents,
      badRows: this.#badRows,
      broken: this.#rows.includes('broken'),
      options: { kinds: kindWords, dateFormat: this.#dateForm },
    };
  }

  /** A document with its lines. `end`: the file's last one, of one line. */
  #document(special?: { remark?: string; end?: true }): { text: string } | undefined {
    const random = this.#random;
    const form = this.#form;
    const word = special === undefined ? random.pick(['GRN', 'GRN', 'WOF', 'TRF'] as const) : 'GRN';
    const kind = kindWords[word];
    const date = `2026-${String(random.whole(1, 12)).padStart(2, '0')}-${String(random.whole(1, 28)).padStart(2, '0')}`;
    const location = code(random, form);
    const lines: { sku: string; quantity: string }[] = [];
    const document: ExpectedDocument = {
      // All as long as each other: the half of one, where a file is cut, must not be another one.
      number: `${word}-${String(this.#documents.length + 1).padStart(6, '0')}`,
      kind: kind === 'ignore' ? 'purchase' : kind,
      date,
      location: location.value ?? '',
      lines,
      fate: kind === 'ignore' ? 'left-out' : 'accepted',
    };
    this.#documents.push(document);
    const cellsOf = (sku: Written, quantity: Written, remark = '') => [
      word,
      document.number,
      dateForms[this.#dateForm](date),
      location.text,
      sku.text,
      quantity.text,
      remark,
    ];
    for (let count = special === undefined ? random.whole(1, 6) : 1; count > 0; count -= 1) {
      const sku = code(random, form);
      const quantity = this.#quantity();
      if (special?.end === true) {
        lines.push({ sku: sku.value ?? '', quantity: quantity.value ?? '' });
        const whole = form.end === 'whole' || (form.end === 'no-line-end' && form.manifest);
        if (whole) this.#rows.push(document);
        else {
          document.fate = 'left-out';
          this.#badRows += 1;
          this.#rows.push('broken');
        }
        return this.#sheet.end(cellsOf(sku, quantity));
      }
      if (special === undefined && random.chance(form.damage)) this.#bad(cellsOf, document, kind === 'ignore');
      else {
        lines.push({ sku: sku.value ?? '', quantity: quantity.value ?? '' });
        this.#sheet.row(cellsOf(sku, quantity, special?.remark ?? this.#remark()));
        if (kind !== 'ignore') this.#rows.push(document);
      }
    }
    return undefined;
  }

  #remark(): string {
    const { quoting } = this.#form;
    return quoting === 'never' || this.#random.chance(0.9) ? '' : this.#random.pick(['a\nb', 'say "so"', 'a,b;c|d']);
  }

  #quantity(): Written {
    for (;;) {
      const quantity = number(this.#random, this.#form);
      if (quantity.value?.startsWith('-') === false) return quantity;
    }
  }

  #bad(cellsOf: (sku: Written, quantity: Written) => string[], document: ExpectedDocument, ignored: boolean): void {
    const random = this.#random;
    const form = this.#form;
    const quoting = form.quoting !== 'never';
    const kind = random.pick(['no-number', 'blank-sku', 'few', 'many', 'nul', ...(quoting ? ['stray', 'open'] : [])]);
    const sku = kind === 'blank-sku' ? { text: '', value: undefined } : code(random, form);
    const quantity = kind === 'no-number' ? badNumber(random, form) : this.#quantity();
    const cells = cellsOf(sku, quantity);
    const at = random.whole(0, cells.length - 2);
    const bare = (cells[at] ?? '').replaceAll('"', '').replaceAll(form.delimiter, '').trim();
    let raw: number | undefined;
    if (kind === 'few') cells.pop();
    else if (kind === 'many') cells.splice(at, 0, 'x');
    else if (kind === 'nul') cells[at] = `${bare}\u0000`;
    else if (kind === 'stray' || kind === 'open') {
      raw = at;
      cells[at] = kind === 'open' ? `"${bare}` : form.quoting === 'always' ? `"${bare}"x"` : `${bare || 'x'}"y`;
    }
    this.#sheet.row(cells, raw);
    const named = kind === 'no-number' || kind === 'blank-sku';
    // A row that is left out by its kind is not looked at any further.
    if (named && ignored) return;
    this.#badRows += 1;
    document.fate = 'left-out';
    if (!named) this.#rows.push('broken');
  }

  /** Documents beside a broken row may be left out with it. */
  #judge(): void {
    for (const [index, row] of this.#rows.entries()) {
      if (row !== 'broken') continue;
      for (const near of [this.#near(index, -1), this.#near(index, 1)]) {
        if (near?.fate === 'accepted') near.fate = 'either';
      }
    }
  }

  #near(index: number, step: -1 | 1): ExpectedDocument | undefined {
    for (let next = index + step; next >= 0 && next < this.#rows.length; next += step) {
      const row = this.#rows[next];
      if (row !== 'broken') return row;
    }
    return undefined;
  }
}
