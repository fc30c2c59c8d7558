import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceFile } from '../source-file.ts';
import type { RemoteDrive } from './remote.ts';

/** Copies of files of a server, for as long as they are read. */
export class Spool implements AsyncDisposable {
  readonly #drive: RemoteDrive;
  #folder: string | undefined;
  #count = 0;

  constructor(drive: RemoteDrive) {
    this.#drive = drive;
  }

  /** A path for a new file. Nobody but the user of this process may look into its folder. */
  async place(name: string): Promise<string> {
    this.#folder ??= await mkdtemp(join(tmpdir(), 'oto-bridge-'));
    this.#count += 1;
    return join(this.#folder, `${this.#count}-${name.replace(/[^\w.-]/g, '_').slice(-80)}`);
  }

  /** The file with a copy of its content, which is that of one moment. Throws CONNECTOR_BAD_SOURCE where it is being changed. */
  async fetch(file: SourceFile, signal: AbortSignal): Promise<SourceFile> {
    const { path, size, mtimeMs } = file;
    const at = await this.place(file.name);
    await this.#drive.copy(path, { size, mtimeMs }, at, signal);
    return { ...file, at };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }
}
