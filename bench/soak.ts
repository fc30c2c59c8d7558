import { setTimeout as sleep } from 'node:timers/promises';
import { listOperations } from '../src/store/operations.ts';
import { defineBench } from './bench.ts';
import { figureOfVersion, versionOfFigure } from './erp.ts';
import { Erp, troubles } from './soak/feed.ts';
import { heapTrend, type Limit, limitsOf, type Trend, trendOf } from './soak/judge.ts';
import { type Sample, takeSample } from './soak/sample.ts';
import { openSite, type Site, type Worker } from './soak/site.ts';

interface SoakResult {
  readonly minutes: number;
  readonly samples: readonly Sample[];
  readonly rss: {
    readonly first: number;
    readonly last: number;
    readonly highest: number;
    readonly slopeMbPerHour: number;
  };
  /** What is left on the heap of the standing worker after a collection. */
  readonly heapMb: Trend;
  readonly connections: Trend;
  readonly fds: Trend;
  readonly tablesMb: Trend;
  readonly catalogueMb: Trend;
  readonly deadRows: Trend;
  /** Size of each table, in kB. */
  readonly tables: Readonly<Record<string, Trend>>;
  readonly done: Readonly<Record<string, number>>;
  readonly limits: readonly Limit[];
  /** What did not come out as it should. */
  readonly faults: readonly string[];
  readonly verdict: 'holds' | 'fails';
}

/** Something that is done every so often for as long as the soak goes on. Its time to the next is counted from its end. */
interface Chore {
  readonly everySeconds: number;
  /** Not at the start already. */
  readonly later?: boolean;
  work(): Promise<unknown> | undefined;
}

/**
 * One worker stands for `--minutes` (60) while a second comes and goes by SIGTERM and kill -9, an ERP exports every few seconds, OTO
 * fails in every way it can, and a person settles what is parked. Nothing of it may grow, be lost, or be sent twice.
 */
export default defineBench<SoakResult>({
  summary: 'a worker that stands for an hour: memory, connections, tables, and what became of everything it was given',
  async run(args, say) {
    const minutes = minutesOf(args);
    await using site = await openSite();
    const erp = new Erp(site.erpDir, site.simulator);
    const done: Record<string, number> = {
      stockExports: 0,
      receipts: 0,
      products: 0,
      orders: 0,
      troubles: 0,
      stops: 0,
      kills: 0,
      settled: 0,
    };
    const faults: string[] = [];
    const samples: Sample[] = [];
    await erp.exportProducts(0);
    await erp.exportStock(0);
    const standing = await site.startWorker('standing', site.heapFile);
    let other = await site.startWorker('other');
    const from = performance.now();
    const elapsed = () => (performance.now() - from) / 60_000;
    say(`workers ${standing.pid} and ${other.pid} are up; ${minutes} minutes`);

    const chores: Chore[] = [
      { everySeconds: 4, work: () => count('stockExports', erp.exportStock(8)) },
      { everySeconds: 3, work: () => count('receipts', erp.exportReceipts(1 + ((done.receipts ?? 0) % 2))) },
      { everySeconds: 20, work: () => count('products', erp.exportProducts((done.products ?? 0) + 1)) },
      { everySeconds: 10, work: () => erp.tidy(60_000) },
      { everySeconds: 5, work: () => count('orders', order(site, erp, done.orders ?? 0)) },
      { everySeconds: 15, work: () => void site.simulator.staff.processAllInventoryOrders() },
      {
        everySeconds: 11,
        work: () =>
          count('troubles', Promise.resolve(troubles[(done.troubles ?? 0) % troubles.length]?.begin(site.simulator))),
      },
      {
        everySeconds: 30,
        later: true,
        work: async () => {
          other = await replace(site, other, done, faults);
        },
      },
      { everySeconds: 40, work: () => settleParked(site, done) },
      {
        everySeconds: Math.min(60, Math.max(5, (minutes * 60) / 30)),
        work: async () => {
          const sample = await takeSample(site, standing.pid, elapsed());
          samples.push(sample);
          say(line(sample, done));
        },
      },
    ];
    async function count(what: string, work: Promise<unknown>): Promise<void> {
      await work;
      done[what] = (done[what] ?? 0) + 1;
    }
    const stop = new AbortController();
    const round = async ({ everySeconds, work, later }: Chore) => {
      if (later === true) await sleep(everySeconds * 1000, undefined, { signal: stop.signal });
      while (elapsed() < minutes && !stop.signal.aborted) {
        await work();
        await sleep(Math.max(0, Math.min(everySeconds * 1000, (minutes - elapsed()) * 60_000)), undefined, {
          signal: stop.signal,
        });
      }
    };
    try {
      await Promise.all(chores.map(round));
    } finally {
      stop.abort();
    }

    if (!standing.running) faults.push('the standing worker did not stand');
    site.simulator.faults.clear();
    await erp.exportStock(8);
    await drain(site, erp, done, faults);
    samples.push(await takeSample(site, standing.pid, elapsed()));
    say(line(samples.at(-1) as Sample, done));
    for (const worker of [standing, other]) await stopInOrder(worker, faults);
    judgeOto(site, erp, done, faults);
    return resultOf(minutes, samples, done, faults);
  },
  text: (result) =>
    [
      `${result.minutes} minutes, ${result.samples.length} samples: ${result.verdict}`,
      ...result.limits.map(
        ({ what, measured, limit, holds }) => `${holds ? 'ok ' : 'NOT'} ${what}: ${measured} (at most ${limit})`,
      ),
      ...result.faults.map((fault) => `NOT ${fault}`),
    ].join('\n'),
});

