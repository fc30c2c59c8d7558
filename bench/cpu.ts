/** Processor time, in microseconds: who spends it says what the limit is, also on a machine that others use meanwhile. */
import { readdir, readFile } from 'node:fs/promises';

/** Of one process, and of those of its children that have ended; undefined where the system does not tell (only Linux does). */
async function timesOf(pid: number): Promise<{ parent: number; micros: number } | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  // The name in parentheses may hold spaces. After it: state, parent, …; user, system, and both of the ended children from field 12 on.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { parent: Number(fields[1]), micros: ticks * 10_000 };
}

/** Of a process and its children. */
export async function familyCpu(pid: number): Promise<number | undefined> {
  const own = await timesOf(pid);
  if (own === undefined) return undefined;
  let total = own.micros;
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const times = await timesOf(Number(name));
    if (times?.parent === pid) total += times.micros;
  }
  return total;
}

/** The process that started another: of a database connection, the server. */
export async function parentOf(pid: number): Promise<number | undefined> {
  return (await timesOf(pid))?.parent;
}

/** Of this process. */
export function ownCpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
