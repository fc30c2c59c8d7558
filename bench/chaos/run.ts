/** One chaos run: edits and blows until enough was planned, then quiet, a person, a last reconciliation, and the verdict. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../src/lib/errors.ts';
import { seededRandom, seedOf } from '../../src/simulator/random.ts';
import type { Call } from './control.ts';
import { Erp } from './erp.ts';
import { judge, judgeFigures, openOperations, type Quarantined, quarantinedOf } from './judge.ts';
import { Person } from './person.ts';
import { openSite, type Site } from './site.ts';
import { Staff } from './staff.ts';
import { Strikes } from './strikes.ts';
import { type Action, schedule, switchesOf, weather } from './troubles.ts';

export interface ChaosOptions {
  readonly operations: number;
  readonly seed: number;
  /** After so many minutes no more edits are made, however few operations were planned. */
  readonly minutes: number;
  /** Folder of the sources to run. */
  readonly build: string;
  readonly say: (line: string) => void;
  /** Ends it early, and everything that it started. */
  readonly signal: AbortSignal;
}

export interface ChaosResult {
  readonly seed: number;
  readonly operations: number;
  /** Calls that a fault rule of the simulator struck, by its kind. */
  readonly faults: Readonly<Record<string, number>>;
  readonly kills: number;
  readonly duplicates: number;
  readonly lost: number;
  /** Operations that were parked at some time; all were decided by the scripted person. */
  readonly parked: number;
  /** Figures that are still held. */
  readonly quarantined: number;
  readonly seconds: number;
  readonly stale: number;
  readonly switches: Readonly<Record<string, unknown>>;
  readonly struck: Strikes['done'];
  readonly kinds: Readonly<Record<string, number>>;
  readonly calls: number;
  readonly decided: Person['decided'];
  readonly held: readonly Quarantined[];
  readonly problems: readonly string[];
  readonly folder: string;
}

/** Faults for each operation, at least. */
const leastFaults = 0.2;
/** How long everything may take to come to its end once it is quiet. */
const quietSeconds = 600;

export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const { operations, seed, minutes, build, say, signal } = options;
  const from = performance.now();
  const seconds = () => (performance.now() - from) / 1000;
  await using site = await openSite({ seed, build });
  const { control } = site;
  const random = seededRandom(seedOf(seed, 'edits'));
  const erp = new Erp(site.erpDir, seed, Math.min(500, Math.max(40, Math.round(operations / 20))));
  const person = new Person(site);
  const staff = new Staff(site, erp, seed);
  const wishes = { receipts: 0 };
  const strikes = new Strikes(site, wishes, seed);
  const problems: string[] = [];

  const switches = switchesOf(seed);
  await control.switches(switches);
  await erp.exportProducts();
  await erp.exportStock();
  await command(site, 'db', 'migrate');
  await command(site, 'adopt', '--yes');
  say(`seed ${seed}: ${operations} operations, ${erp.skus.length} products; everything is in ${site.folder}`);
  site.startWorkers(() => strikes.arm());
  const watching = strikes.watch();

  const due = schedule(seed, operations);
  const busy = new Set<Promise<void>>();
  let quiet = false;
  // Should this run break off, nothing of it goes on beside its end.
  using _ = {
    [Symbol.dispose]() {
      quiet = true;
      strikes.calm();
    },
  };
  let spell = 0;
  const acts: Readonly<Record<Action, () => Promise<void>>> = {
    kill: () => strikes.kill(),
    pause: () => strikes.pause(),
    ambush: () => strikes.ambush(),
    restart: () => strikes.restart(),
    revoke: () => strikes.revoke(),
    outage: () => strikes.outage(),
    weather: async () => {
      const rules = weather(seed, ++spell);
      await control.clearFaults();
      for (const rule of rules) await control.addFault(rule);
    },
    customers: async () => {
      await staff.customersOrder();
      staff.pack();
    },
    staff: () => staff.processReceipts('JED1'),
  };
  const begin = (name: string, work: Promise<unknown>) => {
    const one = work
      .then(() => undefined)
      .catch((error: unknown) => {
        problems.push(`${name} failed: ${messageOf(error)}`);
      })
      .finally(() => busy.delete(one));
    busy.add(one);
  };
  const looking = (async () => {
    for (let look = 1; !quiet; look += 1) {
      await person.decideParked();
      if (look % 8 === 0) await person.decideQuarantine();
      await sleep(1000);
    }
  })();

  let planned = 0;
  let told = 0;
  // A bridge that does more with fewer calls meets fewer faults: it goes on until it has met its share.
  const spared = async () =>
    Object.values(faultsIn(await control.calls())).reduce((sum, count) => sum + count, 0) < operations * leastFaults;
  while ((planned < operations || (await spared())) && seconds() < minutes * 60) {
    signal.throwIfAborted();
    while ((due[0]?.at ?? Number.POSITIVE_INFINITY) <= planned) {
      const { action } = due.shift() as (typeof due)[number];
      // The weather changes at once, everything else takes its time beside the edits.
      if (action === 'weather') await acts.weather();
      else begin(action, acts[action]());
    }
    const wished = wishes.receipts;
    wishes.receipts = 0;
    const changes =
      (await erp.launchProducts(random() < 0.25 ? 1 + Math.floor(random() * 3) : 0)) +
      (await erp.receive(1 + Math.floor(random() * 6) + wished)) +
      (await erp.changeStock(Math.round((0.02 + random() * 0.05) * 2 * erp.skus.length) + 5));
    // Not more than the bridge can follow: changes that pile up would be one run.
    planned = await untilPlanned(site, planned + changes * 0.6, 4000);
    if (planned >= told + operations / 20) {
      told = planned;
      say(
        `${Math.round(seconds())} s: ${planned} operations planned, ${site.kills()} kills, ${JSON.stringify(strikes.done)}`,
      );
    }
  }

  say(`${Math.round(seconds())} s: ${planned} operations planned; the edits stop`);
  await Promise.all(busy);
  await control.clearFaults();
  await control.restoreTokens();
  strikes.calm();
  await watching;
  await staff.idle();
  quiet = true;
  await looking;
  await erp.exportProducts();
  await erp.exportStock();
  problems.push(...(await settle(site, erp, person, staff, signal)));
  say(`${Math.round(seconds())} s: settled; the last reconciliation`);
  await erp.exportStock();
  for (const flow of ['products', 'documents', 'stock']) problems.push(...(await reconcile(site, flow)));
  const verdict = await judge(site, erp);
  problems.push(...(await site.stopWorkers()));
  problems.push(...site.fallen.map(({ name, code }) => `${name} ended by itself, with code ${code}`));
  problems.push(...site.hung.map((args) => `the command \`${args}\` did not end`));

  const calls = await control.calls();
  // Not in the folder of the logs: what was sent is no log line.
  await writeFile(join(site.folder, 'calls.jsonl'), calls.map((call) => `${JSON.stringify(call)}\n`).join(''));
  const faults = faultsIn(calls);
  const kinds = await site.db.query<{ kind: string; count: number; parked: number }>(
    `select kind, count(*)::int as count, (count(*) filter (where exists (
       select from operation_event e where e.operation_id = o.id and e."to" = 'parked')))::int as parked
     from operation o group by kind order by kind`,
  );
  return {
    seed,
    operations: kinds.reduce((sum, { count }) => sum + count, 0),
    faults,
    kills: site.kills(),
    duplicates: verdict.duplicates,
    lost: verdict.lost,
    parked: kinds.reduce((sum, { parked }) => sum + parked, 0),
    quarantined: verdict.quarantined.length,
    seconds: Math.round(seconds()),
    stale: verdict.stale,
    switches,
    struck: strikes.done,
    kinds: Object.fromEntries(kinds.map(({ kind, count }) => [kind, count])),
    calls: calls.length,
    decided: person.decided,
    held: verdict.quarantined,
    problems: [...problems, ...verdict.problems],
    folder: site.folder,
  };
}

