/** A merchant's site to let workers stand in: a database server, a simulated OTO, an ERP folder and worker processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { configSchema } from '../../src/config/schema.ts';
import { flows } from '../../src/flows/index.ts';
import { createLogger } from '../../src/lib/log.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { adopt } from '../../src/store/adoptions.ts';
import { type Database, openDatabase } from '../../src/store/db.ts';
import { startEmbedded } from '../../src/store/embedded.ts';
import { migrate } from '../../src/store/migrate.ts';
import { erpFiles, renamed, simulatedOto } from '../../test/support/site-config.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const heapProbe = new URL('./heap-probe.ts', import.meta.url).href;
export const schema = 'oto_bridge';
/** How long a worker may take to stop: its grace, and the end of the process. */
const stopSeconds = 15;

export interface Worker {
  readonly pid: number;
  readonly running: boolean;
  /** SIGTERM; its exit code and how long it took. */
  stop(): Promise<{ code: number | null; seconds: number }>;
  kill(): Promise<void>;
}

export interface Site extends AsyncDisposable {
  readonly db: Database;
  readonly simulator: Simulator;
  readonly erpDir: string;
  readonly heapFile: string;
  /** `heapFile`: where to write what is left on its heap, every few seconds. */
  startWorker(name: string, heapFile?: string): Promise<Worker>;
  /** Runs one command to its end; its exit code and standard output. */
  command(...args: readonly string[]): Promise<{ code: number | null; stdout: string }>;
}

export async function openSite(): Promise<Site> {
  const undo: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step().catch(() => undefined);
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'oto-bridge-soak-'));
    undo.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    // Run as root, the server belongs to another user, who has to get in.
    await chmod(folder, 0o755);
    const log = createLogger({ level: 'silent', secrets: () => [] });
    // Everything happens some sixty times as often as at a real site, so the vacuum comes round more often as well.
    const server = await startEmbedded({ dataDir: folder, log, settings: { autovacuum_naptime: '10s' } });
    undo.push(() => server.stop());
    await migrate({ url: server.url, schema, log });
    const db = await openDatabase({ url: server.url, schema, applicationName: 'soak', max: 3, log });
    undo.push(() => db.close());
    const simulator = await startSimulator({ tokenLifetimeSeconds: 45 });
    undo.push(() => simulator.close());
    const erpDir = join(folder, 'erp');
    await mkdir(erpDir);
    const config = configOf(simulator.baseUrl, server.url);
    const configFile = join(folder, 'bridge.yaml');
    await writeFile(configFile, stringify(config));
    for (const flow of Object.values(flows)) {
      for (const location of flow.adoptable(configSchema.parse(config)))
        await adopt(db, { flow: flow.name, location, by: 'soak', baseline: {} });
    }
    const children = new Set<ChildProcess>();
    undo.push(async () => {
      for (const child of children) child.kill('SIGKILL');
    });
    const logFile = createWriteStream(join(tmpdir(), 'oto-bridge-soak-workers.log'));
    undo.push(async () => logFile.end());

    const start = (args: readonly string[], heap?: string) => {
      const probe = heap === undefined ? [] : ['--expose-gc', '--import', heapProbe];
      const child = spawn(process.execPath, [...probe, main, ...args, '--config', configFile, '--json'], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...process.env,
          NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
          ...(heap === undefined ? {} : { SOAK_HEAP_FILE: heap }),
        },
      });
      children.add(child);
      const output = { stdout: '' };
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output.stdout += text;
      });
      child.stderr.pipe(logFile, { end: false });
      const ended = once(child, 'close').then(() => {
        children.delete(child);
        return child.exitCode;
      });
      return { child, output, ended };
    };

    return {
      db,
      simulator,
      erpDir,
      heapFile: join(folder, 'heap'),
      async startWorker(name, heapFile) {
        const { child, output, ended } = start(['run', '--log-level', 'info'], heapFile);
        const running = () => child.exitCode === null && child.signalCode === null;
        const deadline = performance.now() + 60_000;
        while (!output.stdout.includes('"running"')) {
          if (!running() || performance.now() > deadline) throw new Error(`worker ${name} does not come up`);
          await sleep(50);
        }
        return {
          pid: child.pid ?? 0,
          get running() {
            return running();
          },
          async stop() {
            const from = performance.now();
            child.kill('SIGTERM');
            const code = await Promise.race([ended, sleep(stopSeconds * 1000, null, { ref: false })]);
            if (running()) child.kill('SIGKILL');
            return { code, seconds: (performance.now() - from) / 1000 };
          },
          async kill() {
            child.kill('SIGKILL');
            await ended;
          },
        };
      },
      async command(...args) {
        const { output, ended } = start(args);
        return { code: await ended, stdout: output.stdout };
      },
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Records are kept for half a minute, so that tables reach the size at which they stay within minutes. */
function configOf(baseUrl: string, url: string) {
  const short = 0.5 / (24 * 60);
  return {
    timezone: 'Asia/Riyadh',
    oto: simulatedOto(baseUrl, { requestsPerSecond: 100, timeoutSeconds: 2, settleSeconds: 0.2, probeSeconds: 2 }),
    database: { url, schema },
    sources: erpFiles(renamed),
    locations: [
      { oto: 'RUH1', source: 'erp', erp: ['RUH-MAIN'], stock: 'off' },
      { oto: 'JED1', source: 'erp', erp: ['JED-MAIN'] },
      { oto: 'DMM1', source: 'erp', erp: ['DMM-MAIN'] },
    ],
    flows: {
      products: { from: 'erp', schedule: '* * * * *', watch: true },
      stock: { from: 'erp', schedule: '*/5 * * * *', watch: true },
      documents: { from: 'erp', schedule: '* * * * *', watch: true, startFrom: '2020-01-01' },
      packing: { schedule: '* * * * *' },
    },
    guards: {
      shareMinimum: 100_000,
      maxCreates: 100_000,
      maxDocuments: 100_000,
      strayZeroFrom: 1_000_000,
      unitJump: false,
    },
    push: { leaseSeconds: 6, waitMinutes: 0.5, attempts: 100 },
    retention: {
      runDays: short,
      planDays: short,
      operationDays: short,
      eventDays: short,
      quarantineDays: short,
      alarmDays: short,
      packingDays: short,
      jobDays: short,
      everyMinutes: 0.25,
    },
    http: { port: 0 },
  };
}
