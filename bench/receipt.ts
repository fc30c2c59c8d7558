import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { defaultRefreshToken, type Simulator, startSimulator } from '../src/simulator/index.ts';
import { adopt } from '../src/store/adoptions.ts';
import { type Database, openDatabase } from '../src/store/db.ts';
import { migrate } from '../src/store/migrate.ts';
import { one } from '../src/store/queryable.ts';
import { defineBench } from './bench.ts';
import { type Ground, openGround } from './ground.ts';

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const log = pino({ level: 'silent' });
const skus = Array.from({ length: 8 }, (_, index) => `SKU-${String(index + 1).padStart(6, '0')}`);

/** Milliseconds. */
interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export interface ReceiptRun extends Latency {
  readonly requestsPerSecond: number | 'unlimited';
  readonly receipts: number;
  /** A loop of `fs.watch`, read and POST, on the same simulator, each of its files right after one of ours. */
  readonly reference: Latency;
  /** p50 over that of the reference. */
  readonly ratio: number;
}

export default defineBench({
  summary: 'from the rename of a receipt file into the folder of an idle worker until OTO has accepted it',

  /** `receipts` (200) and `rates` (`unlimited,5`). The first rate's figures stand at the top as well. */
  async run(args, say) {
    const receipts = Number(args[0] ?? 200);
    const rates = (args[1] ?? 'unlimited,5').split(',');
    await using ground = await openGround();
    const runs: ReceiptRun[] = [];
    for (const [index, rate] of rates.entries()) {
      const requestsPerSecond = rate === 'unlimited' ? rate : Number(rate);
      const run = await measure(ground, `receipt_${index}`, requestsPerSecond, receipts, say);
      say(`rate ${rate}: p50 ${run.p50} ms, p99 ${run.p99} ms`);
      runs.push(run);
    }
    return { ...(runs[0] as ReceiptRun), runs };
  },

  text: ({ runs }) =>
    runs
      .map(
        (run) =>
          `rate ${run.requestsPerSecond}: p50 ${run.p50} ms, p90 ${run.p90} ms, p99 ${run.p99} ms, max ${run.max} ms (${run.receipts} receipts); bare loop p50 ${run.reference.p50} ms, p99 ${run.reference.p99} ms`,
      )
      .join('\n'),
});

async function measure(
  ground: Ground,
  schema: string,
  requestsPerSecond: number | 'unlimited',
  receipts: number,
  say: (line: string) => void,
): Promise<ReceiptRun> {
  const simulator = await startSimulator();
  simulator.seed({ products: skus.length, stock: 100 });
  const place = join(ground.folder, schema);
  const folders = { ours: join(place, 'erp'), bare: join(place, 'bare') };
  for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true });
  const configFile = join(place, 'bridge.yaml');
  await writeFile(configFile, stringify(configOf(ground, simulator, schema, requestsPerSecond)));
  await migrate({ url: ground.databaseUrl, schema, log });
  const db = await openDatabase({ url: ground.databaseUrl, schema, applicationName: 'bench', log });
  try {
    await adopt(db, { flow: 'documents', location: 'RUH1', by: 'bench', baseline: {} });
    const worker = await ground.start(fileOf('../src/cli/main.ts'), 'run', '--config', configFile, '--json');
    const bare = await ground.start(fileOf('bare-receipt.ts'), folders.bare, simulator.baseUrl, defaultRefreshToken);
    await untilIdle(db, 0);
    const times = { ours: [] as number[], bare: [] as number[] };
    // The first file of each side finds cold code and closed connections; it is not counted.
    for (let number = 0; number <= receipts; number += 1) {
      const ours = await drop(simulator, folders.ours, `GRN-${number}`);
      await untilIdle(db, number + 1);
      const reference = await drop(simulator, folders.bare, `BARE-${number}`);
      if (number > 0) {
        times.ours.push(ours);
        times.bare.push(reference);
      }
      if (number % 50 === 0 && number > 0) say(`${number} of ${receipts} receipts`);
      // At no fixed distance, so that no clock of the worker can fall into step with ours.
      await delay(50 + Math.random() * 500);
    }
    await worker.stop();
    await bare.stop();
    const ours = latencyOf(times.ours);
    const reference = latencyOf(times.bare);
    return { requestsPerSecond, receipts, ...ours, reference, ratio: round(ours.p50 / reference.p50) };
  } finally {
    await db.close();
    await simulator.close();
  }
}

/** Renames a file into the folder; milliseconds until OTO has accepted its document. */
async function drop(simulator: Simulator, folder: string, number: string): Promise<number> {
  const text = [
    'id,kind,number,date,location,sku,quantity',
    ...skus.slice(0, 3).map((sku, index) => `${number},purchase,${number},${today()},RUH-MAIN,${sku},${index + 1}`),
  ].join('\n');
  const hidden = join(folder, `.${number}.tmp`);
  await writeFile(hidden, `${text}\n`);
  const after = simulator.requests.list({ limit: 1 })[0]?.seq ?? 0;
  const renamed = performance.timeOrigin + performance.now();
  await rename(hidden, join(folder, `documents-${number}.csv`));
  for (let waited = 0; waited < 60_000; waited += 2) {
    const found = simulator.requests
      .list({ endpoint: 'createInventoryOrder', effect: true, after })
      .find(({ params }) => new RegExp(`^${number}\\b`).test(String(params?.waybillNumber)));
    if (found !== undefined) return found.at - renamed;
    await delay(2);
  }
  throw new Error(`${number} did not reach OTO within a minute`);
}

/** Until so many receipts are with OTO and nothing is under way any more. */
async function untilIdle(db: Database, sent: number): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 20) {
    const row = await one<{ runs: number; jobs: number; landed: number }>(
      db,
      `select (select count(*) from run where status = 'running') as runs,
         (select count(*) from ${db.schema}_jobs.job where state in ('created', 'retry', 'active') and name in ('flows', 'documents')) as jobs,
         (select count(*) from operation where kind = 'inventory-order' and state = 'landed') as landed`,
    ).catch(() => undefined);
    if (row !== undefined && Number(row.runs) + Number(row.jobs) === 0 && Number(row.landed) === sent) return;
    await delay(20);
  }
  throw new Error(`the worker was not idle with ${sent} receipts sent within a minute`);
}

function latencyOf(times: readonly number[]): Latency {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

function round(value: number): number {
  return Number(value.toFixed(1));
}

/** As documents write it, in the time zone of the configuration. */
function today(): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Riyadh' }).format(new Date());
}

function configOf(
  ground: Ground,
  simulator: Simulator,
  schema: string,
  requestsPerSecond: number | 'unlimited',
): Record<string, unknown> {
  return {
    timezone: 'Asia/Riyadh',
    oto: {
      environment: 'simulator',
      baseUrl: simulator.baseUrl,
      refreshToken: defaultRefreshToken,
      requestsPerSecond,
    },
    database: { url: ground.databaseUrl, schema },
    sources: {
      erp: {
        connector: 'csv',
        options: { dir: 'erp', documents: { files: 'documents-*.csv', ready: 'rename' } },
      },
    },
    locations: [{ oto: 'RUH1', source: 'erp', erp: ['RUH-MAIN'], stock: 'off' }],
    flows: { documents: { from: 'erp', watch: true, startFrom: '2020-01-01' } },
    http: { port: 0 },
    log: { level: 'error' },
  };
}