function faultsIn(calls: readonly Call[]): Record<string, number> {
  const faults: Record<string, number> = {};
  for (const { faults: ids = [], refusal } of calls) {
    for (const id of ids) {
      const [kind = ''] = id.split('/');
      // Another form of refusing is nothing where nothing was refused.
      if (kind === 'errorForm' && refusal === undefined) continue;
      faults[kind] = (faults[kind] ?? 0) + 1;
    }
  }
  return faults;
}

async function command(site: Site, ...args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await site.command('setup', ...args);
  if (code !== 0) throw new Error(`\`${args.join(' ')}\` ended with ${code}: ${stdout}${stderr}`);
}

/** How many operations there are, once there are so many, or nothing more has come for the time. */
async function untilPlanned(site: Site, enough: number, atMostMs: number): Promise<number> {
  const deadline = performance.now() + atMostMs;
  let count = 0;
  for (;;) {
    const row = await site.db.query<{ count: number }>('select count(*)::int as count from operation').catch(() => []);
    count = row[0]?.count ?? count;
    if ((count >= enough && count > 0) || performance.now() > deadline) return count;
    await sleep(100);
  }
}

/** Until nothing is open any more, OTO has every document, and each figure is right: a person decides what is parked. */
async function settle(site: Site, erp: Erp, person: Person, staff: Staff, signal: AbortSignal): Promise<string[]> {
  const deadline = performance.now() + quietSeconds * 1000;
  let why: string[] = [];
  while (performance.now() < deadline) {
    signal.throwIfAborted();
    await Promise.all([person.decideParked(), staff.idle(), person.reportProcessed('JED1')]);
    const [open, held] = await Promise.all([openOperations(site), quarantinedOf(site)]);
    const oto = await site.control.state();
    const wrong = judgeFigures(erp, oto, held);
    const missing = erp.receipts.size - oto.inventoryOrders.length;
    why = [...open, ...wrong, ...(missing > 0 ? [`${missing} documents are missing`] : [])];
    if (why.length === 0) return [];
    await sleep(500);
  }
  return [`not settled after ${quietSeconds} s: ${why.length} things: ${why.slice(0, 8).join('; ')}`];
}

/** One run of a flow by command; one that is under way already is waited for. */
async function reconcile(site: Site, flow: string): Promise<string[]> {
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const { json, code, stdout } = await site.command<{ status: string }>('reconciliation', 'sync', flow);
    if (json?.status === 'done') return [];
    if (json?.status !== 'busy') return [`the last \`sync ${flow}\` ended with ${code}: ${stdout.slice(0, 500)}`];
    await sleep(500);
  }
  return [`the last \`sync ${flow}\` found another run of it for a minute`];
}
