/**
 * Cells of a workbook that are more than their text, carried through rows of texts: what follows U+0000, which no XML can hold.
 * Whatever is not made to know them takes them for damage.
 */
const mark = '\u0000';

export type Typed =
  /** `#N/A`, or a sentence of ours: no value at all. */
  | { readonly kind: 'error'; readonly text: string }
  /** A day or a time, ISO. */
  | { readonly kind: 'date'; readonly text: string }
  /** A number as a plain decimal, and what the sheet shows instead: `00042`, or `12,5` in a file of decimal commas. */
  | { readonly kind: 'number'; readonly text: string; readonly shown: string };

export function typedCell(cell: Typed): string {
  return `${mark}${cell.kind[0]}${cell.text}${cell.kind === 'number' ? `${mark}${cell.shown}` : ''}`;
}

/** Undefined: the cell is its text. */
export function typedOf(cell: string): Typed | undefined {
  if (!cell.startsWith(mark)) return undefined;
  const text = cell.slice(2);
  switch (cell[1]) {
    case 'e':
      return { kind: 'error', text };
    case 'd':
      return { kind: 'date', text };
    case 'n': {
      const [number = '', shown = ''] = text.split(mark);
      return { kind: 'number', text: number, shown };
    }
    default:
      return undefined;
  }
}

/** A cell for people, and for whatever compares texts. */
export function plainCell(cell: string): string {
  const typed = typedOf(cell);
  return typed === undefined ? cell : typed.kind === 'number' ? typed.shown : typed.text;
}
