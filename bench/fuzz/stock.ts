import type { Random } from '../../src/demo/random.ts';
import { badLetter, type Form, hasBadBytes } from './form.ts';
import { Sheet } from './sheet.ts';
import { badNumber, code, eatenCode, exponent, note, number, type Written } from './values.ts';

/** What must become of a row. Without a value it must be rejected. */
export interface Expected {
  readonly line: number;
  readonly kind: string;
  readonly value?: { sku: string; location: string; quantity: string; unit: string | undefined };
}

export interface StockFile {
  readonly text: string;
  readonly rows: number;
  readonly expected: readonly Expected[];
  /** The option `columns`. */
  readonly columns: Readonly<Record<string, string>>;
}

type Field = 'sku' | 'location' | 'quantity' | 'unit' | 'note' | 'batch';

const names: readonly Readonly<Record<Field, string>>[] = [
  { sku: 'sku', location: 'location', quantity: 'quantity', unit: 'unit', note: 'note', batch: 'batch' },
  { sku: 'Item No.', location: 'Location Code', quantity: 'Qty on Hand', unit: 'UoM', note: 'Remarks', batch: 'Lot' },
];
const arabicNames: Readonly<Record<Field, string>> = {
  sku: 'رقم الصنف',
  location: 'المستودع',
  quantity: 'الكمية',
  unit: 'الوحدة',
  note: 'ملاحظات',
  batch: 'التشغيلة',
};

function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

const kindsOfDamage = [
  'few',
  'many',
  'blank-sku',
  'blank-location',
  'blank-quantity',
  'no-number',
  'eaten',
  'exponent',
  'nul',
  'bytes',
  'stray-quote',
  'open-quote',
] as const;
type Damage = (typeof kindsOfDamage)[number];

/** One stock file with `rows` rows. */
export class StockWriter {
  readonly #random: Random;
  readonly #form: Form;
  readonly #order: Field[];
  readonly #sheet: Sheet;
  readonly #columns: Record<string, string>;
  readonly #expected: Expected[] = [];
  readonly #locations: readonly Written[];
  readonly #damages: readonly Damage[];

  constructor(random: Random, form: Form) {
    this.#random = random;
    this.#form = form;
    const name = random.pick(form.arabic ? [...names, arabicNames] : names);
    this.#order = shuffled(random, ['sku', 'location', 'quantity', 'unit', 'note', 'batch'] as const);
    this.#sheet = new Sheet(
      random,
      form,
      this.#order.map((field) => name[field]),
    );
    this.#columns = { sku: name.sku, location: name.location, quantity: name.quantity, unit: name.unit };
    this.#locations = Array.from({ length: 6 }, () => code(random, form));
    this.#damages = kindsOfDamage.filter((damage) => {
      if (damage === 'bytes') return hasBadBytes(form) && (form.mark || form.declaredEncoding !== 'auto');
      return form.quoting !== 'never' || !damage.endsWith('quote');
    });
  }

  write(rows: number): StockFile {
    const random = this.#random;
    for (let row = 1; row < rows; row += 1) {
      if (random.chance(this.#form.damage)) this.#damaged(random.pick(this.#damages));
      else this.#good();
    }
    const { cells, value } = this.#cells(false);
    // A quote that was left open finds here at the latest a quote that cannot close it.
    if (this.#form.quoting !== 'never') {
      const batch = cells.with(this.#order.indexOf('batch'), 'lot "1"');
      this.#expect('whole', this.#sheet.row(batch), value);
    }
    const last = this.#cells(true);
    const { text, line, rows: all } = this.#sheet.end(last.cells);
    const whole = this.#form.end === 'whole' || (this.#form.end === 'no-line-end' && this.#form.manifest);
    this.#expect(this.#form.end, line, whole ? last.value : undefined);
    return { text, rows: all, expected: this.#expected, columns: this.#columns };
  }

  #expect(kind: string, line: number, value: Expected['value']): void {
    this.#expected.push(value === undefined ? { line, kind } : { line, kind, value });
  }

  /** Cells of a good row. `single`: on one line. */
  #cells(single: boolean, change: Partial<Record<Field, Written>> = {}): { cells: string[]; value: Expected['value'] } {
    const random = this.#random;
    const form = this.#form;
    const sku = change.sku ?? code(random, form);
    const location = change.location ?? random.pick(this.#locations);
    const quantity = change.quantity ?? number(random, form);
    const unit = random.pick(['PCS', 'PCS', 'KG', '']);
    const texts: Record<Field, string> = {
      sku: sku.text,
      location: location.text,
      quantity: quantity.text,
      unit,
      note: single ? '' : note(random, form),
      batch: `B${random.whole(1, 99)}`,
    };
    const cells = this.#order.map((field) => texts[field]);
    if (sku.value === undefined || location.value === undefined || quantity.value === undefined) {
      return { cells, value: undefined };
    }
    return {
      cells,
      value: {
        sku: sku.value,
        location: location.value,
        quantity: quantity.value,
        unit: unit === '' ? undefined : unit,
      },
    };
  }

  #good(): void {
    const { cells, value } = this.#cells(false);
    this.#expect('good', this.#sheet.row(cells), value);
  }

  #damaged(kind: Damage): void {
    const random = this.#random;
    const form = this.#form;
    const blank: Written = { text: random.pick(['', ' ']), value: undefined };
    const changes: Partial<Record<Damage, Partial<Record<Field, Written>>>> = {
      'blank-sku': { sku: blank },
      'blank-location': { location: blank },
      'blank-quantity': { quantity: blank },
      'no-number': { quantity: badNumber(random, form) },
      eaten: { sku: eatenCode(random) },
      exponent: { quantity: exponent(random, form) },
    };
    const change = changes[kind];
    const { cells, value } = this.#cells(true, change);
    if (change !== undefined) {
      this.#expect(kind, this.#sheet.row(cells), value);
      return;
    }
    const at = random.whole(0, cells.length - 1);
    const text = cells[at] ?? '';
    let raw: number | undefined;
    if (kind === 'few') cells.pop();
    else if (kind === 'many') cells.splice(at, 0, 'x');
    else if (kind === 'nul') cells[at] = `${text.slice(0, 2)}\u0000${text.slice(2)}`;
    else if (kind === 'bytes') {
      const sku = this.#order.indexOf('sku');
      cells[sku] = `${cells[sku]?.replaceAll('"', '')}${badLetter}`;
    } else {
      raw = at;
      const bare = text.replaceAll('"', '').replaceAll(form.delimiter, '').trim();
      if (kind === 'open-quote') cells[at] = `"${bare}`;
      else cells[at] = form.quoting === 'always' ? `"${bare}"x"` : `${bare || 'x'}"y`;
    }
    this.#expect(kind, this.#sheet.row(cells, raw), undefined);
  }
}
