import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import ssh2, { type Client, type ConnectConfig, type SFTPWrapper } from 'ssh2';
import { messageOf } from '../../../src/connector/index.ts';
import type { SftpOptions } from '../connection.ts';
import { type Link, LinkFault, noAnswer, refusedLogin, wrongIdentity, wrongSettings } from './link.ts';
import type { Entry, FileStats } from './types.ts';

/** Bytes that are asked for or sent at a time; servers give less where they allow less. */
const pieceBytes = 256 * 1024;

/** A fingerprint as `ssh-keygen -l` shows it. */
function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** Status codes of SFTP 3, and what a lost channel leaves behind. */
function faultOf(error: unknown, path: string): LinkFault {
  const { code } = error as { code?: unknown };
  const message = `${path}: ${messageOf(error)}`;
  if (code === 2) return new LinkFault('missing', message);
  if (code === 3) return new LinkFault('denied', message);
  return new LinkFault(code === 4 || code === 5 || code === 8 ? 'failed' : 'lost', message);
}

function statsOf({ size, mtime, mode }: { size: number; mtime: number; mode: number }): FileStats {
  return { size, mtimeMs: mtime * 1000, ino: 0, dev: 0, folder: (mode & 0o170000) === 0o040000 };
}

function kindOf(mode: number): Entry['kind'] {
  switch (mode & 0o170000) {
    case 0o040000:
      return 'folder';
    case 0o100000:
      return 'file';
    case 0o120000:
      return 'link';
    default:
      return 'other';
  }
}

class SftpLink implements Link {
  readonly #client: Client;
  readonly #sftp: SFTPWrapper;
  #alive = true;

  constructor(client: Client, sftp: SFTPWrapper) {
    this.#client = client;
    this.#sftp = sftp;
    const gone = () => {
      this.#alive = false;
    };
    client.on('close', gone).on('error', gone);
    sftp.on('close', gone);
  }

  get alive(): boolean {
    return this.#alive;
  }

  #call<T>(path: string, step: (done: (error: Error | undefined | null, value?: T) => void) => unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      step((error, value) => {
        if (error) reject(faultOf(error, path));
        else resolve(value as T);
      });
    });
  }

  async stat(path: string): Promise<FileStats | undefined> {
    try {
      return statsOf(await this.#call(path, (done) => this.#sftp.stat(path, done)));
    } catch (error) {
      if (error instanceof LinkFault && error.fault === 'missing') return undefined;
      throw error;
    }
  }

  async hasFolder(path: string): Promise<boolean> {
    return (await this.stat(path))?.folder === true;
  }

  async list(folder: string): Promise<Entry[]> {
    const all = await this.#call<ssh2.FileEntryWithStats[]>(folder, (done) => this.#sftp.readdir(folder, done));
    return all.map(({ filename, attrs }) => {
      const kind = kindOf(attrs.mode);
      // A link says nothing of the file that it leads to.
      return { name: filename, kind, stats: kind === 'file' ? statsOf(attrs) : undefined };
    });
  }

  makeFolder(path: string): Promise<void> {
    return this.#call(path, (done) => this.#sftp.mkdir(path, done));
  }

  async download(path: string, take: (piece: Buffer) => Promise<void>): Promise<void> {
    const handle = await this.#call<Buffer>(path, (done) => this.#sftp.open(path, 'r', done));
    const buffer = Buffer.allocUnsafe(pieceBytes);
    for (let position = 0; ; ) {
      const size = await new Promise<number>((resolve, reject) => {
        this.#sftp.read(handle, buffer, 0, pieceBytes, position, (error, bytesRead) => {
          if (error === undefined || error === null) resolve(bytesRead);
          // The end of the file is a status as well.
          else if ((error as { code?: unknown }).code === 1) resolve(0);
          else reject(faultOf(error, path));
        });
      });
      if (size === 0) break;
      position += size;
      await take(buffer.subarray(0, size));
    }
    await this.#call(path, (done) => this.#sftp.close(handle, done));
  }

  async upload(path: string, content: Buffer, create: boolean, alive: () => void): Promise<void> {
    const handle = await this.#call<Buffer>(path, (done) => this.#sftp.open(path, create ? 'wx' : 'w', done));
    try {
      for (let at = 0; at < content.length; at += pieceBytes) {
        const size = Math.min(pieceBytes, content.length - at);
        await this.#call(path, (done) => this.#sftp.write(handle, content, at, size, at, done));
        alive();
      }
      // Where the server has this extension, a rename that follows never gives a name to what is not on the disk.
      await this.#call(path, (done) => this.#sftp.ext_openssh_fsync(handle, done)).catch(() => {});
    } catch (error) {
      throw await this.#full(path, error);
    }
    await this.#call(path, (done) => this.#sftp.close(handle, done));
  }

  /** SFTP has one word for all failures; whether there is room can be asked of OpenSSH. */
  async #full(path: string, error: unknown): Promise<unknown> {
    if (!(error instanceof LinkFault) || error.fault !== 'failed') return error;
    const room = await this.#call<{ f_bavail?: number | bigint }>(path, (done) =>
      this.#sftp.ext_openssh_statvfs(path, done),
    ).catch(() => undefined);
    return Number(room?.f_bavail ?? 1) === 0 ? new LinkFault('full', `${path}: no space is left`) : error;
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call(from, (done) => this.#sftp.rename(from, to, done));
  }

  async remove(path: string): Promise<void> {
    await this.#call(path, (done) => this.#sftp.unlink(path, done));
  }

  destroy(): void {
    this.#alive = false;
    this.#client.destroy();
  }
}

