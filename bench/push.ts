import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { stringify } from 'yaml';
import { openApp } from '../src/app.ts';
import { apply } from '../src/engine/apply.ts';
import type { Bridge, RunContext } from '../src/engine/context.ts';
import { openPlan } from '../src/engine/plan.ts';
import { quiet } from '../src/engine/progress.ts';
import { startWorking } from '../src/engine/work.ts';
import { stock } from '../src/flows/stock.ts';
import { addPlanItems, type NewPlanItem } from '../src/store/plans.ts';
import { one } from '../src/store/queryable.ts';
import { noCounts, startRun } from '../src/store/runs.ts';
import { defineBench } from './bench.ts';
import { familyCpu, ownCpu, parentOf } from './cpu.ts';
import { type Ground, openGround } from './ground.ts';

const locations = ['RUH1', 'JED1', 'DMM1', 'OLAYA'];
/** Of the first ones nothing is measured, on either side: code and statements are compiled by then, and connections are open. */
const warmUp = 4000;
const plainServer = fileURLToPath(new URL('plain-server.ts', import.meta.url));

export interface PushRun {
  readonly concurrency: number;
  readonly operations: number;
  /** Our throughput over that of the bare loop: the best of each. */
  readonly ratio: number;
  readonly perSecond: number;
  readonly referencePerSecond: number;
  /** Each pair, in the order of measuring. */
  readonly pairs: readonly { readonly perSecond: number; readonly referencePerSecond: number }[];
  /** Processor time of one operation in microseconds, by who spends it; `database` where the system tells. The best pair's. */
  readonly cpu: Cpu;
  readonly referenceCpu: Omit<Cpu, 'database'>;
  /** Writing the operations and their jobs, which happens before: operations a second. */
  readonly appliedPerSecond: number;
}

interface Cpu {
  readonly client: number;
  readonly server: number;
  readonly database?: number | undefined;
}

export default defineBench({
  summary:
    'stock figures through jobs, claims, client and settling, beside a bare undici loop that makes the same calls',

  async run(args, say) {
    const operations = Number(args[0] ?? 30_000);
    const pairs = Number(args[1] ?? 3);
    const levels = (args[2] ?? '8,32').split(',').map(Number);
    await using ground = await openGround();
    const server = await ground.start(plainServer);
    const baseUrl = `http://127.0.0.1:${server.firstLine}/rest/v2/`;
    const runs: PushRun[] = [];
    for (const concurrency of levels) {
      const measured: { ours: Pushed; reference: Looped }[] = [];
      for (let pair = 0; pair < pairs; pair += 1) {
        const schema = `push_${concurrency}_${pair}`;
        const ours = await pushAll(ground, { baseUrl, serverPid: server.pid, concurrency, operations, schema });
        const reference = await bareLoop(baseUrl, server.pid, concurrency, operations);
        measured.push({ ours, reference });
        say(
          `concurrency ${concurrency}: ${Math.round(ours.perSecond)}/s beside ${Math.round(reference.perSecond)}/s (${(ours.perSecond / reference.perSecond).toFixed(2)}), cpu ${JSON.stringify(ours.cpu)} beside ${JSON.stringify(reference.cpu)}`,
        );
      }
      const ours = best(measured.map((pair) => pair.ours));
      const reference = best(measured.map((pair) => pair.reference));
      runs.push({
        concurrency,
        operations,
        ratio: round(ours.perSecond / reference.perSecond, 3),
        perSecond: Math.round(ours.perSecond),
        referencePerSecond: Math.round(reference.perSecond),
        pairs: measured.map((pair) => ({
          perSecond: Math.round(pair.ours.perSecond),
          referencePerSecond: Math.round(pair.reference.perSecond),
        })),
        cpu: ours.cpu,
        referenceCpu: reference.cpu,
        appliedPerSecond: Math.round(ours.appliedPerSecond),
      });
    }
    return { runs };
  },

  text: ({ runs }) =>
    runs
      .map(
        (run) =>
          `concurrency ${run.concurrency}: ${run.perSecond}/s, bare loop ${run.referencePerSecond}/s, ratio ${run.ratio.toFixed(2)} (${run.operations} operations)`,
      )
      .join('\n'),
});

interface Pushing {
  readonly baseUrl: string;
  readonly serverPid: number;
  readonly concurrency: number;
  readonly operations: number;
  readonly schema: string;
}

interface Looped {
  readonly perSecond: number;
  readonly cpu: Cpu;
}

interface Pushed extends Looped {
  readonly appliedPerSecond: number;
}

function best<One extends Looped>(all: readonly One[]): One {
  return all.reduce((found, one) => (one.perSecond > found.perSecond ? one : found));
}

/** The request of one operation, the same for both sides. */
function requestOf(index: number) {
  return {
    actionType: 'set',
    locationCode: locations[index % locations.length] ?? '',
    sku: `SKU-${String(Math.floor(index / locations.length) + 1).padStart(6, '0')}`,
    qty: 1 + (index % 997),
  };
}

