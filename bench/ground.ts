/** What a measurement stands on: a folder of its own, an embedded PostgreSQL with the settings that users get, and child processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { startEmbedded } from '../src/store/embedded.ts';

export interface Ground extends AsyncDisposable {
  readonly folder: string;
  /** Of the database server, with its password. */
  readonly databaseUrl: string;
  /** Starts a file of this project and gives the first line that it prints. It ends with the measurement. */
  start(file: string, ...args: readonly string[]): Promise<Started>;
}

export interface Started {
  readonly firstLine: string;
  readonly pid: number;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
}

export async function openGround(): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'oto-bridge-bench-'));
  // Run as root, the server belongs to another user, who has to get in.
  await chmod(folder, 0o755);
  const server = await startEmbedded({ dataDir: join(folder, 'data'), log: pino({ level: 'silent' }) });
  const children = new Set<() => Promise<void>>();
  return {
    folder,
    databaseUrl: server.url,
    async start(file, ...args) {
      const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
      const stop = () => end(child);
      children.add(stop);
      const [firstLine] = (await Promise.race([
        once(createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }), 'line'),
        once(child, 'exit').then(() => {
          throw new Error(`${file} ended before it was up`);
        }),
      ])) as [string];
      return { firstLine, pid: child.pid ?? 0, stop };
    },
    async [Symbol.asyncDispose]() {
      for (const stop of children) await stop();
      await server.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
