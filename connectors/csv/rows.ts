import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { type CsvError, Parser } from 'csv-parse';
import { badSource, changedSince, type SourceFile, unreachable } from './files.ts';
import type { AnyFiles } from './options.ts';

const chunkBytes = 128 * 1024;

/** A record longer than this has swallowed its successors: a quote was opened and never closed. */
const longestRecord = 128_000;

/** Beyond this many broken quotes the file is not written the way the configuration says. */
const mostFaults = 1000;

const newline = 10;
const carriageReturn = 13;

/** One record of a file. */
export interface Row {
  /** Line on which it starts, counted from 1. */
  readonly line: number;
  readonly cells: readonly string[];
  /** Why the record cannot be split into cells; then `cells` is empty. */
  readonly fault?: string;
  /** The file ends inside this record, or without the line end that would show that it is whole. */
  readonly cut?: true;
}

export interface FileEnd {
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Splits bytes into records, and survives a broken quote: only the line on which the record starts is given up,
 * and splitting starts anew on the next one. (csv-parse alone would go on to the next quote, over any number of lines.)
 */
class Splitter {
  readonly #files: AnyFiles;
  readonly #name: string;
  #parser: Parser;
  #rows: Row[] = [];
  /** Bytes since the end of the last whole record. */
  #rest: Buffer = Buffer.alloc(0);
  /** Counted from the present parser's first byte: where the last record ended, and where `#rest` starts. */
  #recordEnd = 0;
  #restStart = 0;
  /** Lines before the present parser's first, and the parser's line counter after its last record. */
  #lineBase = 0;
  #lineEnd = 0;
  #fault: CsvError | undefined;
  #faults = 0;

  constructor(name: string, files: AnyFiles) {
    this.#name = name;
    this.#files = files;
    this.#parser = this.#start();
  }

  #start(): Parser {
    const { delimiter, quote } = this.#files;
    const parser = new Parser({
      delimiter,
      quote,
      escape: this.#files.escape,
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
      max_record_size: longestRecord,
      skip_empty_lines: true,
      skip_records_with_error: true,
      // Records are taken here, not from the stream: one await for each of a million rows would cost more than the splitting.
      on_record: (record: string[], info) => {
        this.#take(record, info.lines, info.bytes);
        return null;
      },
      on_skip: (error) => {
        this.#fault ??= error;
        throw error;
      },
    });
    parser.on('error', () => {});
    parser.resume();
    this.#recordEnd = 0;
    this.#restStart = 0;
    this.#lineEnd = 0;
    this.#fault = undefined;
    return parser;
  }

  #take(cells: string[], lines: number, bytes: number): void {
    let inside = 0;
    let doubled = 0;
    if (lines !== this.#lineEnd + 1) {
      // Empty lines before the record, or line breaks inside its quotes; csv-parse counts a quoted CRLF as two.
      for (const cell of cells) {
        inside += cell.match(/[\r\n]/g)?.length ?? 0;
        doubled += cell.match(/\r\n/g)?.length ?? 0;
      }
    }
    this.#rows.push({ line: this.#lineBase + lines - inside, cells });
    this.#lineBase -= doubled;
    this.#lineEnd = lines;
    this.#recordEnd = bytes;
  }

  #drain(): Row[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  feed(chunk: Buffer): Row[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (this.#fault === undefined) this.#parser.write(chunk);
    while (this.#fault !== undefined && this.#skipLine(this.#fault));
    this.#forget();
    return this.#drain();
  }

  /** Drops the bytes of whole records. */
  #forget(): void {
    this.#rest = this.#rest.subarray(this.#recordEnd - this.#restStart);
    this.#restStart = this.#recordEnd;
  }

  /** Gives up the line with the broken quote. False: the end of that line has not been read yet. */
  #skipLine(fault: CsvError): boolean {
    this.#forget();
    const line = this.#lineBase + this.#lineEnd + 1;
    const end = this.#rest.indexOf(newline);
    if (end < 0 && this.#rest.length <= longestRecord + chunkBytes) return false;
    this.#faults += 1;
    if (end < 0 || this.#faults > mostFaults) {
      throw badSource(
        this.#name,
        end < 0
          ? `line ${line} is longer than ${longestRecord} bytes.`
          : `more than ${mostFaults} lines have broken quotes.`,
        'Check `delimiter`, `quote` and `escape`; where the ERP never quotes, set `quote: false`.',
      );
    }
    this.#rows.push({ line, cells: [], fault: faultText(fault) });
    const rest = this.#rest.subarray(end + 1);
    this.#parser.destroy();
    this.#lineBase = line;
    this.#parser = this.#start();
    this.#rest = rest;
    if (rest.length > 0) this.#parser.write(rest);
    return true;
  }

  /** What is left at the end of the file. */
  async end(): Promise<Row[]> {
    for (;;) {
      if (this.#fault === undefined) {
        const parser = this.#parser;
        const closed = new Promise((done) => parser.once('close', done));
        parser.end();
        await closed;
      }
      const fault = this.#fault as CsvError | undefined;
      if (fault === undefined) return this.#drain();
      const line = this.#lineBase + this.#lineEnd + 1;
      if (fault.code === 'CSV_QUOTE_NOT_CLOSED') {
        // Either a stray quote or the place where the file was cut: all that follows is in doubt.
        this.#rows.push({ line, cells: [], fault: 'a quote is opened here and never closed', cut: true });
        return this.#drain();
      }
      if (!this.#skipLine(fault)) {
        this.#rows.push({ line, cells: [], fault: faultText(fault) });
        return this.#drain();
      }
    }
  }

  close(): void {
    this.#parser.destroy();
  }
}

