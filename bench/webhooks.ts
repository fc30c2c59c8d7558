import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { defaultRefreshToken, type Simulator, startSimulator } from '../src/simulator/index.ts';
import { type Database, openDatabase } from '../src/store/db.ts';
import { migrate } from '../src/store/migrate.ts';
import { defineBench } from './bench.ts';
import { familyCpu, parentOf } from './cpu.ts';
import { type Ground, openGround } from './ground.ts';
import { isSettled, judge, type Verdict } from './webhooks/judge.ts';
import { readyOrders } from './webhooks/orders.ts';
import { plan, type StormResult, type StormSettings, send } from './webhooks/storm.ts';

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const log = pino({ level: 'silent' });
const schema = 'webhooks';
const keys = { authorizationKey: 'authorization-key-of-the-storm', secretKey: 'secret-key-of-the-storm' };
const orders = Array.from({ length: 400 }, (_, index) => `SO-${index + 1}`);
const requestsPerSecond = 50;

/** With the processor time of one event in microseconds, by who spends it: what the limit is, also on a busy machine. */
interface Measured extends StormResult {
  readonly cpu: { readonly server: number; readonly database: number | undefined };
}

interface Result extends Verdict {
  readonly perSecond: number;
  readonly events: number;
  readonly ours: Measured;
  /** Fastify and one insertion for each, without proof and without effects: the same load. */
  readonly reference: Measured;
  /** Seconds from the last answer until everything had its effect, at `requestsPerSecond` calls to OTO. */
  readonly settledAfter: number;
  readonly requestsPerSecond: number;
}

/** Throws when something was lost, done twice, or taken that is forged. */
export default defineBench<Result>({
  summary:
    'a storm of events from OTO, some twice, some forged, all out of order: what is answered, how fast, and what becomes of it',

  /** `seconds` (10) and `events a second` (1000). */
  async run(args, say) {
    const seconds = Number(args[0] ?? 10);
    const perSecond = Number(args[1] ?? 1000);
    const settings: StormSettings = { events: seconds * perSecond, perSecond, orders, keys };
    const sent = plan(settings);
    await using ground = await openGround();
    const bare = await ground.start(fileOf('webhooks/bare.ts'), ground.databaseUrl);
    const warm = plan({ ...settings, events: perSecond, seed: 2 });
    const bareOrigin = `http://127.0.0.1:${bare.firstLine}`;
    const database = await openDatabase({ url: ground.databaseUrl, schema, applicationName: 'bench', log });
    const { pid } = await database.one<{ pid: number }>('select pg_backend_pid() as pid');
    const postgres = (await parentOf(pid)) ?? 0;
    await database.close();
    const measured = async (origin: string, serverPid: number): Promise<Measured> => {
      const spent = async () => ({ server: await familyCpu(serverPid), database: await familyCpu(postgres) });
      const before = await spent();
      const result = await send(origin, sent, perSecond);
      const after = await spent();
      const each = (now = 0, then = 0) => Math.round((now - then) / sent.length);
      const cpu = { server: each(after.server, before.server), database: each(after.database, before.database) };
      return { ...result, cpu };
    };
    await send(bareOrigin, warm, perSecond);
    const reference = await measured(bareOrigin, bare.pid);
    await bare.stop();
    say(`fastify and an insertion: p50 ${reference.latency.p50} ms, p99 ${reference.latency.p99} ms`);

    const simulator = await startSimulator();
    readyOrders(simulator, orders);
    const place = await prepare(ground, simulator);
    await migrate({ url: ground.databaseUrl, schema, log });
    const db = await openDatabase({ url: ground.databaseUrl, schema, applicationName: 'bench', log });
    try {
      const worker = await ground.start(fileOf('../src/cli/main.ts'), 'run', '--config', place, '--json');
      const origin = `http://127.0.0.1:${(JSON.parse(worker.firstLine) as { port: number }).port}`;
      await tellOfNew(origin);
      await listed(db);
      const packed = new Set(orders.filter((_, index) => index % 2 === 0));
      for (const orderId of packed) simulator.staff.packOrder(orderId);
      // The first finds cold code; its forged ones are counted apart.
      await send(origin, warm, perSecond);
      await db.query('truncate webhook_event');
      const before = await metricsOf(origin);
      simulator.requests.clear();
      const ours = await measured(origin, worker.pid);
      say(`oto-bridge: p50 ${ours.latency.p50} ms, p99 ${ours.latency.p99} ms`);
      const began = performance.now();
      while (!(await isSettled(db))) await delay(100);
      const settledAfter = Number(((performance.now() - began) / 1000).toFixed(1));
      const metrics = lessThan(await metricsOf(origin), before);
      const verdict = await judge(db, simulator, sent, ours, { packed, metrics });
      await worker.stop();
      if (verdict.faults.length > 0) throw new Error(verdict.faults.join('; '));
      return { perSecond, events: settings.events, ours, reference, settledAfter, requestsPerSecond, ...verdict };
    } finally {
      await db.close();
      await simulator.close();
    }
  },

  text: ({ ours, reference, ...rest }) =>
    [
      `${rest.events} events at ${rest.perSecond}/s: p50 ${ours.latency.p50} ms, p99 ${ours.latency.p99} ms, max ${ours.latency.max} ms; fastify and one insertion each: p50 ${reference.latency.p50} ms, p99 ${reference.latency.p99} ms, max ${reference.latency.max} ms`,
      `processor time of each: ${ours.cpu.server} µs and ${ours.cpu.database} µs in the database, looks included; bare: ${reference.cpu.server} µs and ${reference.cpu.database} µs`,
      `${rest.stored} stored, ${rest.repeats} repetitions, ${rest.late} late, ${rest.refused} forged ones refused; ${rest.looks} looks at ${rest.orders} orders, the ERP told of ${rest.erpTold}; all of it ${rest.settledAfter} s after the last (${rest.requestsPerSecond} calls a second)`,
    ].join('\n'),
});

