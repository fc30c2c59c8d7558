/** Characters of one cell. Excel allows a quarter of it. */
const longestText = 128_000;

/** Gathers the text of a cell from its runs of one font each; how it is to be spoken (`rPh`) is no part of it. */
export class SharedText {
  #text = '';
  #inText = false;
  #spoken = 0;

  start(): void {
    this.#text = '';
    this.#inText = false;
    this.#spoken = 0;
  }

  open(tag: string): void {
    if (tag === 'rPh') this.#spoken += 1;
    else if (tag === 't') this.#inText = this.#spoken === 0;
  }

  add(piece: string): void {
    if (!this.#inText) return;
    this.#text += piece;
    if (this.#text.length > longestText) throw new Error(`a cell has more than ${longestText} characters`);
  }

  close(tag: string): void {
    if (tag === 'rPh') this.#spoken -= 1;
    else if (tag === 't') this.#inText = false;
  }

  take(): string {
    return unescaped(this.#text);
  }
}

/** `_x000D_` stands for a character that XML cannot hold; `_x005F_` for the underscore of a text that merely looks so. */
export function unescaped(text: string): string {
  if (!text.includes('_x')) return text;
  // A NUL would make a typed cell of a text: as a damaged letter it rejects its row.
  return text.replace(/_x([0-9A-Fa-f]{4})_/g, (_all, code: string) =>
    code === '0000' ? '\uFFFD' : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
