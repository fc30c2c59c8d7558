import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { type App, openApp } from '../app.ts';
import type { FlowName } from '../config/schema.ts';
import { badByFile, type DemoExport, demoLocations, generateExport } from '../demo/index.ts';
import { markPacking, waitForOperation } from '../engine/pack.ts';
import type { Progress } from '../engine/progress.ts';
import { runFlow } from '../engine/run.ts';
import { startWorking } from '../engine/work.ts';
import { flows } from '../flows/index.ts';
import { isAlive } from '../lib/process.ts';
import { formatDuration } from '../lib/time.ts';
import { defaultRefreshToken, type Simulator, startSimulator } from '../simulator/index.ts';
import { getFigures } from '../store/figures.ts';
import { listOperations } from '../store/operations.ts';
import { listPackingOrders } from '../store/packing.ts';
import type { Run } from '../store/runs.ts';
import { adoptAll } from './adopt.ts';
import { keepSelling } from './demo-orders.ts';
import { openStation, stationText } from './demo-station.ts';
import { type CommonOptions, type ExitCode, progressFor } from './frame.ts';
import { print } from './output.ts';
import { runJson, runText } from './run-result.ts';

export interface DemoOptions extends CommonOptions {
  readonly once?: boolean;
  readonly dir?: string;
}

const seed = 7;

/** Brings everything up, runs every flow, and stands until a signal unless `once`. */
export async function runDemo(options: DemoOptions): Promise<ExitCode> {
  const progress = progressFor(options);
  const say = (text: string) => {
    if (options.json !== true) process.stdout.write(`${text}\n`);
  };
  const folder = await freshFolder(options.dir);
  const simulator = await startSimulator({
    seed,
    locations: demoLocations.map((place) => ({
      code: place.oto,
      name: place.name,
      kind: place.branch ? ('branch' as const) : ('warehouse' as const),
    })),
  });
  let app: App | undefined;
  const stop = new AbortController();
  const onSignal = () => stop.abort(new Error('stopped by a signal'));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    const { configFile, timezone } = await writeConfig(options.config, folder, simulator.baseUrl);
    const made = await generateExport({ dir: join(folder, 'erp'), seed, now: Date.now(), timezone });
    say(
      `ERP export      ${relative(process.cwd(), join(folder, 'erp'))}: ${made.counts.products} products, ${made.counts.stockLines} stock lines, ${made.counts.receipts} receipts, ${made.counts.disposals} disposals`,
    );
    say(
      `                ${made.bad.length} rows are wrong on purpose (${Object.entries(badByFile(made.bad))
        .map(([file, count]) => `${file} ${count}`)
        .join(', ')})`,
    );
    say(`Simulated OTO   ${simulator.baseUrl}`);
    app = await openApp({ configFile, env: process.env, logLevel: options.logLevel ?? 'error', who: 'demo' });
    say('PostgreSQL      embedded, running');
    await app.requireAccount();
    const work = await startWorking(app.bridge);
    try {
      const story = await tell(app, simulator, made, progress, stop.signal);
      progress.stop();
      if (options.once === true) {
        print(options.json === true, story.json, () => story.text);
        return story.failed ? 1 : 0;
      }
      say(story.text);
      // The worker takes over.
      await work.stop(5000);
      const station = await openStation(app, stop);
      try {
        const { url, people } = station;
        const again = `npm run -s oto-bridge -- sync stock -c ${relative(process.cwd(), configFile)}`;
        print(options.json === true, { ...story.json, station: { url, people } }, () =>
          [
            '',
            stationText(station),
            '',
            `Customers keep ordering. Try, in another terminal:\n  ${again}\nCtrl+C ends it.`,
          ].join('\n'),
        );
        await keepSelling(app, simulator, stop.signal);
      } finally {
        await station.close();
      }
      return story.failed ? 1 : 0;
    } finally {
      await work.stop(5000);
    }
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    progress.stop();
    await app?.close();
    await simulator.close();
    await rm(join(folder, 'pid'), { force: true });
  }
}

