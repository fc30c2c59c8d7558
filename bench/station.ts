import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { stringify } from 'yaml';
import { openApp } from '../src/app.ts';
import { pullPacking } from '../src/engine/pull.ts';
import { addStaff } from '../src/engine/staff.ts';
import { createPasswords } from '../src/engine/staff-passwords.ts';
import { defaultRefreshToken, type Simulator, startSimulator } from '../src/simulator/index.ts';
import { defineBench } from './bench.ts';
import { openGround } from './ground.ts';
import { arrive, type Picker, type Times } from './station/picker.ts';

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const pin = '480213';
const places = ['RUH1', 'JED1', 'DMM1'];

/** Milliseconds. */
interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

export interface StationRun {
  readonly openOrders: number;
  readonly pickers: number;
  /** Each as fast as their answers come: more than people do. `perSecond`: of actions, while lists and orders are read beside them. */
  readonly flatOut: Load;
  /** Each with a pause of one second and a half between two actions, half of it more or less. */
  readonly paced: Load;
  /** As many clients at the same time, each of whose requests is one INSERT of a bare server. */
  readonly reference: Latency & { readonly perSecond: number };
  /** p50 of an action, flat out, over that of the reference. */
  readonly ratio: number;
  /** One client alone, nothing else going on. */
  readonly listAlone: Latency;
  readonly refused: number;
  /** Steps that OTO had when all was over, of those that were taken. */
  readonly told: number;
}

interface Load {
  readonly action: Latency;
  readonly list: Latency;
  readonly order: Latency;
  readonly perSecond: number;
}

export default defineBench({
  summary: 'pickers at the station, all at once, over thousands of open orders at several locations',

  /** `orders` (10000) and `pickers` (50). */
  async run(args, say): Promise<StationRun> {
    const [openOrders, count] = [Number(args[0] ?? 10_000), Number(args[1] ?? 50)];
    await using ground = await openGround();
    const simulator = await startSimulator();
    try {
      seed(simulator, openOrders);
      const configFile = join(ground.folder, 'bridge.yaml');
      await writeFile(configFile, stringify(configOf(ground.databaseUrl, simulator)));
      const pickers = await prepare(configFile, simulator, count, say);
      const worker = await ground.start(fileOf('../src/cli/main.ts'), 'run', '--config', configFile, '--json');
      const origin = `http://127.0.0.1:${(JSON.parse(worker.firstLine) as { port: number }).port}`;
      const people: Awaited<ReturnType<typeof arrive>>[] = [];
      for (const picker of pickers) people.push(await arrive(origin, picker.flatOut, pin));
      const paced: typeof people = [];
      for (const picker of pickers) paced.push(await arrive(origin, picker.paced, pin));
      say(`${count} pickers are signed in, twice each`);
      const alone: number[] = [];
      for (let look = 0; look < 30; look += 1) await people[0]?.list(alone);
      const slow = await load(paced, 1500);
      say(`paced: p95 ${slow.load.action.p95} ms`);
      const bare = await ground.start(fileOf('station/insert-server.ts'), ground.databaseUrl);
      const before = await reference(`http://127.0.0.1:${bare.firstLine}`, count, slow.times.actions.length);
      const fast = await load(people, 0);
      say(`flat out: p95 ${fast.load.action.p95} ms`);
      const after = await reference(`http://127.0.0.1:${bare.firstLine}`, count, slow.times.actions.length);
      const base = before.p50 < after.p50 ? before : after;
      const told = await untilTold(simulator, pickers.length * ordersEach * 4);
      for (const one of [...people, ...paced]) await one.end();
      await bare.stop();
      await worker.stop();
      return {
        openOrders,
        pickers: count,
        flatOut: fast.load,
        paced: slow.load,
        reference: base,
        ratio: round(fast.load.action.p50 / base.p50),
        listAlone: latencyOf(alone),
        refused: fast.times.refused.length + slow.times.refused.length,
        told,
      };
    } finally {
      await simulator.close();
    }
  },

  text: ({ openOrders, pickers, flatOut, paced, reference, ratio, listAlone, refused, told }) =>
    [
      `${openOrders} open orders, ${pickers} pickers; milliseconds`,
      ...Object.entries({ paced, 'flat out': flatOut }).map(
        ([name, { action, list, order, perSecond }]) =>
          `${name}: an action p50 ${action.p50}, p95 ${action.p95}, max ${action.max} (${perSecond}/s); list p50 ${list.p50}, p95 ${list.p95}; one order p95 ${order.p95}`,
      ),
      `one INSERT of a bare server, as many at once: p50 ${reference.p50}, p95 ${reference.p95} (${reference.perSecond}/s); ratio ${ratio}`,
      `the list, alone: p50 ${listAlone.p50}, p95 ${listAlone.p95}`,
      `${refused} actions refused; OTO was told of ${told} steps`,
    ].join('\n'),
});

const ordersEach = 3;

