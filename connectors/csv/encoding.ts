import { isAscii, isUtf8 } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { analyse } from 'chardet';
import iconv from 'iconv-lite';
import type { Encoding } from './encodings.ts';

export interface FoundEncoding {
  readonly name: Encoding;
  /** Bytes of the byte order mark at the start of the file. */
  readonly mark: number;
  /** `mark` and `valid` are certain, `declared` is the person's word, `zeros` nearly certain, `guess` is what its name says. */
  readonly by: 'declared' | 'mark' | 'valid' | 'zeros' | 'guess';
  /** Some bytes mean nothing in it; the rows that hold them are rejected. */
  readonly damaged?: true;
}

const chunkBytes = 256 * 1024;

/** Text beyond ASCII that a guess goes by, at most. */
const sampleBytes = 64 * 1024;

const newline = 10;

/** What chardet calls a character set, as the name of the one that is taken for it: a Windows page holds all of its ISO sister. */
const guesses: Readonly<Record<string, Encoding>> = {
  'windows-1256': 'windows-1256',
  'ISO-8859-6': 'iso-8859-6',
  'windows-1252': 'windows-1252',
  'ISO-8859-1': 'windows-1252',
  'windows-1250': 'windows-1250',
  'ISO-8859-2': 'windows-1250',
  'windows-1251': 'windows-1251',
  'windows-1254': 'windows-1254',
  'ISO-8859-9': 'windows-1254',
};

function markOf(head: Buffer): FoundEncoding | undefined {
  const hex = head.subarray(0, 3).toString('hex');
  if (hex === 'efbbbf') return { name: 'utf8', mark: 3, by: 'mark' };
  if (hex.startsWith('fffe')) return { name: 'utf16le', mark: 2, by: 'mark' };
  if (hex.startsWith('feff')) return { name: 'utf16be', mark: 2, by: 'mark' };
  return undefined;
}

/** UTF-16 without a mark: digits, delimiters and line ends have a zero in one half of their two bytes, and text has none in the other. */
function wide(head: Buffer): FoundEncoding | undefined {
  const units = Math.floor(head.length / 2);
  let even = 0;
  let odd = 0;
  for (let index = 0; index < units * 2; index += 2) {
    if (head[index] === 0) even += 1;
    if (head[index + 1] === 0) odd += 1;
  }
  if (odd > units * 0.05 && even <= units * 0.002) return { name: 'utf16le', mark: 0, by: 'zeros' };
  if (even > units * 0.05 && odd <= units * 0.002) return { name: 'utf16be', mark: 0, by: 'zeros' };
  return undefined;
}

/** Without the first bytes of a letter at the very end, where a file was cut. */
function withoutHalf(text: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, text.length); back += 1) {
    const byte = text[text.length - back] ?? 0;
    if (byte < 0x80) return text;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? text.subarray(0, -back) : text;
  }
  return text;
}

/** Gathers lines that hold more than ASCII. */
class Sample {
  readonly #lines: Buffer[] = [];
  #size = 0;

