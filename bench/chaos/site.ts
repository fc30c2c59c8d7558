/** A merchant's site to do harm to: PostgreSQL, a simulated OTO, an ERP folder, and workers that are started again when they end. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { createLogger } from '../../src/lib/log.ts';
import { type Database, openDatabase } from '../../src/store/db.ts';
import { startEmbedded } from '../../src/store/embedded.ts';
import { erpFiles, renamed, simulatedOto } from '../../test/support/site-config.ts';
import { type Child, Children, type Ended } from './children.ts';
import { Control } from './control.ts';
import { erpCode } from './erp.ts';

export const workerCount = 3;
export const leaseSeconds = 3;
const timeoutSeconds = 1.5;
/** Far longer than any command may take here, also on a machine that is kept busy. */
const commandSeconds = 300;
const schema = 'oto_bridge';

/** The place of one worker: whoever stands in it is followed by another when it ends. */
export interface Slot {
  readonly name: string;
  readonly child: Child | undefined;
  /** Where the worker is to kill or to stop itself. */
  readonly armed: string | undefined;
  paused: boolean;
}

export interface Site extends AsyncDisposable {
  readonly folder: string;
  readonly logs: string;
  readonly erpDir: string;
  readonly control: Control;
  readonly slots: readonly Slot[];
  /** To count what was planned, and to aim; whether all came out well is never judged by it. */
  readonly db: Database;
  /** Texts that no log may hold. */
  readonly secrets: readonly string[];
  /** Workers that ended with an exit code, without having been told to. */
  readonly fallen: readonly { readonly name: string; readonly code: number | null }[];
  /** Commands that did not end. */
  readonly hung: readonly string[];
  /** Workers that were killed, by us or by themselves. */
  kills(): number;
  /** `arm`: asked for each worker that is started, where it is to kill or to stop itself. */
  startWorkers(arm: () => string | undefined): void;
  /** SIGTERM to all; those that did not stop in good order. */
  stopWorkers(): Promise<string[]>;
  /** Ends the database server at once, as a power cut does, and waits until it is back. */
  restartDatabase(): Promise<void>;
  /** Runs a command of the bridge to its end. */
  command<T = unknown>(log: string, ...args: readonly string[]): Promise<Ended & { readonly json: T | undefined }>;
}

