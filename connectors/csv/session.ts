import { readFile } from 'node:fs/promises';
import { BridgeError, type Completeness, type Context, connectorErrors } from '../../src/connector/index.ts';
import { driveOf } from './drive/open.ts';
import { RemoteDrive } from './drive/remote.ts';
import { Spool } from './drive/spool.ts';
import type { Drive } from './drive/types.ts';
import type { FoundEncoding } from './encoding.ts';
import { ownFolders } from './files.ts';
import { inspect } from './inspect.ts';
import type { AnyFiles, CsvOptions, FileEntity } from './options.ts';
import { RejectedFile } from './rejected.ts';
import type { FileEnd } from './rows.ts';
import { badSource, type SourceFile } from './source-file.ts';

/** Changes in one page. With four times as many, a million lines take 15 MB more. */
export const pageSize = 2000;

/** What every part of an open connector needs. */
export interface Session {
  readonly context: Context<CsvOptions>;
  readonly drive: Drive | RemoteDrive;
  /** The folder of the ERP's files, as the drive calls it. */
  readonly root: string;
  /** Paths of the connector's own folders. */
  readonly own: readonly string[];
}

export function sessionOf(context: Context<CsvOptions>): Session {
  const { baseDir, options } = context;
  const drive = driveOf(options.connection, baseDir);
  const root = drive.remote ? drive.resolve('.', options.dir) : drive.resolve(baseDir, options.dir);
  return { context, drive, root, own: ownFolders(drive, root, options) };
}

export function filesOf<E extends FileEntity>(session: Session, entity: E): NonNullable<CsvOptions[E]> {
  const files = session.context.options[entity];
  if (files !== undefined) return files as NonNullable<CsvOptions[E]>;
  throw new BridgeError(connectorErrors.CONNECTOR_OPTIONS, {
    message: `Source \`${session.context.source}\` is asked for ${entity}, but its option \`${entity}\` is not set.`,
    hint: `Add \`options.${entity}.files\` to the source, or let the flow read from another one.`,
    place: { path: `sources.${session.context.source}.options.${entity}` },
  });
}

export function inspectFile(session: Session, name: string, files: AnyFiles, signal: AbortSignal) {
  const { options, now } = session.context;
  return inspect(session.drive, session.root, name, files, { quietMs: options.quietMs, now: now(), signal });
}

export function folderOf(session: Session, folder: string | false | undefined): string | undefined {
  return typeof folder === 'string' ? session.drive.resolve(session.root, folder) : undefined;
}

/** Copies of what is read, where it lies on a server. To be disposed of when the read ends. */
export type Copies = AsyncDisposable & Pick<Spool, 'fetch' | 'place'>;

export function copiesOf({ drive }: Session): Copies {
  if (drive instanceof RemoteDrive) return new Spool(drive);
  return { fetch: async (file) => file, place: async (name) => name, async [Symbol.asyncDispose]() {} };
}

/** For the rows of a file that cannot be used: on a server it appears there once all of it is written here. */
export async function rejectedFileOf(session: Session, name: string, copies: Copies): Promise<RejectedFile> {
  const { drive } = session;
  const folder = folderOf(session, session.context.options.rejected);
  if (folder === undefined || !drive.remote) return new RejectedFile(folder, name);
  return new RejectedFile(await copies.place('rejected'), name, async (path, base) => {
    const target = drive.join(folder, base);
    if (path === undefined) {
      await drive.remove(target);
      return;
    }
    await drive.makeFolder(folder);
    await drive.write(`${target}.tmp`, await readFile(path, 'utf8'));
    await drive.rename(`${target}.tmp`, target);
  });
}

/** What is known about a file once it has been read to its end. */
export interface FileRead {
  readonly file: SourceFile;
  /** All rows, those that are left out on purpose included. */
  readonly rows: number;
  readonly leftOut: number;
  readonly encoding: FoundEncoding | undefined;
  readonly cut: boolean;
  readonly asOf: string;
  readonly completeness: Completeness;
  readonly sha256: string;
  /** Whether the file, or what stands beside it, states how many rows it has. */
  readonly stated: boolean;
}

/** Judges a file that was read to its end. Throws CONNECTOR_BAD_SOURCE where its manifest states another number of rows. */
export function judge(
  session: Session,
  file: SourceFile,
  end: FileEnd,
  { rows, leftOut, cut }: { readonly rows: number; readonly leftOut: number; readonly cut: boolean },
): FileRead {
  const { manifest } = file;
  if (manifest !== undefined && manifest.rows !== rows) {
    throw badSource(
      file.name,
      `has ${rows} rows where its manifest states ${manifest.rows}: it was cut short, or file and manifest belong to different exports. Nothing of it counts.`,
      'Export the file again; write the manifest last.',
    );
  }
  // A manifest from long before the file speaks of an earlier export: its time would be too early, which could count goods twice.
  const trusted = manifest !== undefined && (!manifest.stale || manifest.sha256 !== undefined) ? manifest : undefined;
  if (manifest !== undefined && trusted === undefined) {
    session.context.log.warn(
      { file: file.name },
      'The manifest is older than its file and has no sha256: the time of the file is used, and nothing is proven.',
    );
  }
  // Where lines are broken, a lost block and a broken line may make up the right number.
  const counted = trusted !== undefined || end.stated !== undefined;
  const proven = (counted && (end.broken ?? 0) === 0) || trusted?.sha256 !== undefined;
  if (end.encoding?.by === 'guess') {
    session.context.log.warn({ file: file.name, encoding: end.encoding.name }, 'The character set is a guess.');
  }
  return {
    file,
    encoding: end.encoding,
    rows,
    leftOut,
    cut,
    asOf: trusted?.asOf ?? new Date(file.mtimeMs).toISOString(),
    completeness: cut ? 'unproven' : proven ? 'proven' : 'likely',
    sha256: end.sha256,
    stated: manifest !== undefined || end.stated !== undefined,
  };
}

/** The names of the files, with what is uncommon about each: its character set, and how many rows were left out on purpose. */
export function descriptionOf(reads: readonly FileRead[]): string {
  return reads
    .map(({ file, leftOut, encoding }) => {
      const notes: string[] = [];
      if (encoding !== undefined && encoding.name !== 'utf8') {
        notes.push(`${encoding.name}${encoding.by === 'guess' ? ' by guess' : ''}`);
      }
      if (leftOut > 0) notes.push(`${leftOut} ${leftOut === 1 ? 'row' : 'rows'} left out`);
      return notes.length === 0 ? file.name : `${file.name} (${notes.join(', ')})`;
    })
    .join(', ');
}

const weakness: readonly Completeness[] = ['proven', 'likely', 'unproven'];

/** Several files as one read: the oldest time, the weakest completeness. */
export function summaryOf(reads: readonly FileRead[]): { asOf: string; completeness: Completeness } {
  const oldest = Math.min(...reads.map((read) => Date.parse(read.asOf)));
  const weakest = Math.max(...reads.map((read) => weakness.indexOf(read.completeness)));
  return {
    asOf: reads.find((read) => Date.parse(read.asOf) === oldest)?.asOf ?? '',
    completeness: weakness[weakest] ?? 'unproven',
  };
}
