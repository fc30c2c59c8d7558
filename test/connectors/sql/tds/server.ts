import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { messagesOf, packets, secured } from './line.ts';
import {
  batchOf,
  type Column,
  callOf,
  columnMetadata,
  done,
  doneStatus,
  errorToken,
  type Login,
  loginAnswer,
  loginOf,
  preloginAnswer,
  row,
  type Statement,
  transactionChange,
} from './messages.ts';

/** What a statement gives: a result, or only how many rows it changed. */
export interface Answer {
  readonly columns?: readonly Column[];
  readonly rows?: AsyncIterable<readonly (string | null)[]> | Iterable<readonly (string | null)[]>;
  readonly affected?: number;
}

/** An error of the server, with SQL Server's number. */
export class ServerError extends Error {
  readonly number: number;
  constructor(number: number, message: string) {
    super(message);
    this.number = number;
  }
}

/** What stands behind one connection. */
export interface Engine {
  /** 5 is SNAPSHOT. */
  begin(isolation: number): Promise<void>;
  end(how: 'commit' | 'rollback'): Promise<void>;
  execute(statement: Statement): AsyncIterable<Answer>;
  close(): Promise<void>;
}

export interface TdsServer {
  readonly port: number;
  stop(): Promise<void>;
}

interface TdsOptions {
  /** Certificate and key; without them the server cannot encrypt. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** @throws ServerError where the login is refused */
  open(login: Login): Promise<Engine>;
}

const type = { rpc: 3, answer: 4, attention: 6, manager: 14, login: 16 } as const;

/** A server that speaks the protocol of SQL Server 2022 and knows no SQL: that is its engine's. */
export async function startTdsServer(options: TdsOptions): Promise<TdsServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    // Its many small packets would each wait for the client's word.
    socket
      .setNoDelay(true)
      .on('close', () => sockets.delete(socket))
      .on('error', () => undefined);
    void serve(socket, options).catch(() => socket.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}

async function serve(socket: Socket, options: TdsOptions): Promise<void> {
  // The first message is the prelogin: it settles whether all that follows is encrypted.
  const prelogin = messagesOf(socket.iterator({ destroyOnReturn: false }));
  await prelogin.next();
  await prelogin.return(undefined);
  const { tls } = options;
  socket.write(packets(type.answer, preloginAnswer(tls === undefined ? 2 : 1)));
  await new Session(tls === undefined ? socket : secured(socket, tls), options).run();
}

class Session {
  readonly #stream: Duplex;
  readonly #options: TdsOptions;
  #engine: Engine | undefined;
  #attention = false;

  constructor(stream: Duplex, options: TdsOptions) {
    this.#stream = stream.on('error', () => undefined);
    this.#options = options;
  }

  async run(): Promise<void> {
    let work = Promise.resolve();
    try {
      for await (const { kind, body } of messagesOf(this.#stream)) {
        if (kind === type.login) await this.#login(loginOf(body));
        else if (kind === type.attention) {
          this.#attention = true;
          await work;
          this.#attention = false;
          await this.#send(done(0xfd, doneStatus.attention));
        } else work = work.then(() => this.#answer(kind, body));
      }
    } finally {
      await this.#engine?.close();
    }
  }

  async #login(login: Login): Promise<void> {
    try {
      this.#engine = await this.#options.open(login);
      await this.#send(loginAnswer(login.database));
    } catch (error) {
      await this.#send(Buffer.concat([errorOf(error), done(0xfd, doneStatus.error)]));
      this.#stream.end();
    }
  }

  /** Resolves once there is room for more: a client that reads slowly holds the engine up. */
  async #send(body: Buffer, ends = true): Promise<void> {
    if (this.#stream.destroyed || this.#stream.write(packets(type.answer, body, ends))) return;
    await Promise.race([once(this.#stream, 'drain'), once(this.#stream, 'close')]).catch(() => undefined);
  }

  async #answer(kind: number, body: Buffer): Promise<void> {
    const engine = this.#engine;
    if (engine === undefined) return;
    const ending = kind === type.rpc ? 0xfe : 0xfd;
    try {
      if (kind === type.manager) await this.#send(Buffer.concat([await manage(engine, body), done(0xfd, 0)]));
      else {
        const statement = kind === type.rpc ? callOf(body) : batchOf(body);
        // What the driver sets when it has connected.
        const setting = /^set \w+/.test(statement.sql);
        if (!setting) for await (const answer of engine.execute(statement)) await this.#result(answer);
        await this.#send(done(ending, 0));
      }
    } catch (error) {
      await this.#send(Buffer.concat([errorOf(error), done(ending, doneStatus.error)]));
    }
  }

  async #result({ columns = [], rows = [], affected }: Answer): Promise<void> {
    if (columns.length > 0) await this.#send(columnMetadata(columns), false);
    let count = 0;
    for await (const values of rows) {
      if (this.#attention || this.#stream.destroyed) break;
      count += 1;
      await this.#send(row(columns, values), false);
    }
    await this.#send(done(0xff, doneStatus.more | doneStatus.count, affected ?? count), false);
  }
}

/** BEGIN, COMMIT and ROLLBACK come as requests of their own. */
async function manage(engine: Engine, body: Buffer): Promise<Buffer> {
  const at = body.readUInt32LE(0);
  const request = body.readUInt16LE(at);
  if (request === 5) {
    await engine.begin(body.readUInt8(at + 2));
    return transactionChange(8);
  }
  await engine.end(request === 7 ? 'commit' : 'rollback');
  return transactionChange(request === 7 ? 9 : 10);
}

function errorOf(error: unknown): Buffer {
  const { message } = error as Error;
  return errorToken(error instanceof ServerError ? error.number : 50_001, message);
}
