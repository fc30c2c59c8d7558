import { type Change, product, stockLevel } from '../../src/connector/index.ts';
import { type Column, type Layout, textOf } from './columns.ts';
import { isRefused } from './numbers.ts';
import type { ProductFiles, StockFiles } from './options.ts';
import { rejectOf, schemaProblem } from './reject.ts';
import type { Row } from './rows.ts';
import { RowLevel, RowUpsert } from './upsert.ts';
import { ValueReader } from './values.ts';
import type { Warnings } from './warnings.ts';

/** A row as a change; undefined where `where` leaves the row out. */
export type ToChange<E extends 'products' | 'stock'> = (row: Row) => Change<E> | undefined;

/**
 * Printable ASCII without blanks at its ends: what nearly every code is, and needs no further check. Neither a formula of a
 * spreadsheet (`="007"`) nor a number that one shortened (`6.28E+12`).
 */
const plainCode = /^(?!=|\d(?:[.,]\d+)?[eE][+-]\d)[!-~](?:[ -~]{0,253}[!-~])?$/;
const plainDecimal = /^-?\d+(?:\.\d+)?$/;
const plainInteger = /^-?\d+$/;

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
  timezone: string,
  warnings: Warnings,
): ToChange<'stock'> {
  const { columns, width, toNumber, where } = layout;
  const { trim, decimalSeparator } = files;
  const reader = new ValueReader('stock', file, layout, files, timezone, warnings);
  const plainNumber = decimalSeparator === '.' ? plainDecimal : plainInteger;
  const computed = Object.values<Column | undefined>(columns).some((column) => column && 'expression' in column);
  // Locations and units are few and repeat a million times: each is checked once.
  const locations = new Set<string | undefined>();
  const units = new Set<string | undefined>([undefined]);

  const check = (row: Row): Change<'stock'> => {
    const { raw, problem } = reader.read(row);
    const key = stockKey(raw.sku, raw.location);
    if (problem !== undefined) return rejectOf(file, row.line, problem, key);
    const result = stockLevel.safeParse(raw);
    if (!result.success) return rejectOf(file, row.line, schemaProblem(result.error.issues[0], raw, layout), key);
    const value = result.data;
    // Only what came through as it is written: the fast way does not clean.
    if (locations.size < 10_000 && value.location === textOf(columns.location, row.cells, trim)) {
      locations.add(value.location);
    }
    if (units.size < 10_000 && value.unit === textOf(columns.unit, row.cells, trim)) units.add(value.unit);
    return new RowUpsert(`${value.sku}\t${value.location}`, value, file, row.line);
  };

  return (row) => {
    if (where !== undefined) {
      const left = reader.leavesOut(row);
      if (left === true) return undefined;
      if (left !== false) {
        const { sku, location } = reader.read(row).raw;
        return rejectOf(file, row.line, left, stockKey(sku, location));
      }
    }
    if (computed || row.cells.length !== width || row.cut === true || row.fault !== undefined) return check(row);
    const sku = textOf(columns.sku, row.cells, trim);
    const location = textOf(columns.location, row.cells, trim);
    const written = textOf(columns.quantity, row.cells, trim);
    const unit = textOf(columns.unit, row.cells, trim);
    const productId = textOf(columns.productId, row.cells, trim);
    if (
      location === undefined ||
      !locations.has(location) ||
      sku === undefined ||
      !plainCode.test(sku) ||
      written === undefined ||
      !units.has(unit) ||
      (productId !== undefined && !plainCode.test(productId))
    ) {
      return check(row);
    }
    const quantity = plainNumber.test(written) ? written : /e/i.test(written) ? undefined : toNumber(written);
    if (quantity === undefined || isRefused(quantity)) return check(row);
    return new RowUpsert(`${sku}\t${location}`, new RowLevel(sku, location, quantity, unit, productId), file, row.line);
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
  timezone: string,
  warnings: Warnings,
): ToChange<'products'> {
  const reader = new ValueReader('products', file, layout, files, timezone, warnings);
  return (row) => {
    const left = reader.leavesOut(row);
    if (left === true) return undefined;
    const { raw, problem = left === false ? undefined : left } = reader.read(row);
    const key = row.cells.length === layout.width ? (raw.id ?? raw.sku) : undefined;
    if (problem !== undefined) return rejectOf(file, row.line, problem, key);
    const { type } = raw;
    const result = product.safeParse({
      ...raw,
      active: booleanOf(raw.active),
      type: type === undefined ? undefined : (files.types[type] ?? type),
    });
    if (!result.success) return rejectOf(file, row.line, schemaProblem(result.error.issues[0], raw, layout), key);
    const value = result.data;
    return new RowUpsert(value.id ?? value.sku, value, file, row.line);
  };
}
