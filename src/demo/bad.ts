/** A row that the demo export gets wrong on purpose, so that the demo can show what becomes of such rows. */
export interface BadRow {
  readonly file: string;
  readonly line: number;
  /** What is wrong, in a few words. */
  readonly what: string;
  /**
   * Who notices: `connector`, the row cannot be read; `intake`, it does not fit the configured units and locations;
   * `product`, it is well formed and speaks of a product that does not exist.
   */
  readonly noticedBy: 'connector' | 'intake' | 'product';
  /** The document that is left out as a whole because of this row. */
  readonly document?: string;
}

/** How many rows of each file are bad on purpose. */
export function badByFile(bad: readonly BadRow[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { file } of bad) counts[file] = (counts[file] ?? 0) + 1;
  return counts;
}