function minutesOf(args: readonly string[]): number {
  const at = args.indexOf('--minutes');
  const minutes = at < 0 ? 60 : Number(args[at + 1]);
  if (!(minutes > 0)) throw new Error('--minutes takes a number above 0');
  return minutes;
}

function line(sample: Sample, done: Readonly<Record<string, number>>): string {
  const { minutes, rssMb, heapMb, fds, connections, tablesMb, catalogueMb, deadRows } = sample;
  return `${minutes.toFixed(1)} min  rss ${rssMb} MB  heap ${heapMb ?? '-'} MB  fds ${fds}  connections ${connections}  tables ${tablesMb} MB  catalogue ${catalogueMb} MB  dead ${deadRows}  ${JSON.stringify(done)}`;
}

/** A customer's order becomes ready for packing, and leaves the list some orders later. */
async function order(site: Site, erp: Erp, number: number): Promise<void> {
  const sku = erp.skus[number % erp.skus.length] ?? '';
  const { staff, state } = site.simulator;
  staff.createOrder({ orderId: `ORDER-${number}`, location: 'RUH1', items: [{ sku, quantity: 1 }] });
  staff.readyOrder(`ORDER-${number}`);
  const old = `ORDER-${number - 10}`;
  if (state.orders.has(old)) staff.shipOrder(old);
}

/** The second worker goes, now by SIGTERM and now by kill -9, and another takes its place. */
async function replace(site: Site, worker: Worker, done: Record<string, number>, faults: string[]): Promise<Worker> {
  if (((done.stops ?? 0) + (done.kills ?? 0)) % 2 === 0) {
    await stopInOrder(worker, faults);
    done.stops = (done.stops ?? 0) + 1;
  } else {
    await worker.kill();
    done.kills = (done.kills ?? 0) + 1;
  }
  return site.startWorker('other');
}

async function stopInOrder(worker: Worker, faults: string[]): Promise<void> {
  const { code, seconds } = await worker.stop();
  if (code !== 0) faults.push(`a worker that was told to stop ended with ${code} after ${seconds.toFixed(1)} s`);
}

/** What a person does who looks each parked operation up in OTO. */
async function settleParked(site: Site, done: Record<string, number>): Promise<void> {
  for (const operation of await listOperations(site.db, { states: ['parked'], limit: 50 })) {
    const found = [...site.simulator.state.inventoryOrders.values()].find(
      ({ waybillNumber }) => waybillNumber === operation.request.waybillNumber,
    );
    const decision = found === undefined ? ['--resend'] : ['--landed', '--oto-id', String(found.otoId)];
    await site.command('operations', 'resolve', String(operation.id), ...decision);
    done.settled = (done.settled ?? 0) + 1;
  }
}

