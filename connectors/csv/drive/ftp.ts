import { readFile } from 'node:fs/promises';
import { posix, resolve } from 'node:path';
import { Readable, Writable } from 'node:stream';
import ftp, { type FTPError } from 'basic-ftp';
import { isBridgeError, messageOf } from '../../../src/connector/index.ts';
import type { FtpOptions } from '../connection.ts';
import { type Link, LinkFault, noAnswer, refusedLogin, wrongIdentity, wrongSettings } from './link.ts';
import type { Entry, FileStats } from './types.ts';

const isReply = (error: unknown): error is FTPError => error instanceof ftp.FTPError;

/** What the library calls the kinds of entries. */
const kinds: Readonly<Record<number, Entry['kind']>> = { 1: 'file', 2: 'folder', 3: 'link' };

const denied = /denied|permission|not allowed|forbidden|privilege|unauthori[sz]ed|read.?only/i;

/** Replies of FTP (RFC 959). 550 says no more than that something is wrong with the file; its text mostly does. */
function faultOf(error: unknown, path: string): Error {
  if (isBridgeError(error) || error instanceof LinkFault) return error;
  const message = `${path}: ${messageOf(error)}`;
  if (!isReply(error)) return new LinkFault('lost', message);
  switch (error.code) {
    case 421:
    case 425:
    case 426:
      return new LinkFault('lost', message);
    case 452:
    case 552:
      return new LinkFault('full', message);
    case 530:
    case 532:
      return new LinkFault('denied', message);
    case 450:
    case 550:
    case 553:
      if (/space|quota|disk full/i.test(message)) return new LinkFault('full', message);
      return new LinkFault(denied.test(message) ? 'denied' : 'missing', message);
    default:
      return new LinkFault('failed', message);
  }
}

/** `20261120143005.123`, always UTC; to the second, since not every command of a server says more. */
function timeOf(text: string): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})/.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

class FtpLink implements Link {
  readonly #client: ftp.Client;
  readonly #home: string;
  readonly #listsFacts: boolean;

  constructor(client: ftp.Client, home: string, listsFacts: boolean) {
    this.#client = client;
    this.#home = home;
    this.#listsFacts = listsFacts;
  }

  get alive(): boolean {
    return !this.#client.closed;
  }

  /** From the root: looking for a folder goes there. */
  #at(path: string): string {
    return posix.resolve(this.#home, path);
  }

  async #step<T>(path: string, step: (path: string) => Promise<T>): Promise<T> {
    try {
      return await step(this.#at(path));
    } catch (error) {
      throw faultOf(error, path);
    }
  }

  async stat(path: string): Promise<FileStats | undefined> {
    try {
      return await this.#step(path, (at) => (this.#listsFacts ? this.#facts(at) : this.#sizeAndTime(at)));
    } catch (error) {
      if (error instanceof LinkFault && error.fault === 'missing') return undefined;
      throw error;
    }
  }

