import { once } from 'node:events';
import { createReadStream, type Stats } from 'node:fs';
import { mkdir, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join, posix } from 'node:path';
import { TLSSocket } from 'node:tls';
import { account, type FileServer, type Troubles } from './file-server.ts';

const tls = new URL('../../support/tls/', import.meta.url);

export interface FtpOptions {
  readonly tls?: 'explicit' | 'implicit' | 'none';
  /** Old servers list for people, and know no MLST. */
  readonly old?: boolean;
}

interface Shared extends Required<FtpOptions> {
  readonly root: string;
  readonly troubles: Troubles;
  readonly seen: FileServer['seen'];
  readonly key: Buffer;
  readonly cert: Buffer;
}

const time = (stats: Stats) => stats.mtime.toISOString().replace(/\D/g, '').slice(0, 14);

/** One control connection (RFC 959, with the listings of RFC 3659). */
class Session {
  readonly #shared: Shared;
  #socket: Socket;
  #folder = '/';
  #from = '';
  #secure = false;
  #data: { server: Server; socket: Promise<Socket> } | undefined;

  constructor(socket: Socket, shared: Shared) {
    this.#shared = shared;
    this.#socket = socket;
    if (shared.tls === 'implicit') this.#encrypt();
    this.#listen();
    this.#say('220 ready');
  }

