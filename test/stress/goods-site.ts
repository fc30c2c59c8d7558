/** One bridge, one simulated OTO and one ERP, with many histories side by side that share its runs and nothing else. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inject } from 'vitest';
import { stringify } from 'yaml';
import { type App, openApp } from '../../src/app.ts';
import type { Bridge } from '../../src/engine/context.ts';
import { explain } from '../../src/engine/explain.ts';
import { soldSince } from '../../src/engine/pull.ts';
import { resolveOperation } from '../../src/engine/resolve.ts';
import { type RunResult, runFlow } from '../../src/engine/run.ts';
import { startWorking, type Work } from '../../src/engine/work.ts';
import { flows } from '../../src/flows/index.ts';
import { type FaultInput, type SwitchValues, startSimulator } from '../../src/simulator/index.ts';
import { seededRandom, seedOf } from '../../src/simulator/random.ts';
import { adopt } from '../../src/store/adoptions.ts';
import { listDocuments, moveDocuments } from '../../src/store/documents.ts';
import { figureFacts } from '../../src/store/explain.ts';
import { listOperations } from '../../src/store/operations.ts';
import { cloneDatabase } from '../support/database.ts';
import { schema } from '../support/database-names.ts';
import { ErpFolder } from '../support/erp.ts';
import { erpFiles, simulatedOto } from '../support/site-config.ts';
import { History, minute, OrderSearch, type Place } from './goods-model.ts';

export const places: readonly Place[] = [
  { oto: 'RUH1', erp: 'RUH', receipts: 'order', disposals: 'order', buffer: 0 },
  { oto: 'JED1', erp: 'JED', receipts: 'order', disposals: 'stock', buffer: 2 },
  { oto: 'DMM1', erp: 'DMM', receipts: 'stock', disposals: 'order', buffer: 0 },
];

export interface SiteOptions {
  readonly seed: number;
  readonly histories: number;
  /** Only this history, of all that the seed makes: to look at one more closely. */
  readonly only?: number | undefined;
  readonly steps: number;
  readonly switches: Partial<SwitchValues>;
  /** No faults, no crashes, nothing that happens while a run goes on. */
  readonly calm?: boolean;
}

export interface Tally {
  histories: number;
  runs: number;
  crashes: number;
  faults: number;
  sets: number;
  raises: number;
  orders: number;
  parked: number;
  /** Receipts that OTO's figures proved processed. */
  proven: number;
  /** Receipts that a person had to confirm at the end. */
  confirmed: number;
  /** Figures that were above the shelf, each in a window that the model allows. */
  above: number;
  /** Figures that a run left different from the wanted ones, each with its reasons. */
  explained: number;
  checks: number;
}

const noTally = (): Tally => ({
  histories: 0,
  runs: 0,
  crashes: 0,
  faults: 0,
  sets: 0,
  raises: 0,
  orders: 0,
  parked: 0,
  proven: 0,
  confirmed: 0,
  above: 0,
  explained: 0,
  checks: 0,
});

const writeFaults: readonly FaultInput['kind'][] = [
  'resetAfter',
  'resetBefore',
  'status503',
  'truncatedJson',
  'oto1143',
];

/** Plays the histories of one site to their end. Throws with the history of the first figure that is wrong. */
export async function play(options: SiteOptions): Promise<Tally> {
  await using site = await openSite(options);
  await site.play();
  return site.tally;
}