  async #facts(path: string): Promise<FileStats> {
    const { message } = await this.#client.send(`MLST ${path}`);
    const fact = (name: string) => new RegExp(`[ ;]${name}=([^;]*);`, 'i').exec(message.replaceAll('\n', ' '))?.[1];
    const folder = /dir$/i.test(fact('type') ?? '');
    const [size, time] = [Number(fact('size') ?? (folder ? 0 : Number.NaN)), timeOf(fact('modify') ?? '')];
    if (Number.isNaN(size) || (time === undefined && !folder)) return this.#sizeAndTime(path);
    return { size, mtimeMs: time ?? 0, ino: 0, dev: 0, folder };
  }

  async #sizeAndTime(path: string): Promise<FileStats> {
    const size = await this.#client.size(path);
    const { message } = await this.#client.send(`MDTM ${path}`);
    const time = timeOf(message.slice(4).trim());
    if (time === undefined) throw new LinkFault('failed', `${path}: the server does not say when it was changed`);
    return { size, mtimeMs: time, ino: 0, dev: 0, folder: false };
  }

  async hasFolder(path: string): Promise<boolean> {
    try {
      await this.#step(path, (at) => this.#client.cd(at));
      return true;
    } catch (error) {
      if (error instanceof LinkFault && (error.fault === 'missing' || error.fault === 'denied')) return false;
      throw error;
    }
  }

  async list(folder: string): Promise<Entry[]> {
    const all = await this.#step(folder, async (at) => {
      // Many servers answer for a folder that is not there with an empty list.
      await this.#client.cd(at);
      return this.#client.list(at);
    });
    return all.map(({ name, type, size, modifiedAt }) => {
      const kind = kinds[type] ?? 'other';
      const stats = {
        size,
        mtimeMs: Math.floor((modifiedAt?.getTime() ?? 0) / 1000) * 1000,
        ino: 0,
        dev: 0,
        folder: false,
      };
      // A listing for people says times to the minute, or to the day.
      return { name, kind, stats: kind === 'file' && modifiedAt !== undefined && this.#listsFacts ? stats : undefined };
    });
  }

  async makeFolder(path: string): Promise<void> {
    await this.#step(path, (at) => this.#client.send(`MKD ${at}`));
  }

  async download(path: string, take: (piece: Buffer) => Promise<void>): Promise<void> {
    let failure: unknown;
    const sink = new Writable({
      write(piece: Buffer, _encoding, done) {
        take(piece).then(
          () => done(),
          (error: unknown) => {
            failure = error;
            done(error as Error);
          },
        );
      },
    });
    try {
      await this.#step(path, (at) => this.#client.downloadTo(sink, at));
    } catch (error) {
      throw failure ?? error;
    }
  }

  async upload(path: string, content: Buffer, create: boolean): Promise<void> {
    // FTP has no way to create a file only where there is none.
    if (create && (await this.stat(path)) !== undefined) throw new LinkFault('failed', `${path}: is there already`);
    await this.#step(path, (at) => this.#client.uploadFrom(Readable.from([content]), at));
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#step(from, (at) => this.#client.rename(at, this.#at(to)));
  }

  async remove(path: string): Promise<void> {
    await this.#step(path, (at) => this.#client.remove(at));
  }

  destroy(): void {
    this.#client.close();
  }
}

function connectError(error: unknown, server: string): Error {
  if (isBridgeError(error)) return error;
  const { code = '' } = error as { code?: unknown };
  if (isReply(error)) {
    if (error.code === 530 || error.code === 532 || error.code === 331) return refusedLogin(server, error.message);
    if (error.code >= 500) {
      return wrongSettings(
        server,
        `it does not do what is asked of it: ${error.message}`,
        'Where it knows no TLS, ask for SFTP, or set `tls: none` if nobody else can listen on the way.',
      );
    }
    return noAnswer(server, error.message);
  }
  if (/CERT|SIGNATURE|ISSUER|ALTNAME/.test(String(code))) {
    return wrongIdentity(
      server,
      `shows a certificate that cannot be trusted: ${messageOf(error)}. Nothing was sent to it.`,
      'Where the server has a certificate of its own making, get it from whoever runs it and name it in `caFile`.',
    );
  }
  return noAnswer(server, messageOf(error));
}

/** Logs in. Throws a BridgeError that says what to do. */
export async function openFtp(
  options: FtpOptions,
  { baseDir, timeoutMs, server }: { baseDir: string; timeoutMs: number; server: string },
): Promise<Link> {
  const { host, tls, user, password, caFile } = options;
  const ca =
    caFile === undefined
      ? undefined
      : await readFile(resolve(baseDir, caFile)).catch((error: unknown) => {
          throw wrongSettings(server, `its certificate cannot be read: ${messageOf(error)}`, 'Check `caFile`.');
        });
  const client = new ftp.Client(timeoutMs);
  try {
    await client.access({
      host,
      port: options.port ?? (tls === 'implicit' ? 990 : 21),
      user,
      password,
      secure: tls === 'none' ? false : tls === 'implicit' ? 'implicit' : true,
      secureOptions: { minVersion: 'TLSv1.2', host, ...(ca !== undefined && { ca }) },
    });
    return new FtpLink(client, await client.pwd(), client.availableListCommands.includes('MLSD'));
  } catch (error) {
    client.close();
    throw connectError(error, server);
  }
}
