import { hash } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import ssh2, { type Connection, type FileEntry, type SFTPWrapper } from 'ssh2';
import { account, type FileServer, type Troubles } from './file-server.ts';

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;

const codes: Readonly<Record<string, number>> = {
  ENOENT: STATUS_CODE.NO_SUCH_FILE,
  EACCES: STATUS_CODE.PERMISSION_DENIED,
};

type Shared = Pick<FileServer, 'troubles' | 'seen'>;

/** One session of SFTP 3 over a folder. */
class Session {
  readonly #root: string;
  readonly #sftp: SFTPWrapper;
  readonly #server: Shared;
  readonly #cut: () => void;
  readonly #files = new Map<number, { handle: FileHandle; path: string; told: boolean }>();
  readonly #lists = new Map<number, FileEntry[]>();
  #next = 0;

  constructor(root: string, sftp: SFTPWrapper, server: Shared, cut: () => void) {
    this.#root = root;
    this.#sftp = sftp;
    this.#server = server;
    this.#cut = cut;
    sftp
      .on('REALPATH', (id, path) =>
        this.#answer(id, async () => sftp.name(id, [{ filename: join('/', path), longname: path, attrs: none }])),
      )
      .on('STAT', (id, path) => this.#answer(id, async () => sftp.attrs(id, attrsOf(await stat(this.#at(path))))))
      .on('LSTAT', (id, path) => this.#answer(id, async () => sftp.attrs(id, attrsOf(await stat(this.#at(path))))))
      .on('OPENDIR', (id, path) => this.#answer(id, () => this.#openFolder(id, path)))
      .on('READDIR', (id, handle) => this.#answer(id, () => this.#list(id, handle.readUInt32BE(0))))
      .on('OPEN', (id, path, flags) => this.#answer(id, () => this.#open(id, path, flags)))
      .on('READ', (id, handle, offset, size) =>
        this.#answer(id, () => this.#read(id, handle.readUInt32BE(0), offset, size)),
      )
      .on('WRITE', (id, handle, offset, data) =>
        this.#answer(id, () => this.#write(id, handle.readUInt32BE(0), offset, data)),
      )
      .on('CLOSE', (id, handle) => this.#answer(id, () => this.#close(id, handle.readUInt32BE(0))))
      .on('MKDIR', (id, path) => this.#done(id, () => mkdir(this.#at(path, true))))
      .on('REMOVE', (id, path) => this.#done(id, () => unlink(this.#at(path, true))))
      .on('RENAME', (id, from, to) => this.#done(id, () => this.#rename(from, to)));
  }

  #at(path: string, writes = false): string {
    if (writes && this.#server.troubles.denied?.test(path) === true)
      throw Object.assign(new Error('no'), { code: 'EACCES' });
    return join(this.#root, path);
  }

  #answer(id: number, work: () => Promise<unknown>): void {
    if (this.#server.troubles.silent === true) return;
    work().catch((error: NodeJS.ErrnoException) => {
      this.#sftp.status(id, codes[error.code ?? ''] ?? STATUS_CODE.FAILURE, 'Failure');
    });
  }

  #done(id: number, work: () => Promise<unknown>): void {
    this.#answer(id, async () => {
      await work();
      this.#sftp.status(id, STATUS_CODE.OK);
    });
  }

  #handle(id: number): void {
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(this.#next, 0);
    this.#sftp.handle(id, handle);
    this.#next += 1;
  }

  async #openFolder(id: number, path: string): Promise<void> {
    const folder = this.#at(path);
    const entries: FileEntry[] = [];
    for (const name of ['.', '..', ...(await readdir(folder))]) {
      const stats = await stat(join(folder, name)).catch(() => undefined);
      if (stats !== undefined) entries.push({ filename: name, longname: name, attrs: attrsOf(stats) });
    }
    this.#lists.set(this.#next, entries);
    this.#handle(id);
  }

  async #list(id: number, handle: number): Promise<void> {
    const entries = this.#lists.get(handle) ?? [];
    if (entries.length === 0) this.#sftp.status(id, STATUS_CODE.EOF);
    else this.#sftp.name(id, entries.splice(0, 50));
  }

  async #open(id: number, path: string, flags: number): Promise<void> {
    const writes = (flags & OPEN_MODE.WRITE) !== 0;
    const mode = writes ? ((flags & OPEN_MODE.EXCL) !== 0 ? 'wx' : 'w') : 'r';
    const handle = await open(this.#at(path, writes), mode);
    if (!writes) this.#server.seen.downloads.push(path);
    this.#files.set(this.#next, { handle, path, told: false });
    this.#handle(id);
  }

  async #read(id: number, handle: number, offset: number, size: number): Promise<void> {
    const file = this.#files.get(handle);
    const { troubles } = this.#server;
    if (troubles.cutAfter !== undefined && (troubles.cuts ?? 1) > 0 && offset + size > troubles.cutAfter) {
      troubles.cuts = (troubles.cuts ?? 1) - 1;
      this.#cut();
      return;
    }
    const most = troubles.endAfter === undefined ? size : Math.max(0, Math.min(size, troubles.endAfter - offset));
    // Small pieces, so that much can happen between two of them.
    const buffer = Buffer.alloc(Math.min(most, 1000));
    const { bytesRead = 0 } =
      buffer.length === 0 ? {} : ((await file?.handle.read(buffer, 0, buffer.length, offset)) ?? {});
    if (bytesRead === 0) this.#sftp.status(id, STATUS_CODE.EOF);
    else this.#sftp.data(id, buffer.subarray(0, bytesRead));
    if (file !== undefined && !file.told) {
      file.told = true;
      await troubles.onDownload?.(file.path);
    }
  }

  async #write(id: number, handle: number, offset: number, data: Buffer): Promise<void> {
    const { troubles } = this.#server;
    if (troubles.full === true) throw new Error('no space');
    const kept = troubles.quietlyFull === true ? data.subarray(0, data.length >> 1) : data;
    await this.#files.get(handle)?.handle.write(kept, 0, kept.length, offset);
    this.#sftp.status(id, STATUS_CODE.OK);
  }

  async #close(id: number, handle: number): Promise<void> {
    await this.#files.get(handle)?.handle.close();
    this.#files.delete(handle);
    this.#lists.delete(handle);
    this.#sftp.status(id, STATUS_CODE.OK);
  }

  /** As OpenSSH does: a rename replaces nothing. */
  async #rename(from: string, to: string): Promise<void> {
    const target = this.#at(to, true);
    if ((await stat(target).catch(() => undefined)) !== undefined) throw new Error('is there already');
    await rename(this.#at(from, true), target);
    const { troubles } = this.#server;
    if ((troubles.loseRenames ?? 0) > 0) {
      troubles.loseRenames = (troubles.loseRenames ?? 0) - 1;
      this.#cut();
      await new Promise(() => {});
    }
  }

  async closeAll(): Promise<void> {
    for (const { handle } of this.#files.values()) await handle.close().catch(() => {});
  }
}

const none = { mode: 0o040755, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 };

function attrsOf({ mode, size, mtimeMs }: { mode: number; size: number; mtimeMs: number }) {
  return { ...none, mode, size, mtime: Math.floor(mtimeMs / 1000) };
}

/** An SFTP server over `root`, for one account. */
export async function startSftp(root: string): Promise<FileServer> {
  let key = ssh2.utils.generateKeyPairSync('ed25519');
  // One in many of the keys that this library makes it cannot read.
  while (ssh2.utils.parseKey(key.private) instanceof Error) key = ssh2.utils.generateKeyPairSync('ed25519');
  const troubles: Troubles = {};
  const seen: FileServer['seen'] = { logins: 0, connections: 0, downloads: [] };
  const open = new Set<Connection>();
  const sessions = new Set<Session>();
  const server = new ssh2.Server({ hostKeys: [key.private] }, (client) => {
    open.add(client);
    // Its types do not know this; without it every answer waits for an acknowledgement.
    (client as unknown as { setNoDelay(on: boolean): void }).setNoDelay(true);
    seen.connections += 1;
    client
      .on('error', () => {})
      .on('close', () => open.delete(client))
      .on('authentication', (login) => {
        if (login.method !== 'password') return login.reject(['password']);
        seen.logins += 1;
        const right = login.username === account.user && login.password === account.password;
        if (right && troubles.refuseLogin !== true) login.accept();
        else login.reject(['password']);
      })
      .on('ready', () => {
        client.on('session', (accept) => {
          accept().on('sftp', (acceptSftp) => {
            sessions.add(new Session(root, acceptSftp(), { troubles, seen }, () => client.end()));
          });
        });
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const parsed = ssh2.utils.parseKey(key.public);
  if (parsed instanceof Error) throw parsed;
  const [hostKey] = [parsed].flat().map((one) => fingerprint(one.getPublicSSH()));
  return {
    port,
    connection: { sftp: { host: '127.0.0.1', port, ...account, hostKey } },
    secrets: [account.password],
    troubles,
    seen,
    hangUp: () => {
      for (const client of open) client.end();
    },
    async [Symbol.asyncDispose]() {
      for (const client of open) client.end();
      for (const session of sessions) await session.closeAll();
      if (server.address() === null) return;
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function fingerprint(key: Buffer): string {
  return `SHA256:${hash('sha256', key, 'base64').replace(/=+$/, '')}`;
}
