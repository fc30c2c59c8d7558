import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Blocks } from './blocks.ts';
import { dialectOf, headLines } from './dialect.ts';
import { encodingOf, type FoundEncoding } from './encoding.ts';
import { changedSince, sameContent } from './inspect.ts';
import { lineSize } from './lines.ts';
import type { AnyFiles } from './options.ts';
import type { Row } from './row.ts';
import { badSource, type SourceFile, unreachable } from './source-file.ts';
import { Splitter, type Table } from './split.ts';
import type { Warnings } from './warnings.ts';

export type { Row } from './row.ts';

const chunkBytes = 64 * 1024;

export interface Batch {
  readonly rows: Row[];
  /** Bytes of the file that have been read so far. */
  readonly bytes: number;
  readonly delimiter: string;
}

export interface FileEnd {
  readonly sha256: string;
  readonly bytes: number;
  readonly encoding?: FoundEncoding | undefined;
  /** Rows that cannot be taken apart: with them a count of rows says little about the rows. */
  readonly broken?: number | undefined;
  /** How many rows the last line of the file states. */
  readonly stated?: number | undefined;
}

/** What the reading of one file goes by. */
export interface Reading {
  readonly signal: AbortSignal;
  readonly warnings: Warnings;
  /** Whether cells are the header: the delimiter is the one that gives it. */
  readonly isHeader: (cells: readonly string[]) => boolean;
  /** Set once the header is known. */
  table?: Table | undefined;
}

/** The bytes of an open file, piece by piece. */
export async function* chunksOf(handle: FileHandle, file: SourceFile): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const buffer = Buffer.allocUnsafe(chunkBytes);
    const { bytesRead } = await handle.read(buffer, 0, chunkBytes, position).catch((error: unknown) => {
      throw unreachable(file.path, error);
    });
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function encodingFor(handle: FileHandle, file: SourceFile, files: AnyFiles, { signal, warnings }: Reading) {
  const found = await encodingOf(handle, files.encoding, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    throw unreachable(file.path, error);
  });
  if (found === undefined) {
    throw badSource(
      file.name,
      'is not UTF-8, and its character set cannot be told.',
      'Set `encoding`, for instance to windows-1256 for an Arabic Windows system.',
    );
  }
  const { name } = found;
  if (found.by === 'guess') {
    warnings.add(
      `${file.name}: its character set is a guess: ${name}. Where letters look right, set \`encoding: ${name}\``,
    );
  }
  if (found.damaged === true) {
    warnings.add(`${file.name}: some of its bytes are not UTF-8; rows that need them are rejected`);
  }
  if (found.by === 'mark' && files.encoding !== 'auto' && files.encoding !== name) {
    warnings.add(`${file.name}: its byte order mark says ${name}, so \`encoding: ${files.encoding}\` is not followed`);
  }
  return found;
}

/** Throws where the file is not what it was, or not what its manifest vouches for. */
export async function requireSame(file: SourceFile, sha256: string, signal: AbortSignal): Promise<void> {
  const changed = (await changedSince(file)) ?? (await sameContent(file, sha256, signal));
  if (changed !== undefined) throw changed;
  const stated = file.manifest?.sha256?.toLowerCase();
  if (stated !== undefined && stated !== sha256) {
    throw badSource(
      file.name,
      "its checksum is not its manifest's: it was cut short or changed after the manifest was written.",
      'Export the file again; write the manifest last.',
    );
  }
}

/**
 * The records of one file in batches of about 64 KiB, whatever they are: titles, header, rows. Returns only where the file was the
 * same from beginning to end and agrees with its manifest's checksum; throws CONNECTOR_BAD_SOURCE otherwise.
 */
export async function* rowsOf(file: SourceFile, files: AnyFiles, reading: Reading): AsyncGenerator<Batch, FileEnd> {
  const { signal, warnings, isHeader } = reading;
  const handle = await open(file.at, 'r').catch((error: unknown) => {
    throw unreachable(file.path, error);
  });
  try {
    const encoding = await encodingFor(handle, file, files, reading);
    const blocks = new Blocks(file.name, encoding);
    const hash = createHash('sha256');
    let bytes = 0;
    let splitter: Splitter | undefined;
    let delimiter = '';
    let lines = 0;
    const start = (block: Buffer): { splitter: Splitter; rest: Buffer } => {
      const { dialect, rest, before } = dialectOf(file.name, files, block, isHeader, warnings);
      delimiter = dialect.delimiter;
      return { splitter: new Splitter(file.name, dialect, before), rest };
    };
    for await (const chunk of chunksOf(handle, file)) {
      signal.throwIfAborted();
      hash.update(chunk);
      bytes += chunk.length;
      let block = blocks.push(chunk);
      if (splitter === undefined) {
        if (block.length === 0) continue;
        ({ splitter, rest: block } = start(block));
      }
      while (block.length > 0) {
        // Line by line up to the header: from then on it is known what a row is like.
        const single = reading.table === undefined && lines < 2 * headLines;
        if (single) lines += 1;
        const size = single ? lineSize(block) : block.length;
        splitter.table = reading.table;
        yield { rows: splitter.feed(block.subarray(0, size)), bytes, delimiter };
        block = block.subarray(size);
      }
    }
    signal.throwIfAborted();
    const sha256 = hash.digest('hex');
    await requireSame(file, sha256, signal);
    let block = blocks.end();
    if (splitter === undefined) ({ splitter, rest: block } = start(block));
    splitter.table = reading.table;
    const rows = splitter.end(block);
    if (splitter.openLine !== undefined && file.manifest !== undefined && file.manifest.sha256 === undefined) {
      throw badSource(
        file.name,
        `line ${splitter.openLine} opens a quote that is never closed: it was cut short, or the quote is wrong, so its rows cannot be counted.`,
        'Export the file again; write the manifest last, best with `sha256`.',
      );
    }
    const final = rows.at(-1);
    // A figure without its line end may have lost digits, and a row count cannot tell; only a checksum can.
    if (final !== undefined && !blocks.ended && file.manifest?.sha256 === undefined) {
      rows.splice(-1, 1, { ...final, cut: true });
    }
    yield { rows, bytes, delimiter };
    return { sha256, bytes, encoding };
  } finally {
    await handle.close();
  }
}