  #encrypt(): void {
    const { key, cert } = this.#shared;
    const plain = this.#socket;
    plain.removeAllListeners('data');
    this.#socket = new TLSSocket(plain, { isServer: true, key, cert });
    this.#secure = true;
  }

  #listen(): void {
    const socket = this.#socket;
    let rest = '';
    socket.on('error', () => socket.destroy()).on('end', () => socket.destroy());
    socket.on('data', (piece: Buffer) => {
      const lines = (rest + piece.toString('utf8')).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#take(line);
    });
  }

  #take(line: string): void {
    if (this.#shared.troubles.silent === true) return;
    const [, command = '', argument = ''] = /^(\S+) ?(.*)$/.exec(line) ?? [];
    this.#run(command.toUpperCase(), argument).catch((error: NodeJS.ErrnoException) => {
      const reasons: Record<string, string> = {
        ENOENT: '550 No such file',
        EACCES: '550 Permission denied',
        ENOSPC: '552 No space left',
      };
      this.#say(reasons[error.code ?? ''] ?? `550 ${error.message}`);
    });
  }

  #say(text: string): void {
    if (this.#socket.writable) this.#socket.write(`${text}\r\n`);
  }

  #at(path: string, writes = false): string {
    const full = posix.resolve(this.#folder, path);
    if (writes && this.#shared.troubles.denied?.test(full) === true)
      throw Object.assign(new Error('no'), { code: 'EACCES' });
    return join(this.#shared.root, full);
  }

  async #run(command: string, argument: string): Promise<void> {
    const { troubles, seen, old } = this.#shared;
    switch (command) {
      case 'AUTH':
        if (this.#shared.tls === 'none') return this.#say('502 no TLS here');
        this.#say('234 go on');
        this.#encrypt();
        return this.#listen();
      case 'USER':
        if (this.#shared.tls === 'explicit' && !this.#secure) return this.#say('530 use TLS');
        return this.#say('331 password?');
      case 'PASS':
        seen.logins += 1;
        return this.#say(
          argument === account.password && troubles.refuseLogin !== true ? '230 welcome' : '530 Login incorrect.',
        );
      case 'FEAT':
        return this.#say(
          old ? '211-Features:\r\n MDTM\r\n SIZE\r\n211 End' : '211-Features:\r\n MLST type*;size*;modify*;\r\n211 End',
        );
      case 'PWD':
        return this.#say(`257 "${this.#folder}" is here`);
      case 'CWD': {
        if (!(await stat(this.#at(argument))).isDirectory()) return this.#say('550 no folder');
        this.#folder = posix.resolve(this.#folder, argument);
        return this.#say('250 ok');
      }
      case 'EPSV':
        return this.#passive();
      case 'MLST': {
        if (old) return this.#say('500 unknown');
        return this.#say(`250-here\r\n ${facts(await stat(this.#at(argument)))} ${argument}\r\n250 End`);
      }
      case 'SIZE': {
        const stats = await stat(this.#at(argument));
        return this.#say(stats.isFile() ? `213 ${stats.size}` : '550 not a plain file');
      }
      case 'MDTM':
        return this.#say(`213 ${time(await stat(this.#at(argument)))}`);
      case 'MLSD':
      case 'LIST':
        if (command === 'MLSD' && old) return this.#say('500 unknown');
        return this.#send(await this.#listing(argument.replace(/^-a ?/, '') || '.', command === 'MLSD'));
      case 'RETR':
        return this.#download(argument);
      case 'STOR':
        return this.#upload(argument);
      case 'MKD':
        await mkdir(this.#at(argument, true));
        return this.#say('257 made');
      case 'DELE':
        await unlink(this.#at(argument, true));
        return this.#say('250 gone');
      case 'RNFR':
        this.#from = this.#at(argument, true);
        await stat(this.#from);
        return this.#say('350 to?');
      case 'RNTO':
        await rename(this.#from, this.#at(argument, true));
        if ((troubles.loseRenames ?? 0) > 0) {
          troubles.loseRenames = (troubles.loseRenames ?? 0) - 1;
          this.#socket.destroy();
          return;
        }
        return this.#say('250 renamed');
      case 'TYPE':
      case 'STRU':
      case 'OPTS':
      case 'PBSZ':
      case 'PROT':
        return this.#say('200 ok');
      default:
        return this.#say('502 not here');
    }
  }

  async #passive(): Promise<void> {
    const server = createServer({ allowHalfOpen: false });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = once(server, 'connection').then(([plain]: Socket[]) => {
      server.close();
      if (plain === undefined) throw new Error('no connection');
      plain.on('error', () => {});
      if (!this.#secure) return plain;
      const { key, cert } = this.#shared;
      const secure = new TLSSocket(plain, { isServer: true, key, cert });
      return secure.on('error', () => secure.destroy());
    });
    this.#data = { server, socket };
    this.#say(`229 here (|||${(server.address() as AddressInfo).port}|)`);
  }

  async #open(): Promise<Socket> {
    const data = this.#data;
    this.#data = undefined;
    if (data === undefined) throw new Error('no data connection');
    this.#say('150 here it comes');
    return data.socket;
  }

  async #listing(path: string, forMachines: boolean): Promise<string> {
    const folder = this.#at(path);
    const lines: string[] = [];
    for (const name of await readdir(folder)) {
      const stats = await stat(join(folder, name)).catch(() => undefined);
      if (stats === undefined) continue;
      const kind = stats.isDirectory() ? 'd' : '-';
      lines.push(
        forMachines ? `${facts(stats)} ${name}` : `${kind}rw-r--r-- 1 erp erp ${stats.size} Nov 20 14:30 ${name}`,
      );
    }
    return lines.map((line) => `${line}\r\n`).join('');
  }

  async #send(text: string): Promise<void> {
    const data = await this.#open();
    data.end(text);
    await once(data, 'close');
    this.#say('226 done');
  }

  async #download(path: string): Promise<void> {
    const { troubles, seen } = this.#shared;
    const full = this.#at(path);
    await stat(full);
    seen.downloads.push(path);
    const data = await this.#open();
    let sent = 0;
    // Small pieces, so that much can happen between two of them.
    for await (const piece of createReadStream(full, { highWaterMark: 1000 })) {
      if (troubles.cutAfter !== undefined && (troubles.cuts ?? 1) > 0 && sent + piece.length > troubles.cutAfter) {
        troubles.cuts = (troubles.cuts ?? 1) - 1;
        data.destroy();
        this.#socket.destroy();
        return;
      }
      if (troubles.endAfter !== undefined && sent + piece.length > troubles.endAfter) break;
      if (!data.write(piece)) await once(data, 'drain');
      if (sent === 0) await troubles.onDownload?.(path);
      sent += piece.length;
    }
    data.end();
    await once(data, 'close');
    this.#say('226 done');
  }

  async #upload(path: string): Promise<void> {
    const { troubles } = this.#shared;
    const full = this.#at(path, true);
    const data = await this.#open();
    const pieces: Buffer[] = [];
    for await (const piece of data) pieces.push(piece as Buffer);
    if (troubles.full === true) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    const content = Buffer.concat(pieces);
    await writeFile(full, troubles.quietlyFull === true ? content.subarray(0, content.length >> 1) : content);
    this.#say('226 stored');
  }

  end(): void {
    this.#data?.server.close();
    this.#socket.destroy();
  }
}

function facts(stats: Stats): string {
  return `type=${stats.isDirectory() ? 'dir' : 'file'};size=${stats.size};modify=${time(stats)};`;
}

/** An FTP server over `root`, for one account. Its certificate is that of test/support/tls. */
export async function startFtp(
  root: string,
  { tls: mode = 'explicit', old = false }: FtpOptions = {},
): Promise<FileServer> {
  const troubles: Troubles = {};
  const seen: FileServer['seen'] = { logins: 0, connections: 0, downloads: [] };
  const [key, cert] = await Promise.all(['server.key', 'server.pem'].map((name) => readFile(new URL(name, tls))));
  if (key === undefined || cert === undefined) throw new Error('no certificate');
  const open = new Set<Session>();
  const server = createServer((socket) => {
    seen.connections += 1;
    socket.setNoDelay(true);
    const session = new Session(socket, { root, troubles, seen, tls: mode, old, key, cert });
    open.add(session);
    socket.on('close', () => open.delete(session));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const caFile = new URL('authority.pem', tls).pathname;
  const hangUp = () => {
    for (const session of open) session.end();
  };
  return {
    port,
    connection: { ftp: { host: 'localhost', port, ...account, tls: mode, ...(mode !== 'none' && { caFile }) } },
    secrets: [account.password],
    troubles,
    seen,
    hangUp,
    async [Symbol.asyncDispose]() {
      hangUp();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}