/** From the moment at which a worker is warm until every operation has landed and is settled, with its events. */
async function pushAll(
  ground: Ground,
  { baseUrl, serverPid, concurrency, operations, schema }: Pushing,
): Promise<Pushed> {
  const configFile = join(ground.folder, `${schema}.yaml`);
  await writeFile(configFile, stringify(configOf(ground, baseUrl, concurrency, schema)));
  await using app = await openApp({ configFile, env: {}, who: 'bench', logLevel: 'error' });
  const { bridge } = app;
  const applyStarted = performance.now();
  const all = warmUp + operations;
  await writeOperations(bridge, all);
  const applied = performance.now() - applyStarted;

  const { pid } = await one<{ pid: number }>(bridge.db, 'select pg_backend_pid() as pid');
  const postmaster = await parentOf(pid);
  let answers = 0;
  const warm = Promise.withResolvers<void>();
  const allAnswered = Promise.withResolvers<void>();
  bridge.oto.onOutcome(() => {
    answers += 1;
    if (answers === warmUp) warm.resolve();
    if (answers === all) allAnswered.resolve();
  });
  const work = await startWorking(bridge);
  await warm.promise;
  const started = performance.now();
  const spent = await meter(operations, serverPid, postmaster);
  await allAnswered.promise;
  while ((await openCount(bridge)) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const seconds = (performance.now() - started) / 1000;
  const cpu = await spent();
  await work.stop(5000);
  await requireAllLanded(bridge, all);
  return { perSecond: operations / seconds, cpu, appliedPerSecond: (all / applied) * 1000 };
}

/** A plan like the stock flow's, applied as the stock flow's are. */
async function writeOperations(bridge: Bridge, operations: number): Promise<void> {
  const run = await startRun(bridge.db, { flow: 'stock', source: 'erp', trigger: 'bench', holder: 'bench' });
  const tally = noCounts();
  const context: RunContext = {
    ...bridge,
    run,
    filter: {},
    progress: quiet,
    signal: AbortSignal.timeout(600_000),
    tally,
    notes: [],
    signs: new Map(),
    note: () => undefined,
  };
  const plan = await openPlan(context, 'stock', 'erp', null);
  const items = Array.from({ length: operations }, (_, index): NewPlanItem => {
    const { sku, locationCode, qty } = requestOf(index);
    return {
      kind: 'stock',
      action: 'raise',
      key: `${locationCode}\t${sku}`,
      sku,
      location: locationCode,
      from: 0,
      to: qty,
    };
  });
  await addPlanItems(bridge.db, plan.id, items);
  await apply(context, stock, plan, { recheck: false });
}

async function openCount(bridge: Bridge): Promise<number> {
  const row = await one<{ open: number }>(
    bridge.db,
    `select count(*) as open from operation where state in ('ready', 'waiting') or state in ('sending', 'unknown') or state = 'parked'`,
  );
  return Number(row.open);
}

/** A figure of a run that left something out, or wrote no history, would mean nothing. */
async function requireAllLanded(bridge: Bridge, operations: number): Promise<void> {
  const row = await one<{ landed: number; events: number; once: number }>(
    bridge.db,
    `select count(*) filter (where state = 'landed' and evidence = 'answer' and answer is not null) as landed,
       count(*) filter (where attempts = 1 and fence = 1) as once, (select count(*) from operation_event) as events
     from operation`,
  );
  const expected = [operations, operations, operations * 3];
  const found = [row.landed, row.once, row.events].map(Number);
  if (expected.join() !== found.join())
    throw new Error(`landed, sent once, events: ${found.join(', ')} instead of ${expected.join(', ')}`);
}

/** The same calls with nothing around them. */
async function bareLoop(baseUrl: string, serverPid: number, concurrency: number, operations: number): Promise<Looped> {
  const { origin, pathname } = new URL(baseUrl);
  const pool = new Pool(origin, { connections: concurrency, pipelining: 1 });
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    authorization: 'Bearer bench-access-token',
  };
  const callUpTo = (end: number, next: { index: number }) =>
    Promise.all(
      Array.from({ length: concurrency }, async () => {
        while (next.index < end) {
          const body = JSON.stringify(requestOf(next.index++));
          const answer = await pool.request({ method: 'POST', path: `${pathname}updateStockQuantity`, headers, body });
          await answer.body.text();
        }
      }),
    );
  const next = { index: 0 };
  await callUpTo(warmUp, next);
  const spent = await meter(operations, serverPid);
  const started = performance.now();
  await callUpTo(warmUp + operations, next);
  const seconds = (performance.now() - started) / 1000;
  const { client, server } = await spent();
  await pool.close();
  return { perSecond: operations / seconds, cpu: { client, server } };
}

/** Starts to count processor time; the function that comes back tells what was spent for each operation since. */
async function meter(operations: number, serverPid: number, databasePid?: number): Promise<() => Promise<Cpu>> {
  const look = async () => ({
    client: ownCpu(),
    server: (await familyCpu(serverPid)) ?? Number.NaN,
    database: databasePid === undefined ? undefined : await familyCpu(databasePid),
  });
  const before = await look();
  return async () => {
    const after = await look();
    const each = (now: number, then: number) => round((now - then) / operations, 1);
    return {
      client: each(after.client, before.client),
      server: each(after.server, before.server),
      ...(after.database === undefined || before.database === undefined
        ? {}
        : { database: each(after.database, before.database) }),
    };
  };
}

function configOf(ground: Ground, baseUrl: string, concurrency: number, schema: string) {
  return {
    timezone: 'Asia/Riyadh',
    oto: {
      environment: 'simulator',
      baseUrl,
      refreshToken: 'bench-refresh-token',
      requestsPerSecond: 'unlimited',
      concurrency,
    },
    database: { url: ground.databaseUrl, schema },
    sources: { erp: { connector: 'csv', options: { dir: 'erp', stock: { files: 'stock.csv' } } } },
    locations: locations.map((oto) => ({ oto, source: 'erp', erp: [`ERP-${oto}`] })),
    flows: { stock: { from: 'erp' } },
    push: { compareBeforeSet: false },
    log: { level: 'error' },
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
