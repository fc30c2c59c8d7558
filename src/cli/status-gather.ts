import { type FlowName, flowNames } from '../config/schema.ts';
import { unadopted } from '../engine/adoption.ts';
import type { Bridge } from '../engine/context.ts';
import { overdueRuns } from '../engine/overdue.ts';
import { flows } from '../flows/index.ts';
import { countDead } from '../jobs/dead.ts';
import { nextSlot } from '../jobs/slots.ts';
import { type Lane, lanes, type OperationState } from '../model/index.ts';
import { openAlarms } from '../store/alarms.ts';
import { alertState } from '../store/alerts.ts';
import { countDocuments } from '../store/documents.ts';
import { openByLane } from '../store/operations.ts';
import { listPauses } from '../store/pauses.ts';
import { listPlans } from '../store/plans.ts';
import { countHeld } from '../store/quarantines.ts';
import { lastRuns } from '../store/runs.ts';
import { liveWorkers } from '../store/workers.ts';
import { runJson } from './run-result.ts';
import { rateStatus } from './status-rate.ts';

export type Status = Awaited<ReturnType<typeof gatherStatus>>;

/** All that `status` tells, as its JSON has it. */
export async function gatherStatus(bridge: Bridge) {
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