/** Runs every flow once, with what staff and customers do in between. */
async function tell(app: App, simulator: Simulator, made: DemoExport, progress: Progress, signal: AbortSignal) {
  const started = performance.now();
  const { bridge } = app;
  const lines: string[] = [];
  const run = async (name: FlowName): Promise<Run> => {
    const result = await runFlow(bridge, flows[name], { mode: 'sync', trigger: 'demo', progress, signal });
    lines.push(runText(result.run));
    return result.run;
  };
  await adoptAll(app);
  const products = await run('products');
  const documents = await run('documents');
  const stock = await run('stock');
  const runs = { products, stock, documents };

  const processed = processSome(simulator);
  lines.push(
    `warehouse staff: ${processed} of ${simulator.state.inventoryOrders.size} inventory orders accepted and processed in OTO`,
  );
  const again = await run('stock');

  const ordered = await sellSome(app, simulator);
  lines.push(`customers: ${ordered} orders placed in OTO, ready for packing`);
  const packing = await run('packing');
  const packed = await packSome(app, signal);
  lines.push(
    `warehouse staff: ${packed.picked} orders picked, ${packed.packed} of them packed; OTO has all of it: ${packed.confirmed ? 'yes' : 'no'}`,
  );

  // OTO owns the branch's figures: its shelves hold what the ERP does not know yet.
  const olaya = demoLocations.find((place) => place.branch)?.oto ?? 'OLAYA';
  for (const [index, sku] of [...simulator.state.products.keys()].slice(0, 40).entries())
    simulator.staff.setOnHand(sku, olaya, index % 7);
  const back = await run('stock-back');

  const files = await written(app);
  const all = { ...runs, packing, 'stock-back': back };
  const unexpected = [...Object.values(all), again].filter(
    (one) => one.status !== 'done' || (one.counts.refused ?? 0) + (one.counts.parked ?? 0) > 0,
  );
  const failed = unexpected.length > 0 || !packed.confirmed;
  const rejected = [all.products, all.stock, all.documents].reduce((sum, one) => sum + (one.counts.rejected ?? 0), 0);
  lines.push(
    `written back to the ERP: ${files.length} files (${files.slice(0, 3).join(', ')}${files.length > 3 ? ', …' : ''})`,
    `${rejected} rows or documents were rejected, each with file, line, column and reason (${made.bad.length} rows of the export are wrong on purpose)`,
    `done in ${formatDuration(performance.now() - started)}`,
  );
  const json = {
    flows: Object.fromEntries(Object.entries(all).map(([name, one]) => [name, runJson(one)])),
    again: runJson(again),
    bad: made.bad,
    packing: packed,
    files,
  };
  return { json, text: lines.join('\n'), failed };
}

/** Staff accept and process two of three inventory orders; the rest stays pending, as it would. */
function processSome(simulator: Simulator): number {
  let processed = 0;
  for (const [index, id] of [...simulator.state.inventoryOrders.keys()].entries()) {
    if (index % 3 === 2) continue;
    simulator.staff.acceptInventoryOrder(id);
    simulator.staff.processInventoryOrder(id);
    processed += 1;
  }
  return processed;
}

/** Customers order what OTO has in stock at the warehouses, and the orders become ready for packing. */
async function sellSome(app: App, simulator: Simulator): Promise<number> {
  const warehouses = demoLocations.filter((place) => !place.branch).map((place) => place.oto);
  const figures = await Promise.all(warehouses.map((location) => getFigures(app.bridge.db, { location })));
  const stocked = figures.flatMap((rows) => rows.filter((row) => (row.on_hand ?? 0) >= 5).slice(0, 130));
  const chosen = stocked.filter((_, index) => index % 33 === 0).slice(0, 12);
  for (const [index, row] of chosen.entries()) {
    const orderId = `SO-${1001 + index}`;
    simulator.staff.createOrder({
      orderId,
      location: row.location,
      items: [{ sku: row.sku, quantity: 1 + (index % 3) }],
    });
    simulator.staff.readyOrder(orderId);
  }
  return chosen.length;
}