function faultText(fault: CsvError): string {
  return fault.code === 'CSV_MAX_RECORD_SIZE'
    ? `a quote is opened here and not closed within ${longestRecord} bytes`
    : 'a quote stands inside a value without being escaped, or text follows a closing quote';
}

async function* chunksOf(handle: FileHandle): AsyncGenerator<Buffer> {
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

function refuseEncoding(file: SourceFile, chunk: Buffer): void {
  const mark = chunk.subarray(0, 2).toString('hex');
  if (mark === 'fffe' || mark === 'feff') {
    throw badSource(file.name, 'is written in UTF-16; only UTF-8 is read.', 'Let the ERP export as UTF-8.');
  }
}

/**
 * The records of one file, the header among them, in batches of about 128 KiB of text. Returns only where the file was the
 * same from beginning to end and agrees with its manifest's checksum; throws CONNECTOR_BAD_SOURCE otherwise.
 */
export async function* rowsOf(
  file: SourceFile,
  files: AnyFiles,
  signal: AbortSignal,
): AsyncGenerator<{ rows: Row[]; bytes: number }, FileEnd> {
  const handle = await open(file.path, 'r').catch((error: unknown) => {
    throw unreachable(file.path, error);
  });
  const splitter = new Splitter(file.name, files);
  try {
    const hash = createHash('sha256');
    let bytes = 0;
    let last = 0;
    for await (const chunk of chunksOf(handle)) {
      signal.throwIfAborted();
      hash.update(chunk);
      let text = chunk;
      if (bytes === 0) {
        refuseEncoding(file, chunk);
        if (chunk.subarray(0, 3).toString('hex') === 'efbbbf') text = chunk.subarray(3);
      }
      bytes += chunk.length;
      last = chunk.at(-1) ?? 0;
      yield { rows: splitter.feed(text), bytes };
    }
    signal.throwIfAborted();
    const changed = await changedSince(file);
    if (changed !== undefined) throw changed;
    const sha256 = hash.digest('hex');
    const stated = file.manifest?.sha256?.toLowerCase();
    if (stated !== undefined && stated !== sha256) {
      throw badSource(
        file.name,
        "its checksum is not its manifest's: it was cut short or changed after the manifest was written.",
        'Export the file again; write the manifest last.',
      );
    }
    // Cut between CR and LF: the record is whole to the eye, and must not be taken for one with a broken quote.
    const rows = last === carriageReturn ? splitter.feed(Buffer.of(newline)) : [];
    rows.push(...(await splitter.end()));
    const final = rows.at(-1);
    // A figure without its line end may have lost digits, and a row count cannot tell; only a checksum can.
    if (final !== undefined && last !== newline && stated === undefined) rows.splice(-1, 1, { ...final, cut: true });
    yield { rows, bytes };
    return { sha256, bytes };
  } finally {
    splitter.close();
    await handle.close();
  }
}
