import { open } from 'node:fs/promises';
import { posix } from 'node:path';
import { BridgeError, connectorErrors, isBridgeError } from '../../../src/connector/index.ts';
import type { ConnectionOptions } from '../connection.ts';
import { badSource } from '../source-file.ts';
import { explain, moved, spoolError } from './faults.ts';
import { type Link, LinkFault } from './link.ts';
import type { Drive, Entry, FileStats } from './types.ts';
import { watched } from './watched.ts';

/** After a login that was refused the server is left alone this long: many lock an account, or an address, after a few. */
const refusedMs = 60_000;

/** Files whose state is remembered, at most. */
const mostNoted = 20_000;

/** Largest manifest. */
const mostText = 1024 * 1024;

const MiB = 1024 * 1024;

/** What a step may see of the connection that it has. */
interface Step {
  readonly link: Link;
  /** True where the connection was lost during the first attempt, so that the step may have taken effect. */
  readonly again: boolean;
  /** To be called whenever something comes: the connection counts as lost after a silence, not after a while. */
  readonly alive: () => void;
}

const same = (a: FileStats | undefined, b: Pick<FileStats, 'size' | 'mtimeMs'>) =>
  a?.size === b.size && a.mtimeMs === b.mtimeMs;

/**
 * Files on a server: one connection, opened when it is needed, one step at a time. A connection that is lost during a step is opened
 * anew once, and the step is done again (a rename looks first whether it took effect); a second loss is the error.
 */
export class RemoteDrive implements Drive {
  readonly remote = true;
  readonly sep = posix.sep;
  readonly #server: string;
  readonly #options: ConnectionOptions;
  readonly #connect: () => Promise<Link>;
  readonly #noted = new Map<string, { state: string; since: number }>();
  #link: Link | undefined;
  #closed = false;
  #turn: Promise<unknown> = Promise.resolve();
  #refused: { error: unknown; at: number } | undefined;

  /** `server`: what it is called in errors. `connect` logs in, or throws a BridgeError. */
  constructor(server: string, options: ConnectionOptions, connect: () => Promise<Link>) {
    this.#server = server;
    this.#options = options;
    this.#connect = connect;
  }

  resolve(root: string, folder: string): string {
    return posix.isAbsolute(folder) ? posix.normalize(folder) : posix.join(root, folder);
  }

  join(...parts: string[]): string {
    return posix.join(...parts);
  }

  dirname(path: string): string {
    return posix.dirname(path);
  }

  async stat(path: string): Promise<FileStats | undefined> {
    const stats = await this.#step(path, ({ link }) => link.stat(path));
    if (stats !== undefined) this.#note(path, stats);
    return stats;
  }

  async list(folder: string): Promise<Entry[]> {
    const all = await this.#step(folder, ({ link }) => link.list(folder));
    // A name is what stands in one folder: a server that says otherwise leads elsewhere.
    const entries = all.filter(({ name }) => name !== '.' && name !== '..' && /^[^/\p{Cc}]+$/u.test(name));
    for (const { name, stats } of entries) if (stats !== undefined) this.#note(posix.join(folder, name), stats);
    return entries;
  }

  /** How long, in milliseconds of our own clock, the file has been seen as it is. */
  seenFor(path: string, stats: FileStats): number {
    return performance.now() - this.#note(path, stats);
  }

  #note(path: string, { size, mtimeMs }: FileStats): number {
    const state = `${size} ${mtimeMs}`;
    const before = this.#noted.get(path);
    if (before?.state === state) return before.since;
    if (this.#noted.size >= mostNoted) this.#noted.clear();
    const since = performance.now();
    this.#noted.set(path, { state, since });
    return since;
  }