async function packSome(app: App, signal: AbortSignal) {
  const { bridge } = app;
  const orders = await listPackingOrders(bridge.db, { states: ['ready'] });
  const picked = orders.slice(0, 8);
  const packed = picked.slice(0, 5);
  let confirmed = true;
  const mark = async (orderId: string, status: 'picked' | 'packed') => {
    const id = await markPacking(bridge, { orderId, status, by: 'Aisha' });
    confirmed &&= (await waitForOperation(bridge, id, 30_000, signal)).state === 'landed';
  };
  for (const order of picked) await mark(order.order_id, 'picked');
  for (const order of packed) await mark(order.order_id, 'packed');
  await erpIsTold(app, signal);
  return { orders: orders.length, picked: picked.length, packed: packed.length, confirmed };
}

/** Waits until the ERP has been told of every packing status. */
async function erpIsTold(app: App, signal: AbortSignal): Promise<void> {
  const states = ['ready', 'sending', 'unknown'] as const;
  for (let look = 0; look < 300; look += 1) {
    if ((await listOperations(app.bridge.db, { kind: 'erp-command', states, limit: 1 })).length === 0) return;
    await delay(100, undefined, { signal });
  }
}

/** Files that the bridge wrote for the ERP. */
async function written(app: App): Promise<string[]> {
  const out = join(dirname(app.loaded.file), 'erp', 'out');
  if (!existsSync(out)) return [];
  const found = await readdir(out, { recursive: true });
  return found.filter((file) => file.endsWith('.csv') && !file.includes('.written')).sort();
}

/** An empty folder for this demo. Another demo that still runs keeps its own. */
async function freshFolder(wanted: string | undefined): Promise<string> {
  for (let number = 1; number <= 20; number += 1) {
    const folder =
      wanted === undefined ? resolve('.oto-bridge', number === 1 ? 'demo' : `demo-${number}`) : resolve(wanted);
    const owner = Number(await readFile(join(folder, 'pid'), 'utf8').catch(() => ''));
    if (owner > 0 && isAlive(owner)) {
      if (wanted !== undefined) throw new Error(`another demo (pid ${owner}) runs in ${folder}`);
      continue;
    }
    const ours = !existsSync(folder) || existsSync(join(folder, 'demo.yaml')) || (await readdir(folder)).length === 0;
    if (!ours) throw new Error(`${folder} holds something that is no demo; give an empty folder with --dir`);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'pid'), String(process.pid));
    return folder;
  }
  throw new Error('twenty demos run here already');
}

/** Copies the demo's configuration into its folder, with this simulator's address and folders. */
async function writeConfig(file: string | undefined, folder: string, baseUrl: string) {
  const document = parseDocument(await readFile(file ?? packaged('config/demo.yaml'), 'utf8'));
  document.setIn(['oto', 'baseUrl'], baseUrl);
  document.setIn(['oto', 'refreshToken'], defaultRefreshToken);
  document.setIn(['dataDir'], './data');
  document.setIn(['sources', 'erp', 'options', 'dir'], './erp');
  const startFrom = new Date(Date.now() - 10 * 24 * 3600 * 1000).toISOString().slice(0, 10);
  document.setIn(['flows', 'documents', 'startFrom'], startFrom);
  const configFile = join(folder, 'demo.yaml');
  await writeFile(configFile, document.toString());
  return { configFile, timezone: String(document.get('timezone')) };
}

/** A file of the package, whether it runs unbuilt or from `dist`. */
function packaged(path: string): string {
  let here = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(here, path))) {
    const above = dirname(here);
    if (above === here) throw new Error(`${path} is missing from the package`);
    here = above;
  }
  return join(here, path);
}