function seed(simulator: Simulator, count: number): void {
  const skus = Array.from({ length: 200 }, (_, index) => `SKU-${String(index).padStart(4, '0')}`);
  simulator.seed({ products: skus.map((sku) => ({ sku, barcode: `628${sku.slice(4)}` })), stock: 1_000_000 });
  const orders = Array.from({ length: count }, (_, index) => ({
    orderId: `SO-${String(index).padStart(6, '0')}`,
    location: places[index % places.length] ?? 'RUH1',
    items: [0, 1, 2].map((line) => ({ sku: skus[(index * 7 + line) % skus.length] ?? '', quantity: line + 1 })),
    status: 'assignedToWarehouse' as const,
  }));
  simulator.seed({ orders });
}

interface Shift {
  readonly flatOut: Picker;
  readonly paced: Picker;
}

/** Accounts, and the lists of all orders as a run would have read them. Nobody has an order of anybody else. */
async function prepare(
  file: string,
  simulator: Simulator,
  count: number,
  say: (line: string) => void,
): Promise<Shift[]> {
  await using app = await openApp({ configFile: file, env: {}, who: 'bench', logLevel: 'silent' });
  await app.requireAccount();
  const signal = AbortSignal.timeout(120_000);
  for (const code of places) {
    const started = performance.now();
    const { orders } = await pullPacking(app.bridge, code, { signal });
    say(`${code}: ${orders} orders read and stored in ${Math.round(performance.now() - started)} ms`);
  }
  const desk = { db: app.bridge.db, passwords: createPasswords(), by: 'bench' };
  const shifts: Shift[] = [];
  for (let index = 0; index < count; index += 1) {
    const location = places[index % places.length] ?? 'RUH1';
    const name = `Picker ${index}`;
    await addStaff(desk, { name, pin, role: 'picker', locations: [location] });
    const at = [...simulator.state.orders.values()].filter((order) => order.location === location);
    const from = Math.floor(index / places.length) * ordersEach * 2;
    const own = at.slice(from, from + ordersEach * 2).map(({ orderId }) => orderId);
    const shift = (orders: string[]) => ({ name, location, orders });
    shifts.push({ flatOut: shift(own.slice(0, ordersEach)), paced: shift(own.slice(ordersEach)) });
  }
  return shifts;
}

async function load(people: readonly Awaited<ReturnType<typeof arrive>>[], thinkMs: number) {
  const times: Times = { actions: [], lists: [], orders: [], refused: [] };
  const started = performance.now();
  await Promise.all(people.map((one) => one.work(times, thinkMs)));
  const seconds = (performance.now() - started) / 1000;
  const { actions, lists, orders } = times;
  const load: Load = {
    action: latencyOf(actions),
    list: latencyOf(lists),
    order: latencyOf(orders),
    perSecond: Math.round(actions.length / seconds),
  };
  return { times, load };
}

async function reference(origin: string, clients: number, requests: number): Promise<StationRun['reference']> {
  const times: number[] = [];
  const body = JSON.stringify({
    actions: [{ id: 'x'.repeat(36), order: 'SO-000000', type: 'scan', sku: 'SKU-0000', quantity: 1 }],
  });
  const started = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      await using pool = asDisposable(new Pool(origin, { connections: 1 }));
      for (let index = 0; index < requests / clients; index += 1) {
        const begun = performance.now();
        const answer = await pool.device.request({
          method: 'POST',
          path: '/',
          headers: { 'content-type': 'application/json' },
          body,
        });
        await answer.body.text();
        times.push(performance.now() - begun);
      }
    }),
  );
  return { ...latencyOf(times), perSecond: Math.round(times.length / ((performance.now() - started) / 1000)) };
}

function asDisposable(device: Pool) {
  return { device, [Symbol.asyncDispose]: () => device.close() };
}

/** How many steps OTO has, once it has them all, or after two minutes. */
async function untilTold(simulator: Simulator, wanted: number): Promise<number> {
  const told = () => simulator.requests.list({ endpoint: 'updatePackingStatus', effect: true, limit: 100_000 }).length;
  for (let waited = 0; waited < 120_000 && told() < wanted; waited += 200)
    await new Promise((go) => setTimeout(go, 200));
  return told();
}

function latencyOf(times: readonly number[]): Latency {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), max: at(1) };
}

function round(value: number): number {
  return Number(value.toFixed(1));
}

function configOf(url: string, { baseUrl }: Simulator): Record<string, unknown> {
  return {
    timezone: 'Asia/Riyadh',
    oto: { environment: 'simulator', baseUrl, refreshToken: defaultRefreshToken, requestsPerSecond: 'unlimited' },
    database: { url, schema: 'station' },
    sources: { erp: { connector: 'csv', options: { dir: 'erp' } } },
    locations: places.map((oto) => ({ oto, source: 'erp', erp: [oto], stock: 'off' })),
    flows: { packing: { undoSeconds: 1 } },
    http: { port: 0 },
    log: { level: 'error' },
  };
}
