/** Child processes whose every line of output is kept in a file of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Child {
  readonly pid: number;
  readonly running: boolean;
  readonly stdout: string;
  readonly ended: Promise<Ended>;
  signal(signal: NodeJS.Signals): void;
}

export class Children {
  readonly #logs: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #living = new Set<ChildProcess>();
  readonly #files = new Map<string, WriteStream>();

  /** `logs`: folder of the log files. `env`: added to the surroundings, of which nothing that a bridge listens to stays. */
  constructor(logs: string, env: Readonly<Record<string, string>>) {
    this.#logs = logs;
    const kept = Object.entries(process.env).filter(([name]) => !/^(OTO_|NODE_OPTIONS|VITEST|DATABASE_URL)/.test(name));
    this.#env = {
      ...Object.fromEntries(kept),
      NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
      ...env,
    };
  }

  /** Runs `file` with Node. What it prints goes to `<log>.log`. */
  start(log: string, file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
    const child = spawn(process.execPath, [file, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...this.#env, ...env },
    });
    this.#living.add(child);
    const logFile = this.#file(log);
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        // A worker stands for long: only the start of what it prints is asked for.
        if (output[name].length < 5_000_000) output[name] += text;
        logFile.write(text);
      });
    }
    const ended = once(child, 'close').then(([code, signal]) => {
      this.#living.delete(child);
      return { code: code as number | null, signal: signal as NodeJS.Signals | null, ...output };
    });
    return {
      pid: child.pid ?? 0,
      get running() {
        return child.exitCode === null && child.signalCode === null;
      },
      get stdout() {
        return output.stdout;
      },
      ended,
      signal: (signal) => {
        child.kill(signal);
      },
    };
  }

  /** Kills what still lives, and closes the files. */
  async close(): Promise<void> {
    const ends = [...this.#living].map((child) => once(child, 'close'));
    for (const child of this.#living) child.kill('SIGKILL');
    await Promise.all(ends);
    await Promise.all([...this.#files.values()].map((file) => new Promise<void>((done) => file.end(() => done()))));
  }

  #file(log: string): WriteStream {
    const found = this.#files.get(log) ?? createWriteStream(join(this.#logs, `${log}.log`), { flags: 'a' });
    this.#files.set(log, found);
    return found;
  }
}
