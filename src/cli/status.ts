import type { Command } from 'commander';
import { Agent, request } from 'undici';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { type Config, type FlowName, flowNames } from '../config/schema.ts';
import { loadDefinition } from '../connector/registry.ts';
import { unadopted } from '../engine/adoption.ts';
import type { Bridge } from '../engine/context.ts';
import { overdueRuns } from '../engine/overdue.ts';
import { flows } from '../flows/index.ts';
import { countDead } from '../jobs/dead.ts';
import { nextSlot } from '../jobs/slots.ts';
import { messageOf } from '../lib/errors.ts';
import { createLogger } from '../lib/log.ts';
import { counted } from '../lib/text.ts';
import { formatDuration } from '../lib/time.ts';
import { type Lane, lanes, type OperationState } from '../model/index.ts';
import { openAlarms } from '../store/alarms.ts';
import { alertState } from '../store/alerts.ts';
import { openDatabase } from '../store/db.ts';
import { countDocuments } from '../store/documents.ts';
import { startEmbedded } from '../store/embedded.ts';
import { openByLane } from '../store/operations.ts';
import { listPauses } from '../store/pauses.ts';
import { listPlans } from '../store/plans.ts';
import { countHeld } from '../store/quarantines.ts';
import { lastRuns } from '../store/runs.ts';
import { liveWorkers } from '../store/workers.ts';
import { type CommonOptions, common, configFileOf, type ExitCode, withApp } from './frame.ts';
import { moment, print, table } from './output.ts';
import { runJson } from './run-result.ts';
import { rateStatus, reducedText } from './status-rate.ts';

interface StatusOptions extends CommonOptions {
  readonly health?: boolean;
}

export function registerStatus(program: Command, exit: (code: ExitCode) => void): void {
  common(program.command('status'))
    .summary('what runs, what waits, and what needs a person')
    .option('--health', 'only say whether the bridge can work: for a container')
    .addHelpText('after', '\nExample:\n  oto-bridge status')
    .action(async (options: StatusOptions) => {
      if (options.health === true) return exit(await health(options));
      const { status, timezone } = await withApp(options, async (app) => ({
        status: await gather(app.bridge),
        timezone: app.bridge.config.timezone,
      }));
      print(options.json === true, status, () => text(status, timezone));
    });
}

/**
 * Asks the worker, where one listens at `http`; without one, whether the database answers. A worker that should run and does not
 * cannot be told from one that was never meant to: `worker` in the JSON says which it was.
 */
async function health(options: StatusOptions): Promise<ExitCode> {
  const report = (healthy: boolean, worker: string, reason: string | null): ExitCode => {
    print(options.json === true, { healthy, worker, reason }, () => (healthy ? 'ok' : (reason ?? 'not healthy')));
    return healthy ? 0 : 1;
  };
  let worker = 'none';
  try {
    const loaded = await loadConfig(configFileOf(options), { env: process.env, resolveConnector: loadDefinition });
    const ready = await askWorker(loaded.config.http);
    if (ready !== undefined) {
      worker = ready ? 'ready' : 'not ready';
      return report(ready, worker, ready ? null : 'the worker runs, but cannot work just now');
    }
    await askDatabase(loaded);
    return report(true, worker, null);
  } catch (error) {
    return report(false, worker, messageOf(error));
  }
}

/** What the worker says of itself. Undefined: none listens. */
async function askWorker({ enabled, host, port, tls }: Config['http']): Promise<boolean | undefined> {
  if (!enabled || port === 0) return undefined;
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  // Its certificate is made for the name that others call it by.
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  try {
    const address = `${tls === undefined ? 'http' : 'https'}://${near}:${port}/readyz`;
    const response = await request(address, { dispatcher, signal: AbortSignal.timeout(5000) });
    // Something else may listen at this port.
    const body = (await response.body.json().catch(() => null)) as { ready?: unknown } | null;
    return typeof body?.ready === 'boolean' ? body.ready : undefined;
  } catch (error) {
    // Refused: nobody is there. Somebody who is there and says nothing hangs.
    return (error as Error).name === 'TimeoutError' ? false : undefined;
  } finally {
    await dispatcher.destroy();
  }
}