  async readText(path: string): Promise<string> {
    const pieces: Buffer[] = [];
    await this.#step(path, async ({ link, alive }) => {
      pieces.length = 0;
      let size = 0;
      await link.download(path, async (piece) => {
        alive();
        size += piece.length;
        if (size > mostText) throw badSource(path, 'is larger than 1 MB, which no manifest is.');
        pieces.push(Buffer.from(piece));
      });
    });
    return Buffer.concat(pieces).toString('utf8');
  }

  /**
   * Copies a file to `target` on this machine. Throws CONNECTOR_BAD_SOURCE where it is not `expected` before and after, or where other
   * than all its bytes came.
   */
  async copy(
    path: string,
    expected: Pick<FileStats, 'size' | 'mtimeMs'>,
    target: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { maxFileMb } = this.#options;
    if (expected.size > maxFileMb * MiB) {
      throw badSource(
        path,
        `has ${Math.ceil(expected.size / MiB)} MB; at most ${maxFileMb} MB are copied from a server.`,
        'Where it is meant to be this large, raise `connection.maxFileMb`.',
      );
    }
    const handle = await open(target, 'w', 0o600).catch((error: unknown) => {
      throw spoolError(target, error);
    });
    try {
      return await this.#step(
        path,
        async ({ link, alive }) => {
          if (!same(await link.stat(path), expected)) throw moved(path);
          let size = 0;
          await handle.truncate(0);
          await link.download(path, async (piece) => {
            signal.throwIfAborted();
            alive();
            // More than there was: it grows. A server may also send without end.
            if (size + piece.length > expected.size) throw moved(path);
            for (let at = 0; at < piece.length; ) {
              const { bytesWritten } = await handle
                .write(piece, at, piece.length - at, size + at)
                .catch((error: unknown) => {
                  throw spoolError(target, error);
                });
              at += bytesWritten;
            }
            size += piece.length;
          });
          if (size < expected.size) {
            throw new LinkFault('lost', `${path}: only ${size} of its ${expected.size} bytes came`);
          }
          if (!same(await link.stat(path), expected)) throw moved(path);
        },
        signal,
      );
    } finally {
      await handle.close();
    }
  }

  async makeFolder(path: string): Promise<void> {
    await this.#step(path, async ({ link }) => {
      const missing: string[] = [];
      let above = posix.normalize(path);
      while (above !== '.' && above !== '/' && !(await link.hasFolder(above))) {
        missing.push(above);
        above = posix.dirname(above);
      }
      for (const folder of missing.toReversed()) {
        await link.makeFolder(folder).catch(async (error: unknown) => {
          // Somebody else was faster, or the answer of the first attempt was lost.
          if (!(await link.hasFolder(folder))) throw error;
        });
      }
    });
  }

  async write(path: string, text: string, create = false): Promise<void> {
    const content = Buffer.from(text, 'utf8');
    await this.#step(path, async ({ link, again, alive }) => {
      // What the first attempt left behind is ours.
      const exists = again && create && (await link.stat(path)) !== undefined;
      await link.upload(path, content, create && !exists, alive);
      const size = (await link.stat(path))?.size;
      if (size === content.length) return;
      throw new LinkFault('full', `${path}: the server kept ${size ?? 'none'} of its ${content.length} bytes`);
    });
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#step(from, async ({ link, again }) => {
      const took = async () => (await link.stat(from)) === undefined && (await link.stat(to)) !== undefined;
      if (again && (await took())) return;
      try {
        await link.rename(from, to);
      } catch (error) {
        if (!(error instanceof LinkFault) || error.fault === 'lost' || error.fault === 'denied') throw error;
        if (await took()) return;
        // Servers differ in whether a rename replaces; this one does not.
        if ((await link.stat(from)) === undefined || (await link.stat(to)) === undefined) throw error;
        await link.remove(to);
        await link.rename(from, to);
      }
    });
  }

  async remove(path: string): Promise<void> {
    await this.#step(path, async ({ link }) => {
      await link.remove(path).catch((error: unknown) => {
        if (!(error instanceof LinkFault) || error.fault !== 'missing') throw error;
      });
    });
  }

  /** For good: what is still going on ends with an error. */
  close(): void {
    this.#closed = true;
    this.#drop();
  }

  #drop(): void {
    this.#link?.destroy();
    this.#link = undefined;
  }

  /** Whoever comes first goes first: neither protocol is good at two things at a time. */
  async #step<T>(path: string, work: (step: Step) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#turn;
    const mine = Promise.withResolvers<void>();
    this.#turn = mine.promise;
    await before;
    try {
      signal?.throwIfAborted();
      return await this.#attempts(work, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof LinkFault ? explain(this.#server, error, path) : error;
    } finally {
      mine.resolve();
    }
  }

  async #attempts<T>(work: (step: Step) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    for (let again = false; ; again = true) {
      const link = await this.#open();
      try {
        return await watched(link, this.#options.timeoutMs, (alive) => work({ link, again, alive }), signal);
      } catch (error) {
        // An error of our own in the middle of a transfer leaves the connection of no use either.
        const lost = error instanceof LinkFault && error.fault === 'lost';
        if (lost || isBridgeError(error) || signal?.aborted === true) this.#drop();
        if (!lost || again || signal?.aborted === true) throw error;
      }
    }
  }

  async #open(): Promise<Link> {
    if (this.#link?.alive === true) return this.#link;
    if (this.#refused !== undefined && performance.now() - this.#refused.at < refusedMs) throw this.#refused.error;
    this.#requireOpen();
    try {
      const link = await this.#connect();
      this.#link = link;
      this.#refused = undefined;
      // Closed meanwhile: nobody else would end it.
      if (this.#closed) this.#drop();
      this.#requireOpen();
      return link;
    } catch (error) {
      const recovery = isBridgeError(error) ? error.code : '';
      if (recovery === 'CONNECTOR_AUTH' || recovery === 'CONNECTOR_IDENTITY') {
        this.#refused = { error, at: performance.now() };
      }
      throw error;
    }
  }

  #requireOpen(): void {
    if (!this.#closed) return;
    throw new BridgeError(connectorErrors.CONNECTOR_UNREACHABLE, {
      message: `${this.#server}: the source has been closed.`,
      hint: 'Nothing is to be done: whoever closed it needs it no more.',
    });
  }
}
