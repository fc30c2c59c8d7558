import { writeSync } from 'node:fs';

/**
 * Places at which a worker may die, by name: before and after everything that it waits for while it claims, sends, settles, proves and
 * writes to an ERP. A test lets a process die at one of them and looks at what the others make of it; docs/never-twice.md says what
 * that is for each.
 */
export const crashPoints = [
  // A plan, or what staff did, becomes operations and the jobs that carry them: one transaction.
  'apply:created',
  'apply:queued',
  'apply:committed',
  'mark:created',
  'mark:committed',
  // Somebody did something at the station: it is stored, and the device does not know yet.
  'act:committed',
  // What waited for something goes on: one transaction.
  'release:moved',
  'release:committed',
  // OTO's figures have been read, to be compared with those that are to be sent.
  'compare:read',
  'claim:before',
  'claim:committed',
  // An order has been read before its packing step is sent; then what it showed is stored.
  'look:read',
  'look:committed',
  // In the tick of the write to the socket: before the clock is asked whether the lease still lets us, and after.
  'send:before',
  'send:checked',
  // Written, and no answer yet; then with the answer in memory only.
  'send:handed',
  'send:answered',
  'erp:opened',
  'erp:written',
  'settle:before',
  'settle:moved',
  'settle:noted',
  'settle:committed',
  'sweep:committed',
  'prove:claimed',
  'prove:looked',
  'prove:moved',
  'prove:noted',
  'prove:committed',
  // What a person decided about a parked operation: one transaction.
  'decide:moved',
  'decide:committed',
] as const;
export type CrashPoint = (typeof crashPoints)[number];

/** Operations by their ids, or things that carry them. */
export type About = number | undefined | { readonly id: number } | { readonly operation: About } | readonly About[];

interface Armed {
  readonly name: CrashPoint;
  /** Only where it is about this operation. */
  readonly operation: number | undefined;
  readonly signal: 'SIGKILL' | 'SIGSTOP';
  left: number;
}

/**
 * For tests alone, and nothing but the environment of the process sets it off: `OTO_BRIDGE_CRASH=settle:committed` kills the process
 * (SIGKILL) when it passes there; `@17` only when that is about operation 17, `#2` at the second time, `!stop` says so and stops it
 * (SIGSTOP).
 */
const armed = read(process.env.OTO_BRIDGE_CRASH);

export function crashPoint(name: CrashPoint, about?: About): void {
  if (armed !== undefined) pass(armed, name, about);
}

/** After what this tick still does has gone out, and before anything comes in. */
export function crashPointSoon(name: CrashPoint, about?: About): void {
  if (armed !== undefined) setImmediate(pass, armed, name, about);
}

function pass(wish: Armed, name: CrashPoint, about: About): void {
  if (name !== wish.name || (wish.operation !== undefined && !isAbout(about, wish.operation))) return;
  wish.left -= 1;
  if (wish.left !== 0) return;
  if (wish.signal === 'SIGSTOP') writeSync(2, `stopped at ${name}\n`);
  process.kill(process.pid, wish.signal);
}

function isAbout(about: About, id: number): boolean {
  if (about === undefined) return false;
  if (typeof about === 'number') return about === id;
  if (isList(about)) return about.some((one) => isAbout(one, id));
  return 'operation' in about ? isAbout(about.operation, id) : about.id === id;
}

function isList(about: About): about is readonly About[] {
  return Array.isArray(about);
}

function read(text: string | undefined): Armed | undefined {
  if (text === undefined || text === '') return undefined;
  const parts = /^([a-z]+:[a-z]+)(?:@(\d+))?(?:#(\d+))?(!stop)?$/.exec(text);
  const name = crashPoints.find((point) => point === parts?.[1]);
  // A test that waits for a crash that cannot come would say nothing of why.
  if (parts === null || name === undefined) throw new Error(`OTO_BRIDGE_CRASH names no crash point: ${text}`);
  return {
    name,
    operation: parts[2] === undefined ? undefined : Number(parts[2]),
    left: Number(parts[3] ?? 1),
    signal: parts[4] === undefined ? 'SIGKILL' : 'SIGSTOP',
  };
}
