import { spawn } from 'node:child_process';
import { chown } from 'node:fs/promises';

/** The account that the server runs as when the bridge itself is root: PostgreSQL refuses root. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

export interface Outcome {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  /** The end of both outputs. */
  readonly output: string;
}

interface Command {
  readonly cwd: string;
  readonly user: ServerUser | undefined;
  /** False for a command that leaves a server behind: it would keep the pipes open. */
  readonly output?: boolean;
}

/** Rejects when the program cannot be started at all. */
export function runProgram(
  file: string,
  args: readonly string[],
  { cwd, user, output = true }: Command,
): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  const child = spawn(file, args, {
    cwd,
    env: environment(),
    stdio: output ? ['ignore', 'pipe', 'pipe'] : 'ignore',
    windowsHide: true,
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
  });
  let text = '';
  const collect = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-4000);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  child.once('error', reject);
  child.once(output ? 'close' : 'exit', (code: number | null) => resolve({ code, output: text.trim() }));
  return promise;
}

/** Without the variables that would lead PostgreSQL's programs to another server, and with messages in English: some are read. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG|POSTGRES)/i.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: 'C', LANG: 'C' };
}

/** Gives a file or folder made by root to the server's account. */
export async function give(path: string, user: ServerUser | undefined): Promise<void> {
  if (user !== undefined) await chown(path, user.uid, user.gid);
}