/** `build`: folder of the sources that are to be judged. */
export async function openSite(options: { readonly seed: number; readonly build: string }): Promise<Site> {
  const undo: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step().catch(() => undefined);
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'oto-bridge-havoc-'));
    // Run as root, the server belongs to another user, who has to get in.
    await chmod(folder, 0o755);
    const logs = join(folder, 'logs');
    const erpDir = join(folder, 'erp');
    await mkdir(logs);
    await mkdir(erpDir);
    const log = createLogger({ level: 'silent', secrets: () => [] });
    // The machine does not go down with the server, so nothing has to be forced onto the disk.
    const settings = { fsync: 'off', autovacuum_naptime: '10s' };
    const server = await startEmbedded({ dataDir: folder, log, settings });
    undo.push(() => server.stop());
    const db = await openDatabase({ url: server.url, schema, applicationName: 'chaos', max: 3, log });
    undo.push(() => db.close());

    const refreshToken = `chaos-refresh-${randomBytes(12).toString('hex')}`;
    let stopping = false;
    const children = new Children(logs, { OTO_REFRESH_TOKEN: refreshToken, DATABASE_URL: server.url });
    undo.push(() => children.close());
    const real = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
    const simulator = children.start('simulator', real, [
      ...['simulator', '--port', '0', '--json', '--seed', String(options.seed), '--refresh-token', refreshToken],
      ...['--location', 'RUH1', 'JED1', 'DMM1'],
    ]);
    const { url, baseUrl } = await printed<{ url: string; baseUrl: string }>(simulator, 'the simulator');

    const configFile = join(folder, 'bridge.yaml');
    await writeFile(configFile, stringify(configOf(baseUrl)));
    const main = join(options.build, 'src/cli/main.ts');

    const slots = Array.from({ length: workerCount }, (_, index) => ({
      name: `worker-${index + 1}`,
      child: undefined as Child | undefined,
      armed: undefined as string | undefined,
      paused: false,
    }));
    undo.push(async () => {
      stopping = true;
    });
    const fallen: { name: string; code: number | null }[] = [];
    const hung: string[] = [];
    let kills = 0;
    let keeping: Promise<void>[] = [];
    const keep = async (slot: (typeof slots)[number], arm: () => string | undefined) => {
      while (!stopping) {
        slot.paused = false;
        slot.armed = arm();
        slot.child = children.start(
          slot.name,
          main,
          ['run', '--config', configFile, '--json', '--log-level', 'info'],
          slot.armed === undefined ? {} : { OTO_BRIDGE_CRASH: slot.armed },
        );
        const { code, signal } = await slot.child.ended;
        if (stopping) continue;
        if (signal === 'SIGKILL') {
          kills += 1;
          continue;
        }
        fallen.push({ name: slot.name, code });
        await sleep(200);
      }
    };

    return {
      folder,
      logs,
      erpDir,
      control: new Control(url),
      slots,
      db,
      secrets: [refreshToken, new URL(server.url).password],
      fallen,
      hung,
      kills: () => kills,
      startWorkers(arm) {
        keeping = slots.map((slot) => keep(slot, arm));
      },
      async stopWorkers() {
        stopping = true;
        const bad: string[] = [];
        await Promise.all(
          slots.map(async ({ name, child }) => {
            if (child === undefined || !child.running) return;
            child.signal('SIGCONT');
            child.signal('SIGTERM');
            const ended = await Promise.race([child.ended, sleep(20_000, undefined, { ref: false })]);
            if (ended?.code !== 0)
              bad.push(`${name} did not stop in good order (${ended?.code ?? 'it had to be killed'})`);
            if (ended === undefined) child.signal('SIGKILL');
          }),
        );
        await Promise.all(keeping);
        return bad;
      },
      async restartDatabase() {
        process.kill(await postmasterOf(folder), 'SIGQUIT');
        const deadline = performance.now() + 60_000;
        for (;;) {
          await sleep(100);
          const back = await db.query('select 1').catch(() => undefined);
          if (back !== undefined) return;
          if (performance.now() > deadline) throw new Error('PostgreSQL does not come back');
        }
      },
      async command<T>(name: string, ...args: readonly string[]) {
        const child = children.start(name, main, [...args, '--config', configFile, '--json']);
        const late = setTimeout(() => {
          hung.push(args.join(' '));
          child.signal('SIGKILL');
        }, commandSeconds * 1000);
        const ended = await child.ended;
        clearTimeout(late);
        return { ...ended, json: jsonOf<T>(ended.stdout) };
      },
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** The first JSON document that a child prints. */
async function printed<T>(child: Child, what: string): Promise<T> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const found = jsonOf<T>(child.stdout);
    if (found !== undefined) return found;
    if (!child.running || performance.now() > deadline) throw new Error(`${what} does not come up`);
    await sleep(20);
  }
}

function jsonOf<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

async function postmasterOf(dataDir: string): Promise<number> {
  const home = join(dataDir, 'postgres');
  const root = (await readFile(join(home, 'location'), 'utf8').catch(() => home)).trim();
  return Number((await readFile(join(root, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

function configOf(baseUrl: string) {
  return {
    timezone: 'Asia/Riyadh',
    oto: simulatedOto(baseUrl, {
      refreshToken: '${OTO_REFRESH_TOKEN}',
      requestsPerSecond: 200,
      timeoutSeconds,
      settleSeconds: 0.3,
      probeSeconds: 1,
    }),
    database: { url: '${DATABASE_URL}', schema },
    sources: erpFiles(renamed),
    locations: [
      { oto: 'RUH1', source: 'erp', erp: [erpCode.RUH1], stock: 'off' },
      { oto: 'JED1', source: 'erp', erp: [erpCode.JED1] },
      { oto: 'DMM1', source: 'erp', erp: [erpCode.DMM1] },
    ],
    flows: {
      products: { from: 'erp', schedule: '* * * * *', watch: true },
      stock: { from: 'erp', schedule: '* * * * *', watch: true },
      documents: { from: 'erp', schedule: '* * * * *', watch: true, startFrom: '2020-01-01' },
      packing: { schedule: '* * * * *' },
    },
    guards: { shareMinimum: 100_000, maxCreates: 100_000, maxDocuments: 100_000 },
    // A run does not wait long for what has to be tried later: the next export is there already.
    push: { leaseSeconds, waitMinutes: 0.1, attempts: 20 },
    http: { port: 0 },
  };
}
