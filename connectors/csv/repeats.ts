import { hash } from 'node:crypto';
import type { Change, Product } from '../../src/connector/index.ts';
import { layoutOf } from './columns.ts';
import type { ProductFiles } from './options.ts';
import { productChanges, type ToChange } from './records.ts';
import { rejectOf } from './reject.ts';
import type { Session } from './session.ts';
import type { SourceFile } from './source-file.ts';
import { tableOf } from './table.ts';
import { Warnings } from './warnings.ts';

/** Under what a product must stand once: its SKU, and its id where it has one. */
function namesOf({ sku, id }: Product): string[] {
  return id === undefined ? [`sku ${sku}`] : [`sku ${sku}`, `id ${id}`];
}

/** 48 bits: two different rows of one SKU are taken for equal once in 10^14 times. */
function contentOf(value: Product): number {
  return hash('sha1', JSON.stringify(value), 'buffer').readUIntBE(0, 6);
}

/**
 * Products that stand in the files more than once. Which of two different rows is right cannot be told, and the first has long been
 * handed on when the second comes: so all files are read through once before.
 */
export class Repeats {
  readonly #contents = new Map<string, number>();
  readonly #conflicts = new Set<string>();
  readonly #given = new Set<string>();

  async find(session: Session, files: ProductFiles, found: readonly SourceFile[], signal: AbortSignal): Promise<void> {
    const { log, timezone } = session.context;
    const warnings = new Warnings();
    for (const file of found) {
      const batches = tableOf('products', file, files, { signal, warnings, log });
      let toChange: ToChange<'products'> | undefined;
      for await (const { rows } of batches) {
        for (const row of rows) {
          // A header that cannot be read is told of when the file's turn comes.
          if (row.fault !== undefined && toChange === undefined) return;
          if (toChange === undefined) {
            const layout = layoutOf('products', files, file.name, row.cells);
            toChange = productChanges(file.name, layout, files, timezone, warnings);
          } else this.#see(toChange(row));
        }
      }
    }
  }

  #see(change: Change<'products'> | undefined): void {
    if (change?.op !== 'upsert') return;
    const content = contentOf(change.value);
    for (const name of namesOf(change.value)) {
      const before = this.#contents.get(name);
      if (before === undefined) this.#contents.set(name, content);
      else if (before !== content) this.#conflicts.add(name);
    }
  }

  /** The change as it may be handed on: rejected where another row says otherwise, undefined where one has said the same. */
  judge(change: Change<'products'> | undefined): Change<'products'> | undefined {
    if (change?.op !== 'upsert') return change;
    const names = namesOf(change.value);
    const conflict = names.find((name) => this.#conflicts.has(name));
    if (conflict !== undefined) {
      const { file = '', line = 0 } = change.place ?? {};
      const [column = '', ...value] = conflict.split(' ');
      const reason = 'stands in the export more than once, with different content; none of its rows counts';
      return rejectOf(file, line, { column, value: value.join(' '), reason }, change.key);
    }
    if (this.#given.has(names[0] ?? '')) return undefined;
    this.#given.add(names[0] ?? '');
    return change;
  }
}