/** Connects, and leaves again. The embedded database is brought up for it where it is down. */
async function askDatabase(loaded: LoadedConfig): Promise<void> {
  const log = createLogger({ level: 'silent', secrets: () => loaded.secrets });
  const { url, schema } = loaded.config.database;
  const embedded = url === undefined ? await startEmbedded({ dataDir: loaded.dataDir, log }) : undefined;
  try {
    const address = url ?? embedded?.url ?? '';
    const db = await openDatabase({ url: address, schema, applicationName: 'oto-bridge health', max: 1, log });
    await db.close();
  } finally {
    await embedded?.stop();
  }
}

async function gather(bridge: Bridge) {
  const { db, config } = bridge;
  const now = bridge.now();
  const pauses = await listPauses(db);
  const last = new Map((await lastRuns(db)).map((run) => [run.flow, run]));
  const flowRows = await Promise.all(
    flowNames.map(async (name: FlowName) => {
      const settings = config.flows[name];
      const run = last.get(name);
      const schedule = settings?.schedule;
      return {
        flow: name,
        configured: settings !== undefined,
        enabled: settings?.enabled ?? false,
        unadopted: settings === undefined ? [] : await unadopted(bridge, flows[name]),
        paused: pauses.find((pause) => pause.scope === 'flow' && pause.name === name)?.reason ?? null,
        schedule: schedule ?? null,
        next:
          schedule === undefined || settings?.enabled !== true
            ? null
            : nextSlot(schedule, config.timezone, new Date()).toISOString(),
        lastRun: run === undefined ? null : runJson(run),
      };
    }),
  );
  const overdue = await overdueRuns(bridge);
  const open = await openByLane(db);
  const of = (lane: number, ...states: OperationState[]) =>
    open.filter((row) => row.lane === lane && states.includes(row.state)).reduce((sum, row) => sum + row.count, 0);
  const toSend = new Map(lanes.map((lane, index) => [lane, of(index, 'ready', 'sending')] as const));
  const { rate, ends } = await rateStatus(bridge, toSend);
  const endOf = (lane: Lane): number | null => {
    const seconds = ends.get(lane);
    return seconds === undefined ? null : Math.ceil(seconds);
  };
  return {
    workers: (await liveWorkers(db)).map((worker) => ({
      host: worker.host,
      pid: worker.pid,
      version: worker.version,
      startedAt: worker.started_at.toISOString(),
      seenAt: worker.seen_at.toISOString(),
    })),
    flows: flowRows,
    rate,
    lanes: lanes.map((lane, index) => ({
      lane,
      ready: of(index, 'ready'),
      sending: of(index, 'sending'),
      unknown: of(index, 'unknown'),
      waiting: of(index, 'waiting'),
      parked: of(index, 'parked'),
      oldestSeconds: open
        .filter((row) => row.lane === index && row.state !== 'parked')
        .reduce((max, row) => Math.max(max, row.oldest), 0),
      // Of what is ready, at the speed of the moment. Null: nothing to send, or nothing known to reckon with.
      endsInSeconds: endOf(lane),
      endsAt: endOf(lane) === null ? null : new Date(now + (endOf(lane) ?? 0) * 1000).toISOString(),
    })),
    pauses: pauses.map((pause) => ({
      scope: pause.scope,
      name: pause.name,
      code: pause.code,
      reason: pause.reason,
      by: pause.paused_by,
      since: pause.since.toISOString(),
      seconds: Math.round((now - pause.since.getTime()) / 1000),
    })),
    alerts: config.alerts.webhook === undefined ? null : alertsJson(await alertState(db)),
    documents: Object.fromEntries((await countDocuments(db)).map((row) => [row.state, row.count])),
    needsPerson: {
      parked: open.filter((row) => row.state === 'parked').reduce((sum, row) => sum + row.count, 0),
      deadLetters: await countDead(db),
      quarantined: (await countHeld(db)).map(({ since, times, ...held }) => ({
        ...held,
        since: since.toISOString(),
        exportsInARow: times === 0 ? null : times,
      })),
      alarms: (await openAlarms(db)).map((alarm) => ({
        kind: alarm.kind,
        subject: alarm.subject,
        message: alarm.message,
        hint: alarm.hint,
        count: alarm.count,
        firstAt: alarm.first_at.toISOString(),
        lastAt: alarm.last_at.toISOString(),
      })),
      // Runs that do not take place.
      overdue: overdue.map(({ flow, since, missed, message }) => ({
        flow,
        since: since.toISOString(),
        missed,
        message,
      })),
      // The last run of each flow, where it failed or found something new for a person.
      runs: [...last.values()]
        .filter((run) => run.status === 'failed' || run.outcome === 'needs-person')
        .map((run) => ({ id: run.id, flow: run.flow, status: run.status, outcome: run.outcome })),
      plans: (await listPlans(db, null, 50))
        .filter((plan) => plan.status === 'proposed' && (plan.counts.items ?? 0) > 0)
        .map((plan) => ({ id: plan.id, flow: plan.flow, items: plan.counts.items ?? 0 })),
    },
  };
}