async function prepare(ground: Ground, { baseUrl }: Simulator): Promise<string> {
  const place = join(ground.folder, schema);
  await mkdir(join(place, 'erp'), { recursive: true });
  const file = join(place, 'bridge.yaml');
  const config = {
    timezone: 'Asia/Riyadh',
    oto: { environment: 'simulator', baseUrl, refreshToken: defaultRefreshToken, requestsPerSecond },
    database: { url: ground.databaseUrl, schema },
    sources: { erp: { connector: 'csv', options: { dir: 'erp', write: { packing: 'out' } } } },
    locations: [{ oto: 'RUH1', source: 'erp', erp: ['RUH-MAIN'] }],
    flows: { packing: { to: 'erp' } },
    http: { port: 0 },
    webhooks: { url: 'http://127.0.0.1:1', ...keys },
    log: { level: 'error' },
  };
  await writeFile(file, stringify(config));
  return file;
}

/** Without a signature, as OTO shows it. */
async function tellOfNew(origin: string): Promise<void> {
  await fetch(`${origin}/webhooks/oto/newOrders`, {
    method: 'POST',
    headers: { authorization: keys.authorizationKey, 'content-type': 'application/json' },
    body: JSON.stringify({ order: { incrementId: orders[0] }, timestamp: Date.now() }),
  });
}

/** Until the bridge has read the list. */
async function listed(db: Database): Promise<void> {
  for (let waited = 0; waited < 90_000; waited += 200) {
    const rows = await db.query('select from packing_order');
    if (rows.length >= orders.length) return;
    await delay(200);
  }
  throw new Error('the list of orders was not read within 90 s');
}

const metricsOf = async (origin: string): Promise<string> => (await fetch(`${origin}/metrics`)).text();

/** The counters of events, less those of before. */
function lessThan(now: string, before: string): string {
  const pattern = /^(oto_bridge_webhook_events_total\{.*\}) (\d+)$/gm;
  const old = new Map([...before.matchAll(pattern)].map(([, name = '', count]) => [name, Number(count)]));
  return [...now.matchAll(pattern)]
    .map(([, name = '', count]) => `${name} ${Number(count) - (old.get(name) ?? 0)}`)
    .join('\n');
}