async function openSite(options: SiteOptions) {
  const { seed, calm = false } = options;
  const undo: (() => Promise<unknown>)[] = [];
  const dispose = async () => {
    for (const step of undo.reverse()) await step();
  };
  const random = seededRandom(seedOf(seed, 'site'));
  const below = (limit: number) => Math.floor(random() * limit);
  const chance = (share: number) => random() < share;
  const tally = noTally();
  const log: string[] = [];
  // Some ERPs book at once what leaves OTO, some a while later.
  const saleLagMinutes = seed % 2 === 0 ? 25 : 0;

  const started = performance.now();
  // Whole minutes ahead of a clock that also goes by itself: what OTO writes to the second is told apart from what we do next.
  let ahead = Math.floor(Date.now() / 1000) * 1000 - 2 * 86_400_000;
  const now = () => Math.round(ahead + (performance.now() - started));

  const folder = await mkdtemp(join(tmpdir(), 'oto-bridge-stress-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  const database = await cloneDatabase(inject('databaseServer'));
  undo.push(() => database.drop());
  const simulator = await startSimulator({ now, seed, switches: options.switches, tokenLifetimeSeconds: 1e7 });
  undo.push(() => simulator.close());
  const erp = new ErpFolder(join(folder, 'erp'));
  const configFile = join(folder, 'bridge.yaml');
  await writeFile(
    configFile,
    stringify(configOf(simulator.baseUrl, database.url, options.switches.orderTimezone, saleLagMinutes / 60)),
  );

  const start = () => openApp({ configFile, env: {}, who: 'stress', logLevel: 'silent', now });
  let app: App = await start();
  let work: Work = await startWorking(app.bridge);
  const open = async () => {
    app = await start();
    work = await startWorking(app.bridge);
  };
  const close = async (graceMs: number) => {
    await work.stop(graceMs);
    await app.close();
  };
  undo.push(() => close(2000));
  for (const flow of Object.values(flows))
    for (const location of flow.adoptable(app.bridge.config))
      await adopt(app.bridge.db, { flow: flow.name, location, by: 'test', baseline: {} });

  const search = new OrderSearch(simulator);
  const ids = options.only === undefined ? Array.from({ length: options.histories }, (_, id) => id) : [options.only];
  const histories = ids.map(
    (id) =>
      new History({
        id,
        place: places[id % places.length] as Place,
        random: seededRandom(seedOf(seed, `history ${id}`)),
        simulator,
        search,
        at: now(),
        saleLag: saleLagMinutes * minute,
      }),
  );
  tally.histories = histories.length;
  simulator.seed({
    products: histories.flatMap(({ skus }) => skus.map((sku) => ({ sku }))),
    stock: histories.flatMap(({ skus, place }) => skus.map((sku) => ({ sku, location: place.oto, onHand: 0 }))),
  });
  for (const history of histories)
    for (const sku of history.skus) simulator.staff.setOnHand(sku, history.place.oto, history.initial(sku));

  let asOf = 0;
  let exported = false;
  const exportStock = async () => {
    const at = now() - below(4) * minute;
    if (at <= asOf) return;
    asOf = at;
    exported = true;
    for (const history of histories) history.book(now());
    const rows = histories.flatMap((history) =>
      history.skus.map((sku) => [sku, history.place.erp, history.erp(sku, at)] as const),
    );
    await erp.stock(rows, { asOf: new Date(at), manifest: true });
    log.push(`${time(at)} export of stock`);
  };
  let files = 0;
  const exportDocuments = async () => {
    const listed = histories.flatMap((history) => history.list(now()).map((document) => ({ document, history })));
    if (listed.length === 0) return;
    files += 1;
    await erp.documents(
      String(files).padStart(4, '0'),
      listed.map(({ document, history }) => ({
        id: document.number,
        number: document.number,
        kind: document.kind,
        location: history.place.erp,
        date: day(document.bookedAt),
        ...(document.dateOnly ? {} : { bookedAt: new Date(document.bookedAt) }),
        lines: document.lines,
      })),
      { asOf: new Date(now()) },
    );
  };

  /** A run of one flow; true when all of it came to its end. */
  const sync = async (flow: 'stock' | 'documents', bridge: Bridge, signal: AbortSignal): Promise<boolean> => {
    tally.runs += 1;
    let result: RunResult;
    try {
      result = await runFlow(bridge, flows[flow], { mode: 'sync', trigger: 'test', signal });
    } catch (error) {
      log.push(`${time(now())} ${flow} broke off: ${String(error).slice(0, 200)}`);
      return false;
    }
    const { run } = result;
    const counts = Object.entries(run.counts).filter(([, count]) => count > 0);
    log.push(
      `${time(now())} ${flow} ${run.status} ${run.outcome ?? ''} ${counts.map(([name, count]) => `${name} ${count}`).join(', ')} ${run.error === null ? '' : JSON.stringify(run.error).slice(0, 300)}`,
    );
    return run.status === 'done' && (run.counts.parked ?? 0) + (run.counts.refused ?? 0) === 0;
  };

  /** What a person finds on OTO's screens, for documents of which nobody knows whether they are there. */
  const person = async () => {
    const parked = await listOperations(app.bridge.db, { kind: 'inventory-order', states: ['parked'], limit: 10_000 });
    for (const operation of parked) {
      tally.parked += 1;
      const there = [...simulator.state.inventoryOrders.values()].some(
        ({ description }) => description === operation.request.description,
      );
      await resolveOperation(app.bridge, operation.id, there ? 'landed' : 'resend', { note: 'as OTO shows it' });
    }
    if (parked.length > 0) await quiet();
  };

  /** Until nothing is under way. */
  const quiet = async () => {
    for (let look = 0; look < 600; look += 1) {
      const open = await listOperations(app.bridge.db, { states: ['ready', 'sending', 'unknown'], limit: 1 });
      if (open.length === 0) return;
      await delay(50);
    }
    throw new Error('operations stay open');
  };

  /** A figure that is raised gives nothing back that was sold in OTO, whatever the ERP knows of it. */
  const checkRaises = (since: number) => {
    for (const history of histories) {
      if (history.actedAt >= since) continue;
      for (const sku of history.skus) {
        const row = simulator.state.figures.find(sku, history.place.oto);
        const past = row === undefined ? [] : [...row.past, row.now];
        const { shelf, parts } = history.bound(sku, now());
        const most = shelf + Object.values({ ...parts, soldUnbooked: 0 }).reduce((sum, part) => sum + part, 0);
        for (const [index, figure] of past.entries()) {
          const before = past[index - 1]?.onHand ?? 0;
          if (figure.at < since || figure.cause !== 'set' || figure.onHand <= before) continue;
          tally.raises += 1;
          if (figure.onHand > Math.max(most, 0))
            throw new Error(
              `${sku} was raised from ${before} to ${figure.onHand}, and ${most} is the most (shelf ${shelf}, ${JSON.stringify(parts)}).\n${story(history)}`,
            );
        }
      }
    }
  };

  /** Every figure can be taken apart, and a difference that a run leaves has its reasons. */
  const checkExplained = async (since: number) => {
    const { bridge } = app;
    const still = histories.filter((history) => history.actedAt < since);
    const keys = still.flatMap((history) => history.skus.map((sku) => ({ history, sku, location: history.place.oto })));
    const facts = await figureFacts(bridge.db, 'erp', keys);
    const sold = await soldSince(bridge, new Date(asOf - saleLagMinutes * minute), {
      signal: AbortSignal.timeout(120_000),
    });
    for (const [index, { history, sku, location }] of keys.entries()) {
      const fact = facts[index];
      if (fact === undefined) throw new Error(`nothing is known of ${sku}`);
      const orders = sold
        .filter((unit) => unit.sku === sku && unit.location === location)
        .map(({ orderId, quantity, mayBeBack }) => ({ orderId, quantity: quantity ?? 0, mayBeBack }));
      const { buffer, receipts } = history.place;
      // The run has just compared everything with this export: that no sync has sent it yet would explain nothing.
      const compared = { ...fact, written: null };
      const found = explain(compared, { buffer, receiptsByOrder: receipts === 'order' }, orders);
      tally.explained += found.difference === 0 ? 0 : 1;
      const wrong = fact.erp !== history.erp(sku, asOf) || fact.onHand !== history.shown(sku);
      if (wrong || found.unexplained !== 0 || found.wanted === null)
        throw new Error(`${sku} is not explained: ${JSON.stringify(found)}\n${story(history)}`);
    }
  };

  const stock = async (signal = AbortSignal.timeout(120_000), bridge = app.bridge): Promise<boolean> => {
    if (!exported) await exportStock();
    for (const history of histories) history.read(asOf);
    const since = now();
    const clean = await sync('stock', bridge, signal);
    for (const history of histories) history.ranStock(asOf, clean);
    if (clean) checkRaises(since);
    if (clean && chance(0.3)) await checkExplained(since);
    return clean;
  };

  const broken = async () => {
    tally.crashes += 1;
    const stop = new AbortController();
    const fuse = below(40);
    let statements = 0;
    const flow = chance(0.6) ? 'stock' : 'documents';
    if (flow === 'stock' && !exported) await exportStock();
    if (flow === 'stock') for (const history of histories) history.read(asOf);
    const bridge = chance(0.5) ? { ...app.bridge, db: failing(app.bridge.db, () => ++statements > fuse) } : app.bridge;
    const ms = below(400);
    log.push(
      `${time(now())} ${flow} is broken off ${bridge === app.bridge ? `after ${ms} ms` : `at statement ${fuse}`}`,
    );
    const run = sync(flow, bridge, stop.signal);
    if (bridge === app.bridge) {
      await delay(ms);
      await work.stop(0);
      stop.abort(new Error('killed'));
    }
    await run;
    if (bridge !== app.bridge) await work.stop(0);
    await app.close();
    await open();
    if (flow === 'stock') for (const history of histories) history.ranStock(asOf, false);
  };

  const act = (share: number) => {
    for (const history of histories) if (history.pick(share)) history.act(now());
  };

  /** Whether OTO is anywhere above what the model allows. */
  const check = (when: string) => {
    for (const history of histories) {
      for (const sku of history.skus) {
        tally.checks += 1;
        const bound = history.bound(sku, now());
        if (bound.shown > Math.max(bound.shelf, 0)) tally.above += 1;
        if (bound.shown > bound.most && bound.shown > 0)
          throw new Error(
            `${when}: OTO shows ${bound.shown} of ${sku}, and ${bound.most} is the most (shelf ${bound.shelf}, ${JSON.stringify(bound.parts)}).\n${story(history)}`,
          );
      }
    }
  };

  const story = (history: History): string =>
    [
      `seed ${seed}, history ${history.id} at ${history.place.oto}, switches ${JSON.stringify(options.switches)}`,
      ...history.skus.map((sku) => {
        const row = simulator.state.figures.find(sku, history.place.oto);
        const past = row === undefined ? [] : [...row.past, row.now];
        return `  ${sku} in OTO: ${past.map((one) => `${time(one.at)} ${one.onHand} (${one.cause} ${one.reference ?? ''})`).join(', ')}`;
      }),
      ...history.documents.map((one) => {
        const order = history.orderOf(one);
        return `  ${one.number} ${JSON.stringify(one.lines)} booked ${time(one.bookedAt)}${one.dateOnly ? ' (day only)' : ''} listed ${time(one.listedAt)}${one.written ? '' : ' (not yet)'}, OTO: ${order?.status ?? 'not there'}`;
      }),
      ...[...history.trace, ...log].sort().map((line) => `    ${line}`),
    ].join('\n');

  const site = {
    tally,
    async play() {
      for (let step = 0; step < options.steps; step += 1) {
        ahead += (2 + below(20)) * minute;
        act(0.55);
        check(`step ${step}, before the run`);
        await event();
        await person();
        check(`step ${step}, after the run`);
      }
      await end();
    },
    [Symbol.asyncDispose]: dispose,
  };

  async function event(): Promise<void> {
    const roll = random();
    if (roll < 0.12) return exportStock();
    if (chance(0.8)) await exportDocuments();
    if (!calm && chance(0.08)) return broken();
    const faulty = !calm && chance(0.2);
    if (faulty) {
      tally.faults += 1;
      const kind = writeFaults[below(writeFaults.length)] as FaultInput['kind'];
      const effect = kind === 'status503' ? { effect: chance(0.5) } : {};
      const endpoint = chance(0.6) ? 'updateStockQuantity' : 'createInventoryOrder';
      simulator.faults.add({ endpoint, kind, count: 1 + below(6), probability: 0.3, ...effect } as FaultInput);
      log.push(`${time(now())} ${endpoint} ${kind} ${JSON.stringify(effect)}`);
    }
    let over = false;
    const meanwhile = !calm && chance(0.25) ? during(() => over) : undefined;
    try {
      if (roll > 0.35) {
        if (chance(0.6)) exported = false;
        await stock();
      }
      if (roll < 0.6) await sync('documents', app.bridge, AbortSignal.timeout(120_000));
    } finally {
      over = true;
      await meanwhile;
      simulator.faults.clear();
      await quiet();
    }
  }

  /** Life goes on while a run works. */
  async function during(over: () => boolean): Promise<void> {
    for (let round = 0; round < 5 && !over(); round += 1) {
      await delay(10 + below(60));
      for (const history of histories) if (history.pick(0.05)) history.act(now());
    }
  }

  async function end(): Promise<void> {
    const { staff } = simulator;
    let last = now();
    for (const history of histories) last = Math.max(last, history.end(now()));
    ahead += last - now() + 10 * minute;
    await exportDocuments();
    await sync('documents', app.bridge, AbortSignal.timeout(120_000));
    await person();
    exported = false;
    await exportStock();
    await stock();
    await sync('documents', app.bridge, AbortSignal.timeout(120_000));
    await person();
    check('at the end, before all is processed');
    staff.processAllInventoryOrders();
    ahead += 5 * minute;
    check('at the end, when all is processed');
    const runOnce = async () => {
      ahead += 5 * minute;
      exported = false;
      await exportStock();
      if (!(await stock())) throw new Error(`the last runs are not clean:\n${log.slice(-8).join('\n')}`);
      await quiet();
    };
    await runOnce();
    const proven = await listDocuments(app.bridge.db, { states: ['processed'] });
    tally.proven = proven.length;
    const left = await listDocuments(app.bridge.db, { states: ['pending'] });
    const receipts = left.filter((one) => one.kind === 'purchase');
    tally.confirmed = receipts.length;
    // Why a person was needed.
    if (process.env.STRESS_SHOW === 'confirmed') {
      for (const one of receipts.slice(0, 3)) {
        const history = histories.find(({ id }) => one.number.startsWith(`R-${id}-`));
        console.log(one.number, JSON.stringify(one.lines), history === undefined ? '' : story(history));
      }
    }
    await moveDocuments(
      app.bridge.db,
      receipts.map((one) => one.id),
      ['pending'],
      'processed',
      { by: 'Aisha' },
    );
    await runOnce();
    await runOnce();
    tally.orders = simulator.state.inventoryOrders.size;
    tally.sets = simulator.requests.list({ endpoint: 'updateStockQuantity', effect: true, limit: 1e6 }).length;
    for (const history of histories) {
      for (const sku of history.skus) {
        const truth = history.erp(sku, now());
        const shelf = history.shelf(sku, now());
        if (shelf !== truth)
          throw new Error(`the model is wrong: ${sku} shelf ${shelf}, ERP ${truth}\n${story(history)}`);
        const wanted = Math.max(0, truth - history.place.buffer);
        if (history.shown(sku) !== wanted)
          throw new Error(
            `at the end OTO shows ${history.shown(sku)} of ${sku} instead of ${wanted}.\n${story(history)}`,
          );
      }
      for (const document of history.documents) {
        const mode = document.kind === 'purchase' ? history.place.receipts : history.place.disposals;
        if ((history.orderOf(document) !== undefined) !== (mode === 'order'))
          throw new Error(`${document.number} is ${mode === 'order' ? 'not ' : ''}in OTO\n${story(history)}`);
      }
    }
  }

  return site;
}

/** A database that is gone from some statement on. */
function failing<Db extends Bridge['db']>(db: Db, broken: () => boolean): Db {
  const guard = (target: object): unknown =>
    new Proxy(target, {
      get(object, name) {
        const value = Reflect.get(object, name, object);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]) => {
          if ((name === 'query' || name === 'one' || name === 'maybe' || name === 'copyInto') && broken())
            return Promise.reject(new Error('the process is dead'));
          if (name === 'tx') {
            const [work, ...rest] = given as [(tx: object) => Promise<unknown>];
            return value.call(object, (tx: object) => work(guard(tx) as object), ...rest);
          }
          return value.apply(object, given);
        };
      },
    });
  return guard(db) as Db;
}

const time = (at: number) => new Date(at).toISOString().slice(11, 19);
const day = (at: number) => new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Riyadh' }).format(at);

function configOf(baseUrl: string, url: string, orderTimezone = 'UTC', bookingHours = 0) {
  return {
    timezone: 'Asia/Riyadh',
    oto: simulatedOto(baseUrl, { concurrency: 16, timeoutSeconds: 0.9, settleSeconds: 0.02, orderTimezone }),
    database: { url, schema },
    sources: erpFiles({}),
    locations: places.map(({ oto, erp, receipts, disposals, buffer }) => ({
      oto,
      source: 'erp',
      erp,
      receipts,
      disposals,
      buffer,
    })),
    flows: {
      stock: { from: 'erp', bookingHours },
      documents: { from: 'erp', startFrom: '2020-01-01' },
    },
    guards: { shareMinimum: 1_000_000, strayZeroFrom: 1_000_000, unitJump: false, maxDocuments: 1_000_000 },
    push: { leaseSeconds: 1.5, waitMinutes: 0.5 },
    log: { level: 'silent' },
  };
}
