import assert from 'node:assert/strict';
import { readdir, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** What keeps the process busy, each kind with its number. */
export type Handles = ReadonlyMap<string, number>;

const patience = 5_000;

/** Open files by their paths. Only Linux tells; elsewhere there are none to be seen. */
export async function openFiles(): Promise<Handles> {
  const handles = new Map<string, number>();
  for (const fd of await readdir('/proc/self/fd').catch(() => [])) {
    const target = await readlink(`/proc/self/fd/${fd}`).catch(() => '');
    if (!target.startsWith('/') || /^\/(proc|dev|sys)\//.test(target)) continue;
    const name = `file ${target}`;
    handles.set(name, (handles.get(name) ?? 0) + 1);
  }
  return handles;
}

/** Open files, and the sockets, timers and watchers that would keep the process alive. */
export async function openHandles(): Promise<Handles> {
  const handles = new Map(await openFiles());
  for (const name of process.getActiveResourcesInfo()) handles.set(name, (handles.get(name) ?? 0) + 1);
  return handles;
}

/** Waits until nothing is open that was not open before; fails with a list of what stays. */
export async function requireReleased(before: Handles, look: () => Promise<Handles>, when: string): Promise<void> {
  const until = performance.now() + patience;
  for (;;) {
    const left = [...(await look())].filter(([name, count]) => count > (before.get(name) ?? 0)).map(([name]) => name);
    if (left.length === 0) return;
    if (performance.now() > until) assert.fail(`${when}, still open: ${left.join(', ')}`);
    await sleep(20);
  }
}
