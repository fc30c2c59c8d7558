import type { Place, StockLevel } from '../../src/connector/index.ts';

/** Where a row stands. This and all below are classes for the same reason as `WholeRow`. */
class RowPlace implements Place {
  readonly file: string;
  readonly line: number;

  constructor(file: string, line: number) {
    this.file = file;
    this.line = line;
  }
}

/** A row as a change. */
export class RowUpsert<Value> {
  readonly op = 'upsert';
  readonly key: string;
  readonly value: Value;
  readonly place: Place;

  constructor(key: string, value: Value, file: string, line: number) {
    this.key = key;
    this.value = value;
    this.place = new RowPlace(file, line);
  }
}

/** What a row says of one SKU at one location. */
export class RowLevel implements StockLevel {
  readonly sku: string;
  readonly location: string;
  readonly quantity: string;
  readonly unit: string | undefined;
  readonly productId: string | undefined;

  constructor(
    sku: string,
    location: string,
    quantity: string,
    unit: string | undefined,
    productId: string | undefined,
  ) {
    this.sku = sku;
    this.location = location;
    this.quantity = quantity;
    this.unit = unit;
    this.productId = productId;
  }
}
