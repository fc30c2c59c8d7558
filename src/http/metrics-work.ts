import { setTimeout as delay } from 'node:timers/promises';
import { Gauge, type Registry } from 'prom-client';
import type { FlowName } from '../config/schema.ts';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { lanes } from '../model/index.ts';
import type { Database } from '../store/db.ts';
import { type Figures, workFigures } from '../store/metrics.ts';

/** Several scrapers, and scrapers in a hurry, share one look. */
const freshMs = 5_000;
/** Counting a million that wait takes seconds: then it is done more seldom. */
const restShare = 20;
/** How long a scrape waits for a look; after it shows the last one, unless that is older than `staleMs`. */
const patienceMs = 3_000;
const staleMs = 60_000;

/**
 * Figures that the database holds: every worker shows the same ones, so they are to be taken from one of them (`max`), never added.
 * While the database is away they are left out, and `oto_bridge_database_up` is 0. Gives what brings them up to date.
 */
export function workMetrics(
  registry: Registry,
  { db, log, flows }: { db: Database; log: Logger; flows: readonly FlowName[] },
): () => Promise<void> {
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge({ name: `oto_bridge_${name}`, help, labelNames: [...labelNames], registers: [registry] });

  const up = gauge('database_up', '1 while the database answers.');
  const runs = gauge('runs_last_day', 'Runs that began within 24 hours, by flow, status and outcome.', [
    'flow',
    'status',
    'outcome',
  ]);
  const age = gauge('flow_last_success_age_seconds', 'Since the last run of the flow that ran through began.', [
    'flow',
  ]);
  const waiting = gauge('flow_runs_waiting', 'Runs that were asked for and wait in the queue.', ['flow']);
  const open = gauge('operations_open', 'Operations that are not settled, by lane, kind and state.', [
    'lane',
    'kind',
    'state',
  ]);
  const oldest = gauge(
    'operations_oldest_seconds',
    'Age of the oldest operation that is not settled, by lane and state.',
    ['lane', 'state'],
  );
  const parked = gauge('operations_parked', 'Operations whose outcome a person has to decide.');
  const ended = gauge(
    'operations_settled_last_hour',
    'Operations that were settled within the hour, by kind and verdict.',
    ['kind', 'verdict'],
  );
  const held = gauge('quarantine_held', 'What guards hold back for a person, by flow and rule.', ['flow', 'rule']);
  const alarms = gauge('alarms_open', 'Alarms that are not over, by kind.', ['kind']);
  const documents = gauge('documents_open', 'Documents that are not processed yet, by state.', ['state']);
  const pauses = gauge('pauses', 'What is stopped: flows by a person, the account or families of calls by OTO.', [
    'scope',
  ]);
  const drift = gauge(
    'drift_figures',
    'Figures of which OTO showed another than is wanted, at the last comparison of the location, by cause.',
    ['location', 'cause'],
  );
  const driftUnits = gauge('drift_units', 'The same in units.', ['location', 'cause']);
  const driftAge = gauge('drift_age_seconds', 'Since the last comparison of the location.', ['location']);
  const dead = gauge('dead_letters', 'Jobs that no worker could work.');
  const events = gauge('webhook_events_waiting', 'Events of OTO that wait for a look at what they name.');
  const workers = gauge('workers', 'Workers that are up on this database.');
  const rate = gauge(
    'rate_in_use',
    'Part of oto.requestsPerSecond that is in use: below 1 after OTO asked for fewer calls.',
  );
  const byLabels = [
    runs,
    age,
    waiting,
    open,
    oldest,
    ended,
    held,
    alarms,
    documents,
    pauses,
    drift,
    driftUnits,
    driftAge,
  ];
  const single = [parked, dead, events, workers, rate];

  function show(figures: Figures): void {
    for (const one of byLabels) one.reset();
    for (const { flow, status, outcome, count } of figures.runs)
      runs.set({ flow, status, outcome: outcome ?? '' }, count);
    for (const row of figures.flows) {
      waiting.set({ flow: row.flow }, row.waiting);
      if (row.age !== null) age.set({ flow: row.flow }, Number(row.age));
    }
    const ages = new Map<string, number>();
    for (const { lane, kind, state, count, oldest: seconds } of figures.open) {
      open.set({ lane, kind, state }, count);
      const key = `${lane} ${state}`;
      ages.set(key, Math.max(ages.get(key) ?? 0, Number(seconds)));
      oldest.set({ lane, state }, ages.get(key) ?? 0);
    }
    parked.set(figures.open.filter(({ state }) => state === 'parked').reduce((sum, { count }) => sum + count, 0));
    for (const { kind, state, count } of figures.ended) ended.set({ kind, verdict: state }, count);
    for (const { flow, rule, count } of figures.held) held.set({ flow, rule }, count);
    for (const { kind, count } of figures.alarms) alarms.set({ kind }, count);
    for (const { state, count } of figures.documents) documents.set({ state }, count);
    for (const { scope, count } of figures.pauses) pauses.set({ scope }, count);
    for (const row of figures.drift) {
      drift.set({ location: row.location, cause: row.cause }, row.figures);
      driftUnits.set({ location: row.location, cause: row.cause }, row.units);
      driftAge.set({ location: row.location }, Number(row.age));
    }
    dead.set(figures.dead);
    events.set(figures.events);
    workers.set(figures.workers);
    rate.set(Number(figures.rate));
    up.set(1);
  }

  /** A figure of the past would look like one of now. */
  function hide(): void {
    for (const one of byLabels) one.reset();
    for (const one of single) one.remove();
    up.set(0);
  }

  let readAt = Number.NEGATIVE_INFINITY;
  let took = 0;
  let reading: Promise<void> | undefined;
  async function read(): Promise<void> {
    const began = performance.now();
    try {
      show(await workFigures(db, flows, lanes));
      readAt = performance.now();
      took = readAt - began;
    } catch (error) {
      log.debug({ reason: messageOf(error) }, 'the figures of the database could not be read');
      hide();
    } finally {
      reading = undefined;
    }
  }
  return async () => {
    const fresh = performance.now() - readAt < Math.max(freshMs, took * restShare);
    if (reading === undefined && fresh) return;
    reading ??= read();
    await Promise.race([reading, delay(patienceMs, undefined, { ref: false })]);
    if (reading !== undefined && performance.now() - readAt > staleMs) hide();
  };
}
