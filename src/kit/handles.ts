import assert from 'node:assert/strict';
import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { readdir, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long something that is being closed may take, in milliseconds. */
const patience = 2_000;

/** What would keep a process alive or a file open, by the names that async_hooks gives. All others end by themselves. */
const lasting: Readonly<Record<string, string>> = {
  Timeout: 'a timer',
  TCPWRAP: 'a socket',
  TCPSERVERWRAP: 'a server',
  TLSWRAP: 'a TLS socket',
  UDPWRAP: 'a UDP socket',
  PIPEWRAP: 'a pipe',
  PROCESSWRAP: 'a child process',
  FSEVENTWRAP: 'a file watcher',
  STATWATCHER: 'a file watcher',
  FILEHANDLE: 'a file',
  WORKER: 'a worker thread',
};

interface Ref {
  hasRef?(): boolean;
}

/** Open files by their paths. Only Linux tells; elsewhere there are none to be seen. */
async function openFiles(): Promise<string[]> {
  const files: string[] = [];
  for (const fd of await readdir('/proc/self/fd').catch(() => [])) {
    const target = await readlink(`/proc/self/fd/${fd}`).catch(() => '');
    if (target.startsWith('/') && !/^\/(proc|dev|sys)\//.test(target)) files.push(target);
  }
  return files;
}

/**
 * Notes what code opens and does not close. Only what is created inside `run` counts: a test runner has timers and sockets of its own,
 * and their coming and going would hide a leak or look like one.
 */
export class HandleTracker {
  readonly #inside = new AsyncLocalStorage<true>();
  readonly #open = new Map<number, { what: string; resource: Ref }>();
  readonly #hook = createHook({
    init: (id, type, _trigger, resource) => {
      const what = lasting[type];
      if (what !== undefined && this.#inside.getStore() === true) this.#open.set(id, { what, resource });
    },
    destroy: (id) => this.#open.delete(id),
  });
  #files: readonly string[] = [];

  /** Runs the code whose handles are to be watched. */
  async run(code: () => Promise<void>): Promise<void> {
    this.#files = await openFiles();
    this.#hook.enable();
    try {
      await this.#inside.run(true, code);
    } catch (error) {
      this.#hook.disable();
      throw error;
    }
  }

  /** To be asked inside `run`: files alone, since a session may keep its sockets and timers until it ends. */
  async requireFilesClosed(when: string): Promise<void> {
    await this.#inside.exit(() => this.#waitFor(() => this.#newFiles(), when));
  }

  /** To be asked after `run`. */
  async requireReleased(when: string): Promise<void> {
    try {
      await this.#waitFor(async () => {
        const kept = [...this.#open.values()].filter(({ resource }) => resource.hasRef?.() !== false);
        return [...kept.map(({ what }) => what), ...(await this.#newFiles())];
      }, when);
    } finally {
      this.#hook.disable();
    }
  }

  async #newFiles(): Promise<string[]> {
    return (await openFiles()).filter((file) => !this.#files.includes(file));
  }

  async #waitFor(look: () => Promise<string[]>, when: string): Promise<void> {
    const until = performance.now() + patience;
    for (;;) {
      const left = await look();
      if (left.length === 0) return;
      if (performance.now() > until) assert.fail(`${when}, still open: ${[...new Set(left)].join(', ')}`);
      await sleep(20);
    }
  }
}