function alertsJson({ receiver, refused, refusedWhy, untold }: Awaited<ReturnType<typeof alertState>>) {
  return {
    deliveredAt: receiver?.delivered_at?.toISOString() ?? null,
    untold,
    refused,
    failures: receiver?.failures ?? 0,
    nextTry: (receiver?.failures ?? 0) > 0 ? (receiver?.not_before.toISOString() ?? null) : null,
    problem: receiver?.problem ?? refusedWhy,
  };
}

type Status = Awaited<ReturnType<typeof gather>>;

/** Alarms of what stands among the counts already. */
const alarmsWithCount: readonly string[] = ['quarantine', 'parked', 'dead-letter'];

function text(status: Status, timezone: string): string {
  const parts = [
    table(
      ['flow', 'state', 'last run', 'outcome', 'next'],
      status.flows
        .filter((row) => row.configured)
        .map((row) => {
          const run = row.lastRun as { run: number; status: string; outcome: string | null; startedAt: string } | null;
          const state =
            row.paused !== null
              ? `paused: ${row.paused}`
              : !row.enabled
                ? 'off'
                : row.unadopted.length > 0
                  ? `not adopted${row.unadopted[0] === '*' ? '' : ` at ${row.unadopted.join(', ')}`}`
                  : 'ready';
          return [
            row.flow,
            state,
            run === null
              ? 'never'
              : `${moment(new Date(run.startedAt), timezone)} (${formatDuration(Date.now() - Date.parse(run.startedAt))} ago)`,
            run === null ? '' : `${run.status}${run.outcome === null ? '' : ` (${run.outcome})`}`,
            row.next === null ? '' : moment(new Date(row.next), timezone),
          ];
        }),
    ),
  ];
  parts.push(...measuresText(status.flows), workersText(status.workers, timezone));
  const busy = status.lanes.filter((row) => row.ready + row.sending + row.unknown + row.waiting + row.parked > 0);
  parts.push(
    busy.length === 0
      ? 'No open operations.'
      : table(
          ['lane', 'ready', 'sending', 'unknown', 'waiting', 'parked', 'oldest', 'ends in about'],
          busy.map((row) => [
            row.lane,
            row.ready,
            row.sending,
            row.unknown,
            row.waiting,
            row.parked,
            formatDuration(row.oldestSeconds * 1000),
            row.endsInSeconds === null ? '' : formatDuration(row.endsInSeconds * 1000),
          ]),
        ),
  );
  const reduced = reducedText(status.rate, timezone);
  if (reduced !== undefined) parts.push(reduced);
  for (const pause of status.pauses) {
    if (pause.scope === 'flow') continue;
    parts.push(
      `PAUSED since ${moment(new Date(pause.since), timezone)}: ${pause.scope} ${pause.name}${pause.code === null ? '' : ` (${pause.code})`}: ${pause.reason}\n  It is probed and ends by itself once OTO lets us again.`,
    );
  }
  const { parked, deadLetters, quarantined, alarms, overdue, runs, plans } = status.needsPerson;
  const spoken = new Set(alarms.map(({ kind, subject }) => `${kind} ${subject}`));
  const needs = [
    ...(parked > 0 ? [`${parked} parked operations: \`oto-bridge operations list --parked\``] : []),
    ...(deadLetters > 0
      ? [`${counted(deadLetters, 'dead letter', 'dead letters')}: \`oto-bridge operations list --dead\``]
      : []),
    ...quarantined.map(
      (row) =>
        `${row.count} held back in ${row.flow} by ${row.rule}${(row.exportsInARow ?? 0) > 1 ? `, in ${row.exportsInARow} exports in a row` : ''} since ${moment(new Date(row.since), timezone)}: \`oto-bridge quarantine list --flow ${row.flow}\``,
    ),
    ...overdue.filter(({ flow }) => !spoken.has(`slot-missed ${flow}`)).map(({ message }) => message),
    ...runs
      .filter((run) => !spoken.has(`${run.status === 'failed' ? 'run-failed' : 'needs-person'} ${run.flow}`))
      .map(
        (run) =>
          `the last run of ${run.flow} ${run.status === 'failed' ? 'failed' : 'has something to say'}: \`oto-bridge runs show ${run.id}\``,
      ),
    ...plans.map(
      (plan) => `plan ${plan.id} of ${plan.flow} with ${plan.items} items waits: \`oto-bridge plan show ${plan.id}\``,
    ),
    ...alertsText(status.alerts),
    ...alarms
      .filter(({ kind }) => !alarmsWithCount.includes(kind))
      .map((alarm) => `${alarm.message}${alarm.hint === null ? '' : `\n    ${alarm.hint}`}`),
  ];
  parts.push(
    needs.length === 0
      ? 'Nothing waits for a person.'
      : `Waiting for a person:\n${needs.map((line) => `  ! ${line}`).join('\n')}`,
  );
  const pending = status.documents.pending ?? 0;
  if (pending > 0)
    parts.push(
      `${pending} inventory orders are pending: OTO's staff have not processed them, or their effect is not known yet.`,
    );
  return parts.join('\n\n');
}

