import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { type BridgeError, isBridgeError, messageOf } from '../../../src/connector/index.ts';
import { badSource, unreachable } from '../source-file.ts';
import { type Handlers, readXml } from './xml.ts';

/** Entries of the archive. A workbook has a handful, and a few for each sheet. */
const mostEntries = 10_000;

const MiB = 1024 * 1024;

/** Bytes that a part may have once it is unpacked. A sheet is read piece by piece, all else is kept. */
export const mostBytes = { sheet: 1024 * MiB, kept: 128 * MiB };

const shorter = 'the file is shorter than it says';
const newExport = 'Export it again.';

/** Of the open file, so that a file of the same name that takes its place is not read. */
class HandleReader extends RandomAccessReader {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    super();
    this.#handle = handle;
  }

  override _readStreamForRange(start: number, end: number) {
    return Readable.from(this.#pieces(start, end), { objectMode: false });
  }

  /** No stream of the handle's own: that would close it at its end. */
  async *#pieces(start: number, end: number): AsyncGenerator<Buffer, void> {
    for (let position = start; position < end; ) {
      const buffer = Buffer.allocUnsafe(Math.min(64 * 1024, end - position));
      const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) throw new Error(shorter);
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#handle
      .read(buffer, offset, length, position)
      .then(({ bytesRead }) => callback(bytesRead === length ? null : new Error(shorter)), callback);
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }
}

/** Files that stand where a workbook should, told by their first bytes. */
function foreign(head: Buffer): [string, string] | undefined {
  const hex = head.toString('hex', 0, 4);
  if (hex === '504b0304' || hex === '504b0506') return undefined;
  if (hex === 'd0cf11e0') {
    return [
      'is an old Excel file (.xls), or a workbook with a password: neither can be read.',
      'Save it as .xlsx, without a password.',
    ];
  }
  if (head.length === 0) return ['is empty.', newExport];
  return ['is no Excel workbook.', 'Where it is text, name it .csv or set `format: csv`.'];
}

function damaged(name: string, cause: unknown, part?: string): BridgeError {
  if (isBridgeError(cause)) return cause;
  const where = part === undefined ? '' : ` in its part ${part}`;
  return badSource(name, `is cut short or damaged${where}: ${messageOf(cause)}. Nothing of it counts.`, newExport);
}

/** The parts of a workbook file. Errors are CONNECTOR_BAD_SOURCE. */
export class Parts {
  readonly #name: string;
  readonly #zip: ZipFile;
  readonly #entries: ReadonlyMap<string, Entry>;

  private constructor(name: string, zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.#name = name;
    this.#zip = zip;
    this.#entries = entries;
  }

  static async open(name: string, path: string, handle: FileHandle, size: number): Promise<Parts> {
    const head = Buffer.alloc(8);
    const { bytesRead } = await handle.read(head, 0, head.length, 0).catch((error: unknown) => {
      throw unreachable(path, error);
    });
    const problem = foreign(head.subarray(0, bytesRead));
    if (problem !== undefined) throw badSource(name, ...problem);
    try {
      const zip = await fromRandomAccessReaderPromise(new HandleReader(handle), size, { autoClose: false });
      const entries = new Map<string, Entry>();
      if (zip.entryCount > mostEntries) throw new Error(`it holds ${zip.entryCount} entries`);
      for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
      return new Parts(name, zip, entries);
    } catch (error) {
      throw damaged(name, error);
    }
  }

  has(part: string): boolean {
    return this.#entries.has(part);
  }

  /** Reads one part; yields how much of it has been read, from 0 to 1. Returns only where it is whole: its checksum is compared. */
  async *read(part: string, handlers: Handlers, most: number): AsyncGenerator<number, void> {
    const entry = this.#entries.get(part);
    if (entry === undefined) throw badSource(this.#name, `lacks its part ${part}: it is damaged.`, newExport);
    if (entry.isEncrypted()) throw badSource(this.#name, 'is protected by a password.', 'Save it without one.');
    // What the archive says first; that it unpacks to no more than it says is checked as it is unpacked.
    if (entry.uncompressedSize > most) {
      throw badSource(
        this.#name,
        `its part ${part} unpacks to ${Math.ceil(entry.uncompressedSize / MiB)} MB, and ${most / MiB} MB are read at most: a file this large has another mistake, or was made to do harm.`,
        'Let the ERP write smaller files, or CSV.',
      );
    }
    let sum = 0;
    let bytes = 0;
    try {
      const unpacked = await this.#zip.openReadStreamPromise(entry);
      for await (const piece of readXml(unpacked, handlers)) {
        sum = crc32(piece, sum);
        bytes += piece.length;
        yield Math.min(1, bytes / entry.uncompressedSize);
      }
    } catch (error) {
      throw damaged(this.#name, error, part);
    }
    if (sum !== entry.crc32) throw damaged(this.#name, new Error('its checksum is wrong'), part);
  }

  /** Reads a part that is kept as a whole. */
  async readAll(part: string, handlers: Handlers, signal: AbortSignal): Promise<void> {
    for await (const _share of this.read(part, handlers, mostBytes.kept)) signal.throwIfAborted();
  }
}
