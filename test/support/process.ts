/** The bridge as its users run it: commands in processes of their own, which a test may kill, stop and let go on. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { inject, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { configSchema } from '../../src/config/schema.ts';
import { flows } from '../../src/flows/index.ts';
import {
  type RequestRecord,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../../src/simulator/index.ts';
import { adopt } from '../../src/store/adoptions.ts';
import { type Database, openDatabase } from '../../src/store/db.ts';
import { cloneDatabase } from './database.ts';
import { schema } from './database-names.ts';
import { ErpFolder } from './erp.ts';
import { type Network, openNetwork } from './network.ts';
import { erpFiles, renamed, simulatedOto } from './site-config.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs, or has run. */
export interface Command {
  readonly pid: number;
  readonly running: boolean;
  readonly stdout: string;
  readonly stderr: string;
  signal(signal: NodeJS.Signals): void;
  /** Closes our end of its standard output, as `| head` does. */
  hangUp(): void;
  /** `kill -9`, and waits until the process is gone. */
  kill(): Promise<Ended>;
  readonly ended: Promise<Ended>;
}

/** What `sync --json` prints. */
export interface SyncResult {
  readonly run: number;
  readonly status: string;
  readonly outcome: string | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly notes: readonly { readonly kind: string; readonly message: string; readonly new: boolean }[];
  readonly error?: { readonly code: string; readonly message: string };
}

type Section = Readonly<Record<string, unknown>>;

export interface SiteOptions {
  /** Laid over the configuration, sections one level deep. */
  readonly config?: Readonly<Record<string, Section | string | readonly Section[]>>;
  readonly simulator?: SimulatorOptions;
  /** Of a server that the test has to itself. Default: a database of its own on the server of the test run. */
  readonly databaseUrl?: string;
  /** How to be called at the end of the test. Needed where tests run side by side: the context of each has its own `onTestFinished`. */
  readonly onEnd?: typeof onTestFinished;
}

/** A merchant's site: a database, an ERP folder, a simulated OTO and a configuration. Everything ends with the test. */
export interface Site {
  readonly db: Database;
  readonly url: string;
  /** What the commands reach the database through. */
  readonly network: Network;
  readonly erp: ErpFolder;
  readonly simulator: Simulator;
  readonly configFile: string;
  start(...args: readonly string[]): Command;
  run(...args: readonly string[]): Promise<Ended>;
  /** `sync FLOW --json`, and what it printed. */
  sync(flow: string): Promise<SyncResult & { code: number | null }>;
  calls(endpoint: string): RequestRecord[];
}

/** Call in a test. */
export async function openSite(options: SiteOptions = {}): Promise<Site> {
  const undo: (() => Promise<unknown>)[] = [];
  (options.onEnd ?? onTestFinished)(async () => {
    for (const step of undo.reverse()) await step();
  });
  const folder = await mkdtemp(join(tmpdir(), 'oto-bridge-chaos-'));
  undo.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  let url = options.databaseUrl;
  if (url === undefined) {
    const database = await cloneDatabase(inject('databaseServer'));
    undo.push(() => database.drop());
    url = database.url;
  }
  const db = await openDatabase({ url, schema, applicationName: 'test', log: pino({ level: 'silent' }) });
  undo.push(() => db.close());
  const simulator = await startSimulator(options.simulator);
  undo.push(() => simulator.close());
  const commands = new Set<Command>();
  undo.push(() => Promise.all([...commands].map((command) => command.kill())));

  const network = await openNetwork(url);
  undo.push(() => network.close());
  const configFile = join(folder, 'bridge.yaml');
  const base: Readonly<Record<string, unknown>> = configOf(simulator.baseUrl, network.url);
  const over = Object.entries(options.config ?? {}).map(([name, section]) => [
    name,
    typeof section === 'string' || Array.isArray(section) ? section : { ...(base[name] as Section), ...section },
  ]);
  const config = { ...base, ...Object.fromEntries(over) };
  await writeFile(configFile, stringify(config));
  const parsed = configSchema.parse(config);
  for (const flow of Object.values(flows)) {
    for (const location of flow.adoptable(parsed))
      await adopt(db, { flow: flow.name, location, by: 'test', baseline: {} });
  }

  const site: Site = {
    db,
    url,
    network,
    simulator,
    configFile,
    erp: new ErpFolder(join(folder, 'erp')),
    start(...args) {
      const command = startCommand([...args, '--config', configFile, '--json']);
      commands.add(command);
      return command;
    },
    run: (...args) => site.start(...args).ended,
    async sync(flow) {
      const ended = await site.run('sync', flow);
      return { ...jsonOf<SyncResult>(ended), code: ended.code };
    },
    calls: (endpoint) => simulator.requests.list({ endpoint }),
  };
  return site;
}

/** The JSON document that a command printed. */
export function jsonOf<T>({ stdout, stderr, code, signal }: Ended): T {
  try {
    return JSON.parse(stdout) as T;
  } catch {
    throw new Error(`no JSON on standard output (exit ${code ?? signal}): ${stdout}\n${stderr}`);
  }
}

/** A command with just these arguments. Whoever starts one that does not end by itself ends it. */
export function startCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input?: string,
): Command {
  return startProcess(process.execPath, [main, ...args], { env, input });
}

interface ProcessSettings {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What it reads from its standard input. */
  readonly input?: string | undefined;
}

/** Any program, with what it prints. Whoever starts one that does not end by itself ends it. */
export function startProcess(program: string, args: readonly string[], { env, cwd, input }: ProcessSettings): Command {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...environment(), NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  // Who reads nothing may be gone by now.
  child.stdin.on('error', () => undefined).end(input);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const ended = whenEnded(child, output);
  return {
    pid: child.pid ?? 0,
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    get stdout() {
      return output.stdout;
    },
    get stderr() {
      return output.stderr;
    },
    signal: (signal) => {
      child.kill(signal);
    },
    hangUp: () => {
      child.stdout.destroy();
    },
    kill: () => {
      child.kill('SIGKILL');
      return ended;
    },
    ended,
  };
}

/** Nothing of the surroundings of the test run that a bridge listens to. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OTO_|NODE_OPTIONS|VITEST)/.test(name)));
}

async function whenEnded(child: ChildProcess, output: { stdout: string; stderr: string }): Promise<Ended> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, ...output };
}

/** Waits for a state; throws when it has not come after `seconds`. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  seconds = 30,
): Promise<Exclude<T, false | undefined | null>> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== false && found !== undefined && found !== null) return found as Exclude<T, false | undefined | null>;
    if (performance.now() > deadline) throw new Error(`waited ${seconds} s in vain for: ${what}`);
    await sleep(10);
  }
}

function configOf(baseUrl: string, url: string) {
  return {
    timezone: 'Asia/Riyadh',
    oto: simulatedOto(baseUrl, { timeoutSeconds: 0.5, probeSeconds: 0.3 }),
    database: { url, schema },
    sources: erpFiles({ documents: renamed.documents }),
    locations: [{ oto: 'RUH1', source: 'erp', erp: ['RUH-MAIN'] }],
    flows: {
      products: { from: 'erp' },
      stock: { from: 'erp' },
      documents: { from: 'erp', startFrom: '2020-01-01' },
    },
    guards: { shareMinimum: 100_000, maxDocuments: 1000, strayZeroFrom: 1_000_000, unitJump: false },
    push: { leaseSeconds: 1, waitMinutes: 0.5 },
    http: { port: 0 },
  };
}
