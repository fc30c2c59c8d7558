import { counted } from '../lib/text.ts';
import { formatDuration } from '../lib/time.ts';
import { moment, table } from './output.ts';
import type { Status } from './status-gather.ts';
import { reducedText } from './status-rate.ts';

/** Alarms of what stands among the counts already. */
const alarmsWithCount: readonly string[] = ['quarantine', 'parked', 'dead-letter'];

export function statusText(status: Status, timezone: string): string {
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