  add(chunk: Buffer): void {
    if (this.#size >= sampleBytes || isAscii(chunk)) return;
    for (let start = 0; start < chunk.length && this.#size < sampleBytes; ) {
      const end = chunk.indexOf(newline, start);
      const line = chunk.subarray(start, Math.min(end < 0 ? chunk.length : end + 1, start + sampleBytes));
      if (!isAscii(line)) {
        this.#lines.push(Buffer.from(line));
        this.#size += line.length;
      }
      start += line.length;
    }
  }

  take(): Buffer {
    return Buffer.concat(this.#lines);
  }
}

/** Text that is UTF-8 but for a few bytes: a value that was cut in the middle of a letter. Other sets look like that almost never. */
function isDamagedUtf8(sample: Buffer): boolean {
  let good = 0;
  let bad = 0;
  for (const letter of sample.toString('utf8')) {
    if (letter === '\uFFFD') bad += 1;
    else if (letter > '\u007f') good += 1;
  }
  return good > bad;
}

/** Letters of two scripts side by side, accented letters in a row, and those of Icelandic, whose places Turkish has taken: signs of the wrong set. */
const unlikely = new RegExp(
  [
    '[A-Za-z\\u00C0-\\u024F](?=[\\p{Script=Arabic}\\p{Script=Cyrillic}])',
    '[\\p{Script=Arabic}\\p{Script=Cyrillic}](?=[A-Za-z\\u00C0-\\u024F])',
    '[\\u00C0-\\u024F]{3,}',
    '[\\u00D0\\u00DD\\u00DE\\u00F0\\u00FD\\u00FE]',
  ].join('|'),
  'gu',
);

/** Above this share of unlikely places the bytes are no text of any set. */
const mostUnlikely = 0.34;

/** The set that reads every byte, makes the fewest unlikely pairs, and goes by the letters of its language. */
function guess(sample: Buffer): Encoding | undefined {
  const matches = analyse(sample);
  const candidates = [...new Set(Object.values(guesses))].flatMap((encoding, place) => {
    const text = iconv.decode(sample, encoding);
    if (text.includes('\uFFFD')) return [];
    const odd = (text.match(unlikely)?.length ?? 0) / Math.max(1, text.match(/[^\0-\x7f]+/g)?.length ?? 0);
    if (odd > mostUnlikely) return [];
    const confidence = Math.max(
      0,
      ...matches.map((match) => (guesses[match.name] === encoding ? match.confidence : 0)),
    );
    return [{ encoding, score: confidence - 100 * odd, place }];
  });
  // Short Arabic text looks the same in two sets; the one that is named first is the one that is more often written.
  return candidates.sort((a, b) => b.score - a.score || a.place - b.place)[0]?.encoding;
}

/** Reads the file once, as far as is needed to be sure. Undefined: it is neither UTF-8 nor anything that can be told. */
async function detect(handle: FileHandle, signal: AbortSignal): Promise<FoundEncoding | undefined> {
  const sample = new Sample();
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let position = 0;
  let carried = 0;
  let valid = true;
  let zeros = false;
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, carried, chunkBytes - carried, position);
    const chunk = buffer.subarray(0, carried + bytesRead);
    if (position === 0) {
      const found = markOf(chunk) ?? wide(chunk.subarray(0, 16_384));
      if (found !== undefined) return found;
    }
    position += bytesRead;
    const last = bytesRead === 0;
    // A letter may lie across two chunks: up to its last line end a chunk can be judged by itself.
    const end = last ? chunk.length : chunk.lastIndexOf(newline) + 1 || chunk.length - 4;
    const part = chunk.subarray(0, Math.max(0, end));
    zeros ||= part.includes(0);
    valid &&= isUtf8(last ? withoutHalf(part) : part);
    sample.add(part);
    if (last) break;
    carried = chunk.length - part.length;
    buffer.copyWithin(0, part.length, chunk.length);
  }
  if (valid) return { name: 'utf8', mark: 0, by: 'valid' };
  const text = sample.take();
  // Zero bytes stand in no text of one byte a letter: such a file is damaged, and its rows are judged one by one.
  if (zeros || isDamagedUtf8(text)) return { name: 'utf8', mark: 0, by: 'valid', damaged: true };
  const name = guess(text);
  return name === undefined ? undefined : { name, mark: 0, by: 'guess' };
}

/**
 * The character set of a file. A byte order mark is believed before the configuration: no other text starts with one. Undefined: `auto`
 * could not tell. Whole files are looked at, since the first letter beyond ASCII may stand in their last line.
 */
export async function encodingOf(
  handle: FileHandle,
  declared: Encoding | 'auto',
  signal: AbortSignal,
): Promise<FoundEncoding | undefined> {
  if (declared === 'auto') return detect(handle, signal);
  const head = Buffer.alloc(4);
  const { bytesRead } = await handle.read(head, 0, head.length, 0);
  return markOf(head.subarray(0, bytesRead)) ?? { name: declared, mark: 0, by: 'declared' };
}
