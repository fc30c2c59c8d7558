import iconv from 'iconv-lite';
import type { FoundEncoding } from './encoding.ts';
import { badSource } from './source-file.ts';

/** A record longer than this has swallowed its successors: a quote was opened and never closed. */
export const longestRecord = 128_000;

const newline = 10;
const carriageReturn = 13;
/** Ends the text in files of old DOS programs. */
const endOfText = 26;
const mark = Buffer.from('\uFEFF');

/** How long a line may grow before the file is refused: more than a record may hold, and a read of the file. */
const longestLine = longestRecord + 256 * 1024;

/** Byte order marks at line starts, which files that were joined have in the middle, are taken out. */
function withoutMarks(block: Buffer): Buffer {
  let at = block.indexOf(mark);
  if (at < 0) return block;
  const parts: Buffer[] = [];
  let start = 0;
  for (; at >= 0; at = block.indexOf(mark, at + mark.length)) {
    const before = block[at - 1];
    if (at > start && before !== newline && before !== carriageReturn) continue;
    parts.push(block.subarray(start, at));
    start = at + mark.length;
  }
  return Buffer.concat([...parts, block.subarray(start)]);
}

/** Where the last whole line ends. A carriage return at the very end may be half of a line end. */
function wholeLines(text: Buffer): number {
  const end = text.lastIndexOf(newline) + 1;
  if (end > 0 || text.length < 2) return end;
  return text.lastIndexOf(carriageReturn, text.length - 2) + 1;
}

/** Turns the bytes of a file into UTF-8 text in blocks of whole lines. */
export class Blocks {
  readonly #file: string;
  readonly #encoding: FoundEncoding;
  readonly #decoder: iconv.DecoderStream | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #mark: number;
  #bytes = 0;
  #last = 0;
  #ended = false;
  /** A first half of a letter that takes two units of UTF-16. */
  #half = '';

  constructor(file: string, encoding: FoundEncoding) {
    this.#file = file;
    this.#encoding = encoding;
    this.#mark = encoding.mark;
    this.#decoder = encoding.name === 'utf8' ? undefined : iconv.getDecoder(encoding.name, { stripBOM: false });
  }

  /** The lines that `raw` completes; empty where it completes none. */
  push(raw: Buffer): Buffer {
    const skipped = Math.min(this.#mark, raw.length);
    this.#mark -= skipped;
    this.#bytes += raw.length;
    const bytes = raw.subarray(skipped);
    const text = this.#decoder === undefined ? bytes : this.#encoded(this.#decoder.write(bytes));
    return this.#lines(text);
  }

  #lines(text: Buffer): Buffer {
    const all = this.#rest.length === 0 ? text : Buffer.concat([this.#rest, text]);
    const end = wholeLines(all);
    this.#rest = all.subarray(end);
    if (this.#rest.length > longestLine) {
      throw badSource(
        this.#file,
        `has a line longer than ${longestRecord} bytes.`,
        'Check that it is a CSV file, and its `encoding`.',
      );
    }
    return this.#give(all.subarray(0, end));
  }

  #give(block: Buffer): Buffer {
    if (block.length > 0) this.#last = block.at(-1) ?? 0;
    return withoutMarks(block);
  }

  #encoded(text: string): Buffer {
    // Two-byte text that lost one byte reads a line end as one of these: from there on every letter is another one.
    if (this.#encoding.name.startsWith('utf16') && /[\u0A00\u0D00]/.test(text)) throw this.#shifted();
    const whole = this.#half + text;
    const last = whole.charCodeAt(whole.length - 1);
    const end = last >= 0xd800 && last <= 0xdbff ? whole.length - 1 : whole.length;
    this.#half = whole.slice(end);
    return Buffer.from(whole.slice(0, end), 'utf8');
  }

  #shifted() {
    return badSource(
      this.#file,
      'is UTF-16 in which a byte was lost or added, so its letters cannot be told.',
      'Export the file again; a transfer in text mode does this, so let it be transferred as binary.',
    );
  }

  /** What is left at the end: nothing, or a last line without its line end. */
  end(): Buffer {
    const { name, mark: markBytes } = this.#encoding;
    if (name.startsWith('utf16') && (this.#bytes - markBytes) % 2 !== 0) throw this.#shifted();
    const tail = (this.#decoder?.end() ?? '') + this.#half;
    const rest = tail === '' ? this.#rest : Buffer.concat([this.#rest, Buffer.from(tail, 'utf8')]);
    let length = rest.length;
    while (length > 0 && rest[length - 1] === endOfText) length -= 1;
    this.#rest = Buffer.alloc(0);
    if (rest[length - 1] === 0) {
      throw badSource(
        this.#file,
        'ends in zero bytes: the machine that wrote it crashed, or its disk was full. Nothing of it counts.',
        'Export the file again.',
      );
    }
    const text = rest.subarray(0, length);
    // A carriage return ends a line in the files of old Macs; in all others it is half of a line end that was cut.
    const single = this.#last === carriageReturn || text.indexOf(carriageReturn) < text.length - 1;
    const block = this.#give(text);
    this.#ended = this.#last === newline || (this.#last === carriageReturn && single);
    return block;
  }

  /** After `end`: whether the text ended with a line end. */
  get ended(): boolean {
    return this.#ended;
  }
}
