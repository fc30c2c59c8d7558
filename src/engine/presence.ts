import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { removeWorker, showWorker } from '../store/workers.ts';
import type { Bridge } from './context.ts';

const showEveryMs = 5000;

/** Shows in the database that this worker stands, every few seconds until it is told to stop. */
export function showPresence(bridge: Bridge, version: string): { stop(): Promise<void> } {
  const worker = { id: randomUUID(), host: hostname(), pid: process.pid, version };
  // While the database is away, nobody can ask who stands either.
  const show = () => showWorker(bridge.db, worker).catch(() => undefined);
  let last = show();
  const timer = setInterval(() => {
    last = show();
  }, showEveryMs);
  return {
    async stop() {
      clearInterval(timer);
      await last;
      await removeWorker(bridge.db, worker.id);
    },
  };
}