/** How late OTO had the stock figures of the last run, and for how long before each nobody looked at OTO. */
function measuresText(rows: Status['flows']): string[] {
  return rows.flatMap(({ flow, lastRun }) => {
    const { run, lagSeconds: lag, windowMs: window } = (lastRun ?? {}) as Measured;
    if (lag === undefined) return [];
    const words = ({ p50, p99 }: Spread, unit: number) =>
      `${formatDuration(p50 * unit)} (99 of 100 within ${formatDuration(p99 * unit)})`;
    const unseen = window === undefined ? '' : `, and ${words(window, 1)} after OTO's own had been read`;
    return [`Run ${run} of ${flow} set figures that were ${words(lag, 1000)} old${unseen}.`];
  });
}

interface Spread {
  readonly p50: number;
  readonly p99: number;
}

interface Measured {
  readonly run?: number;
  readonly lagSeconds?: Spread;
  readonly windowMs?: Spread;
}

/** Who works. Schedules and watches need one; what a command sends, it sends by itself. */
function workersText(workers: Status['workers'], timezone: string): string {
  if (workers.length === 0) return 'No worker is up: `oto-bridge run` starts one.';
  return workers
    .map(
      ({ host, pid, version, startedAt }) =>
        `Worker ${pid} on ${host}, version ${version}, up since ${moment(new Date(startedAt), timezone)}.`,
    )
    .join('\n');
}

function alertsText(alerts: Status['alerts']): string[] {
  if (alerts === null || alerts.problem === null) return [];
  const { refused, untold, problem, nextTry } = alerts;
  const left = [
    ...(refused > 0
      ? [`${counted(refused, 'alert was', 'alerts were')} not taken, until its configuration changes`]
      : []),
    ...(untold > 0
      ? [
          `${counted(untold, 'alert waits', 'alerts wait')}${nextTry === null ? '' : ` and ${untold === 1 ? 'is' : 'are'} tried again`}`,
        ]
      : []),
  ];
  return [`${problem}${left.length === 0 ? '' : ` ${left.join('; ')}.`}`];
}