async function credentials(options: SftpOptions, baseDir: string, server: string): Promise<ConnectConfig> {
  const { password, privateKey, privateKeyFile, passphrase } = options;
  if (password !== undefined) return { password, tryKeyboard: true };
  let key = privateKey ?? '';
  if (privateKeyFile !== undefined) {
    key = await readFile(resolve(baseDir, privateKeyFile), 'utf8').catch((error: unknown) => {
      throw wrongSettings(server, `its private key cannot be read: ${messageOf(error)}`, 'Check `privateKeyFile`.');
    });
  }
  return { privateKey: key, ...(passphrase !== undefined && { passphrase }) };
}

/** What went wrong before there was a session. */
function connectError(error: Error & { level?: string }, server: string): Error {
  switch (error.level) {
    case 'client-authentication':
      return refusedLogin(server, error.message);
    case 'handshake':
      if (/no matching/i.test(error.message)) {
        return wrongSettings(server, `no way to encrypt in common: ${error.message}`, 'The server needs an update.');
      }
      return noAnswer(server, error.message);
    default:
      return noAnswer(server, error.message);
  }
}

/** Logs in. Throws a BridgeError that says what to do. */
export async function openSftp(
  options: SftpOptions,
  { baseDir, timeoutMs, server }: { baseDir: string; timeoutMs: number; server: string },
): Promise<Link> {
  const login = await credentials(options, baseDir, server);
  const { host, port, user, hostKey } = options;
  const client = new ssh2.Client();
  let stranger: string | undefined;
  const known = (key: Buffer): boolean => {
    const fingerprint = fingerprintOf(key);
    if (hostKey === 'unchecked' || [hostKey].flat().includes(fingerprint)) return true;
    stranger = fingerprint;
    return false;
  };
  try {
    return await new Promise<Link>((resolve, reject) => {
      client
        .on('ready', () => {
          // Steps are small and follow each other: each would wait for the acknowledgement of the one before.
          client.setNoDelay(true);
          client.sftp((error, sftp) => {
            if (error) reject(refusedLogin(server, `this user may not use SFTP: ${error.message}`));
            else resolve(new SftpLink(client, sftp));
          });
        })
        // Many servers ask for the password this way alone.
        .on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) => {
          finish(prompts.map(() => options.password ?? ''));
        })
        .on('error', (error) => reject(connectError(error, server)))
        .on('close', () => reject(noAnswer(server, 'it closed the connection')))
        .connect({
          ...login,
          host,
          port,
          username: user,
          readyTimeout: timeoutMs,
          keepaliveInterval: timeoutMs,
          keepaliveCountMax: 2,
          hostVerifier: known,
        });
    });
  } catch (error) {
    client.destroy();
    // Told before anything is connected. The reason is not passed on: what a parser makes of a key is none of a log's business.
    if (error instanceof Error && /privateKey/.test(error.message)) {
      throw wrongSettings(
        server,
        'the private key cannot be read',
        'It must be a whole PEM or OpenSSH key; check `passphrase`.',
      );
    }
    if (stranger === undefined) throw error;
    throw wrongIdentity(
      server,
      `shows the host key ${stranger}, which is none of those in \`hostKey\`: it is another server, its key was changed, or somebody stands between. Nothing was sent to it.`,
      'Ask whoever runs the server. Only where they confirm that very fingerprint, put it into `hostKey`.',
    );
  }
}
