import { type Change, product, stockLevel } from '../../src/connector/index.ts';
import { decimal, type Layout, textOf } from './columns.ts';
import type { ProductFiles, StockFiles } from './options.ts';
import { rejectOf, schemaProblem, shapeProblem, textProblem } from './reject.ts';
import type { Row } from './rows.ts';
import type { Warnings } from './warnings.ts';

export type ToChange<E extends 'products' | 'stock'> = (row: Row) => Change<E>;

/** Printable ASCII without blanks at its ends: what nearly every code is, and needs no further check. */
const plainCode = /^[!-~](?:[ -~]{0,253}[!-~])?$/;
const plainDecimal = /^-?\d+(?:\.\d+)?$/;

/**
 * SKU and location, parted by a tab, which no code may hold. A rejected row carries its key too, where it can be told:
 * it may be one of several rows whose sum would be too low without it.
 */
function stockKey(sku: string | undefined, location: string | undefined): string | undefined {
  return sku === undefined || location === undefined ? undefined : `${sku}\t${location}`;
}

export function stockChanges(
  file: string,
  layout: Layout<'stock'>,
  files: StockFiles,
  _warnings: Warnings,
): ToChange<'stock'> {
  const { columns, width } = layout;
  const { trim, decimalSeparator } = files;
  // Locations and units are few and repeat a million times: each is checked once.
  const locations = new Set<string | undefined>();
  const units = new Set<string | undefined>([undefined]);

  const check = (row: Row): Change<'stock'> => {
    const raw = {
      sku: textOf(columns.sku, row.cells, trim),
      location: textOf(columns.location, row.cells, trim),
      quantity: textOf(columns.quantity, row.cells, trim),
      unit: textOf(columns.unit, row.cells, trim),
      productId: textOf(columns.productId, row.cells, trim),
    };
    const problem = shapeProblem(row, width) ?? textProblem(row, layout);
    const key = stockKey(raw.sku, raw.location);
    if (problem !== undefined) return rejectOf(file, row.line, problem, key);
    const result = stockLevel.safeParse({ ...raw, quantity: decimal(raw.quantity, decimalSeparator) });
    if (!result.success) return rejectOf(file, row.line, schemaProblem(result.error.issues[0], raw, layout), key);
    const value = result.data;
    if (locations.size < 10_000) locations.add(value.location);
    if (units.size < 10_000) units.add(value.unit);
    return { op: 'upsert', key: `${value.sku}\t${value.location}`, value, place: { file, line: row.line } };
  };

  return (row) => {
    if (row.cells.length !== width || row.cut === true) return check(row);
    const sku = textOf(columns.sku, row.cells, trim);
    const location = textOf(columns.location, row.cells, trim);
    const quantity = decimal(textOf(columns.quantity, row.cells, trim), decimalSeparator);
    const unit = textOf(columns.unit, row.cells, trim);
    const productId = textOf(columns.productId, row.cells, trim);
    if (
      location === undefined ||
      !locations.has(location) ||
      sku === undefined ||
      !plainCode.test(sku) ||
      quantity === undefined ||
      !plainDecimal.test(quantity) ||
      !units.has(unit) ||
      (productId !== undefined && !plainCode.test(productId))
    ) {
      return check(row);
    }
    return {
      op: 'upsert',
      key: `${sku}\t${location}`,
      value: { sku, location, quantity, unit, productId },
      place: { file, line: row.line },
    };
  };
}

const yes = new Set(['true', 'yes', 'y', '1', 'نعم']);
const no = new Set(['false', 'no', 'n', '0', 'لا']);

/** `undefined` for a blank; the text itself where it is no such word, so that the schema refuses it. */
function booleanOf(text: string | undefined): boolean | string | undefined {
  const word = text?.toLowerCase();
  if (word === undefined) return undefined;
  return yes.has(word) ? true : no.has(word) ? false : text;
}

export function productChanges(
  file: string,
  layout: Layout<'products'>,
  files: ProductFiles,
  _warnings: Warnings,
): ToChange<'products'> {
  const { width } = layout;
  const columns = Object.entries(layout.columns);
  return (row) => {
    const raw: Record<string, string | undefined> = {};
    for (const [field, column] of columns) raw[field] = textOf(column, row.cells, files.trim);
    const whole = row.cells.length === width;
    const key = whole ? (raw.id ?? raw.sku) : undefined;
    const problem = shapeProblem(row, width) ?? textProblem(row, layout);
    if (problem !== undefined) return rejectOf(file, row.line, problem, key);
    const type = raw.type;
    const result = product.safeParse({
      ...raw,
      price: decimal(raw.price, files.decimalSeparator),
      taxAmount: decimal(raw.taxAmount, files.decimalSeparator),
      active: booleanOf(raw.active),
      type: type === undefined ? undefined : (files.types[type] ?? type),
    });
    if (!result.success) return rejectOf(file, row.line, schemaProblem(result.error.issues[0], raw, layout), key);
    const value = result.data;
    return { op: 'upsert', key: value.id ?? value.sku, value, place: { file, line: row.line } };
  };
}