/** Waits until everything that the ERP exported has come to its end, two minutes at most. */
async function drain(site: Site, erp: Erp, done: Record<string, number>, faults: string[]): Promise<void> {
  const deadline = performance.now() + 120_000;
  let why = '';
  while (performance.now() < deadline) {
    await settleParked(site, done);
    const open = await listOperations(site.db, {
      states: ['ready', 'waiting', 'sending', 'unknown', 'parked'],
      limit: 10,
    });
    const wrong = wrongFigures(site, erp);
    const missing = erp.receipts.length - site.simulator.state.inventoryOrders.size;
    why = `${open.length} operations open, ${wrong.length} figures wrong (${wrong.slice(0, 3).join('; ')}), ${missing} receipts missing`;
    if (open.length === 0 && wrong.length === 0 && missing <= 0) return;
    await sleep(500);
  }
  faults.push(`not drained after two minutes: ${why}`);
}

function wrongFigures(site: Site, erp: Erp): string[] {
  return [...erp.versions].flatMap(([key, version]) => {
    const [sku = '', place = ''] = key.split(' ');
    const onHand = site.simulator.state.figures.find(sku, `${place}1`)?.now.onHand;
    return onHand === figureOfVersion(version) ? [] : [`${key} is ${onHand}, not ${figureOfVersion(version)}`];
  });
}

/** By the simulator's own books: each receipt and product once, no figure set back to an older one. */
function judgeOto(site: Site, erp: Erp, done: Record<string, number>, faults: string[]): void {
  const { state, requests } = site.simulator;
  const landed = new Map<string, number>();
  for (const { waybillNumber } of state.inventoryOrders.values()) {
    const number = String(waybillNumber).replace(/-[0-9A-F]{6}$/, '');
    landed.set(number, (landed.get(number) ?? 0) + 1);
  }
  const twice = [...landed].filter(([, times]) => times > 1).map(([number]) => number);
  if (twice.length > 0) faults.push(`receipts that are in OTO more than once: ${twice.slice(0, 5).join(', ')}`);
  const lost = erp.receipts.filter((number) => !landed.has(number));
  if (lost.length > 0) faults.push(`receipts that are not in OTO: ${lost.slice(0, 5).join(', ')}`);
  const products = requests.list({ endpoint: 'createProduct', effect: true }).map(({ params }) => String(params?.sku));
  if (new Set(products).size < products.length) faults.push('products that were created more than once');
  const newest = new Map<string, number>();
  const backwards: string[] = [];
  let repeated = 0;
  for (const { params } of requests.list({ endpoint: 'updateStockQuantity', effect: true })) {
    const key = `${params?.sku} ${params?.locationCode}`;
    const version = versionOfFigure(Number(params?.qty));
    const before = newest.get(key) ?? -1;
    if (version < before) backwards.push(`${key} ${before} → ${version}`);
    if (version === before) repeated += 1;
    newest.set(key, Math.max(before, version));
  }
  if (backwards.length > 0)
    faults.push(`${backwards.length} figures set back to an older one: ${backwards.slice(0, 5).join(', ')}`);
  // A run that reads OTO while the last one's call is still on its way sees the old figure, and sets the new one once more.
  done.figuresSetAgain = repeated;
}

function resultOf(
  minutes: number,
  samples: readonly Sample[],
  done: Record<string, number>,
  faults: string[],
): SoakResult {
  const { slopePerHour, ...rss } = trendOf(samples, (sample) => sample.rssMb);
  const limits = limitsOf(samples);
  const names = [...new Set(samples.flatMap((sample) => Object.keys(sample.tables)))].sort();
  return {
    minutes,
    samples,
    rss: { ...rss, slopeMbPerHour: slopePerHour },
    heapMb: heapTrend(samples),
    connections: trendOf(samples, (sample) => sample.connections),
    fds: trendOf(samples, (sample) => sample.fds),
    tablesMb: trendOf(samples, (sample) => sample.tablesMb),
    catalogueMb: trendOf(samples, (sample) => sample.catalogueMb),
    deadRows: trendOf(samples, (sample) => sample.deadRows),
    tables: Object.fromEntries(names.map((name) => [name, trendOf(samples, (sample) => sample.tables[name]?.kb ?? 0)])),
    done,
    limits,
    faults,
    verdict: faults.length === 0 && limits.every(({ holds }) => holds) ? 'holds' : 'fails',
  };
}
