import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, test as it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { type App, openApp } from '../../src/app.ts';
import { startWorker, type Worker } from '../../src/engine/worker.ts';
import { flows } from '../../src/flows/index.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import { adopt } from '../../src/store/adoptions.ts';
import { minutesOf, slotsByWatching } from '../support/clock.ts';
import { cloneDatabase } from '../support/database.ts';
import { schema } from '../support/database-names.ts';
import { ErpFolder } from '../support/erp.ts';
import { until } from '../support/process.ts';
import { erpFiles, renamed, simulatedOto } from '../support/site-config.ts';

const timezone = 'Europe/Berlin';
const hour = 3_600_000;
const schedules = {
  products: '0 1 * * *',
  stock: '30 2,5 * * *',
  documents: '0 6,10 * * *',
  packing: '15 8 * * 1-5',
} as const;
type Scheduled = keyof typeof schedules;
const skus = Array.from({ length: 12 }, (_, index) => `SKU-${index + 1}`);

/** The site of the story: two workers on one database, and a clock that only the story moves. */
async function openNights(start: number) {
  const undo: (() => Promise<unknown>)[] = [];
  onTestFinished(async () => {
    for (const step of undo.reverse()) await step();
  });
  const clock = { now: start };
  const folder = await mkdtemp(join(tmpdir(), 'oto-bridge-nights-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  const database = await cloneDatabase(inject('databaseServer'));
  undo.push(() => database.drop());
  const simulator = await startSimulator({ now: () => clock.now });
  undo.push(() => simulator.close());
  const configFile = join(folder, 'bridge.yaml');
  await writeFile(configFile, stringify(configOf(simulator.baseUrl, database.url)));
  const workers = new Map<string, { app: App; worker: Worker; stop: AbortController }>();
  const open = async (name: string) => {
    const app = await openApp({ configFile, env: {}, who: name, logLevel: 'silent', now: () => clock.now });
    await app.requireAccount();
    for (const flow of Object.values(flows)) {
      for (const location of flow.adoptable(app.bridge.config))
        await adopt(app.bridge.db, { flow: flow.name, location, by: 'test', baseline: {} });
    }
    const stop = new AbortController();
    const worker = await startWorker(app.bridge, { flows, version: '1', stop: stop.signal, onUnfit: () => undefined });
    workers.set(name, { app, worker, stop });
    await idle();
  };
  const close = async (name: string) => {
    const one = workers.get(name);
    workers.delete(name);
    one?.stop.abort();
    await one?.worker.close(5000);
    await one?.app.close();
  };
  undo.push(() => Promise.all([...workers.keys()].map(close)));
  const db = () => {
    const [one] = workers.values();
    if (one === undefined) throw new Error('nobody is up');
    return one.app.bridge.db;
  };
  /** Until everything that was asked for has come to its end. */
  async function idle() {
    await until(`quiet at ${new Date(clock.now).toISOString()}`, async () => {
      const { open } = await db().one<{ open: number }>(
        `select (select count(*) from oto_bridge_jobs.job where name = 'flows' and state in ('created', 'retry', 'active'))
           + (select count(*) from run where status = 'running')
           + (select count(*) from operation where state in ('ready', 'sending', 'unknown')) as open`,
      );
      return Number(open) === 0;
    });
  }
  return {
    clock,
    simulator,
    erp: new ErpFolder(join(folder, 'erp')),
    open,
    close,
    get db() {
      return db();
    },
    /** All workers look at the clock at once, twice. */
    async look() {
      const all = [...workers.values()].map(({ worker }) => worker);
      await Promise.all([...all, ...all].map((worker) => worker.look()));
      if (all.length > 0) await idle();
    },
  };
}

function configOf(baseUrl: string, url: string) {
  return {
    timezone,
    oto: simulatedOto(baseUrl, {}),
    database: { url, schema },
    sources: erpFiles(renamed),
    locations: [
      { oto: 'RUH1', source: 'erp', erp: ['RUH-MAIN'], stock: 'off' },
      { oto: 'JED1', source: 'erp', erp: ['JED-MAIN'] },
    ],
    flows: {
      products: { from: 'erp', schedule: schedules.products },
      stock: { from: 'erp', schedule: schedules.stock },
      documents: { from: 'erp', schedule: schedules.documents, startFrom: '2026-01-01' },
      packing: { schedule: schedules.packing },
    },
    guards: { shareMinimum: 1000 },
  };
}

/** Moments of the story in UTC, by local date and time. */
const moments = (day: string, days: number) => {
  const minutes = minutesOf(timezone, day, days);
  const byWall = new Map(minutes.map(({ at, wall }) => [new Date(wall).toISOString().slice(0, 16), at]));
  return (date: string, time: string) => {
    const at = byWall.get(`${date}T${time}`);
    if (at === undefined) throw new Error(`${date} has no ${time}`);
    return at;
  };
};

for (const { change, day } of [
  { change: 'put forward: the night of 29 March has no 02:30', day: '2026-03-24' },
  { change: 'put back: the night of 25 October has 02:30 twice', day: '2026-10-20' },
]) {
  it(`seven nights, the clocks are ${change}`, { timeout: 150_000 }, async () => {
    const dates = Array.from({ length: 9 }, (_, index) =>
      new Date(Date.parse(`${day}T00:00:00Z`) + index * 24 * hour).toISOString().slice(0, 10),
    );
    const date = (index: number) => dates[index] ?? '';
    const moment = moments(date(0), 9);
    const start = moment(date(0), '12:00');
    const end = moment(date(7), '12:00');
    const site = await openNights(start);
    await site.open('one');
    await site.open('two');

    // What the ERP does: products at the start, figures each night at 02:00, a receipt each morning.
    let quantity = 100;
    const receipts: string[] = [];
    const figures = (less = 0) => skus.map((sku, index) => [sku, 'JED-MAIN', quantity - less + index] as const);
    const exportStock = (asOf: number) => {
      quantity += 7;
      return site.erp.stock(figures(), { asOf: new Date(asOf) });
    };
    const events: { at: number; work: () => Promise<unknown> }[] = [
      { at: start + 1, work: () => site.erp.products(skus, { asOf: new Date(start) }) },
      // The first two nights, one worker is enough.
      { at: moment(date(1), '20:00'), work: () => site.close('one') },
      { at: moment(date(3), '20:00'), work: () => site.open('one') },
      // Everything is down for a night, in which every flow but packing has slots.
      { at: moment(date(3), '22:00'), work: () => Promise.all([site.close('one'), site.close('two')]) },
      { at: moment(date(4), '07:17'), work: () => site.open('one') },
      { at: moment(date(4), '07:20'), work: () => site.open('two') },
    ];
    for (let night = 1; night <= 7; night += 1) {
      const at = moment(date(night), '01:40');
      const work =
        night === 6
          ? // A file from the day before yesterday is put in the place of the new one.
            () => site.erp.stock(figures(7), { asOf: new Date(at - 48 * hour) })
          : () => exportStock(at);
      // In the second night the file is late: the run of 02:30 still finds the old one.
      events.push({ at: night === 2 ? moment(date(night), '04:10') : at, work });
      const number = `GRN-${night}`;
      receipts.push(number);
      events.push({
        at: moment(date(night), '09:05'),
        work: () =>
          site.erp.documents(number, [{ number, date: date(night), lines: { [skus[night] ?? '']: night } }], {
            asOf: new Date(moment(date(night), '09:05')),
          }),
      });
    }
    const down = { from: moment(date(3), '22:00'), to: moment(date(4), '07:17') };
    const minutes = minutesOf(timezone, date(0), 9).filter(({ at }) => at > start && at <= end);
    const slots = (Object.keys(schedules) as Scheduled[]).flatMap((flow) =>
      slotsByWatching(schedules[flow], minutes).map((at) => ({ flow, at })),
    );

    // The clock goes from one thing that happens to the next, and now and then stops in between.
    const stops = new Set([...slots.map(({ at }) => at), ...events.map(({ at }) => at)]);
    for (const { flow, at } of slots) if (flow === 'stock') stops.add(at + 70 * 60_000);
    for (const at of [...stops].sort((a, b) => a - b)) {
      site.clock.now = at;
      for (const event of events) if (event.at === at) await event.work();
      await site.look();
    }

    // Every run once: at its slot where somebody was up, and the last of those that were missed when somebody came back.
    const expected = slots
      .filter(({ at }) => at <= down.from || at >= down.to)
      .map((slot) => ({ ...slot, trigger: 'schedule' }));
    for (const flow of ['products', 'stock', 'documents'] as const)
      expected.push({ flow, at: down.to, trigger: 'missed-schedule' });
    const key = ({ flow, at, trigger }: { flow: string; at: number; trigger: string }) =>
      `${new Date(at).toISOString()} ${flow} ${trigger}`;
    const runs = await site.db.query<{
      flow: string;
      trigger: string;
      started_at: Date;
      status: string;
      outcome: string | null;
    }>('select flow, trigger, started_at, status, outcome from run order by id');
    const scheduled = runs.filter(({ trigger }) => trigger !== 'stock-done');
    expect(scheduled.map((run) => key({ ...run, at: run.started_at.getTime() })).sort()).toEqual(
      expected.map(key).sort(),
    );

    // What came of them: the late file in the second run of its night, the old one refused both times, the rest at once.
    const ofStock = runs.filter(({ flow }) => flow === 'stock').map(({ status, outcome }) => `${status} ${outcome}`);
    const changed = 'done changed';
    const same = 'done unchanged';
    const refused = 'failed null';
    expect(ofStock).toEqual([
      ...[changed, same],
      ...[same, changed],
      ...[changed, same],
      ...[changed],
      ...[changed, same],
      ...[refused, refused],
      ...[changed, same],
    ]);
    const alarms = await site.db.query('select kind, subject, cleared_at is not null as over from alarm order by id');
    expect(alarms).toEqual([{ kind: 'snapshot-refused', subject: 'erp/stock', over: true }]);

    expect(skus.map((sku) => site.simulator.state.figures.find(sku, 'JED1')?.now.onHand)).toEqual(
      figures().map(([, , figure]) => figure),
    );
    const arrived = [...site.simulator.state.inventoryOrders.values()].map(({ waybillNumber }) =>
      String(waybillNumber).replace(/-[0-9A-F]{6}$/, ''),
    );
    expect(arrived.sort()).toEqual(receipts);
  });
}
