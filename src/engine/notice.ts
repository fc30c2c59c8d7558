import { flowNames } from '../config/schema.ts';
import { countDead } from '../jobs/dead.ts';
import { counted } from '../lib/text.ts';
import { minute } from '../lib/time.ts';
import { operationKinds } from '../model/index.ts';
import { clearAlarm, clearSettled, ensureAlarm, parkedByKind } from '../store/alarms.ts';
import { lostAgain } from '../store/report.ts';
import { countFailed } from '../store/webhook-work.ts';
import type { Bridge } from './context.ts';
import { overdueRuns } from './overdue.ts';
import { forgetSigns } from './signs.ts';

/** How long whoever begins may take to make up for a run that was missed. */
const startUpMs = 10 * minute;

/** Looks for what no run can tell, because there was none or it is gone. `since`: when somebody began to look. */
export async function notice(bridge: Bridge, since: Date): Promise<void> {
  await noticeOverdue(bridge, since);
  await noticeLostRuns(bridge);
  await noticeParked(bridge);
  await noticeDead(bridge);
  await noticeEvents(bridge);
  await clearSettled(bridge.db);
}

/** @param since undefined: in a process that will not make up for it. */
export async function noticeOverdue(bridge: Bridge, since: Date | undefined): Promise<void> {
  const { db, config, now } = bridge;
  const overdue = await overdueRuns(bridge);
  const flows = overdue.map(({ flow }) => flow);
  for (const flow of flowNames) {
    if (config.flows[flow]?.enabled !== true) await forgetSigns(db, flow);
    if (!flows.includes(flow)) await clearAlarm(db, 'slot-missed', flow);
  }
  for (const { flow, since: due, missed, message } of overdue) {
    // Whoever has just begun runs it now.
    if (since !== undefined && missed !== null && due < since && now() - since.getTime() < startUpMs) continue;
    await ensureAlarm(db, {
      kind: 'slot-missed',
      subject: flow,
      message,
      hint:
        missed === null
          ? 'Is a worker up (`oto-bridge run`), and does what starts the runs still do so? The next run ends this alarm.'
          : 'Is a worker up (`oto-bridge run`), and is it busy with other flows? `oto-bridge sync` runs the flow by hand; the next run ends this alarm.',
    });
  }
}

/** One lost process is nothing that a person has to know: the next run makes up for it. */
async function noticeLostRuns({ db }: Bridge): Promise<void> {
  for (const flow of await lostAgain(db)) {
    await ensureAlarm(db, {
      kind: 'run-failed',
      subject: flow,
      message: `The flow "${flow}" failed at least twice in a row; the last time its process ended before the run did.`,
      hint: 'Was the process killed, or was there not enough memory? The log of the worker and of the machine says so. The next good run ends this alarm.',
    });
  }
}

/** Operations that were given up after many tries: one alarm a kind. Those of unknown outcome have one each. */
export async function noticeParked({ db }: Bridge): Promise<void> {
  const parked = new Map((await parkedByKind(db)).map((row) => [row.kind, row]));
  for (const kind of operationKinds) {
    const row = parked.get(kind);
    if (row === undefined) await clearAlarm(db, 'parked', kind);
    else {
      await ensureAlarm(db, {
        kind: 'parked',
        subject: kind,
        message: `${counted(row.count, 'operation', 'operations')} (${kind}) ${row.count === 1 ? 'is' : 'are'} parked: ${row.why ?? 'their tries are used up'}.`,
        hint: '`oto-bridge operations list --parked` shows them with their evidence; `oto-bridge operations resolve ID --landed | --resend | --cancel` decides.',
      });
    }
  }
}

/** Jobs that no worker could finish: one alarm for all of them. */
async function noticeDead({ db }: Bridge): Promise<void> {
  const count = await countDead(db);
  if (count === 0) return clearAlarm(db, 'dead-letter', 'jobs');
  await ensureAlarm(db, {
    kind: 'dead-letter',
    subject: 'jobs',
    message: `${counted(count, 'job was', 'jobs were')} given up: each worker failed at ${count === 1 ? 'it' : 'them'}.`,
    hint: '`oto-bridge operations list --dead` shows why and what waits with it; `operations retry --dead` queues it again once that is mended.',
  });
}

/** Events of OTO that had no effect: one alarm for those of a day. */
async function noticeEvents({ db }: Bridge): Promise<void> {
  const count = await countFailed(db);
  if (count === 0) return clearAlarm(db, 'event-failed', 'webhooks');
  await ensureAlarm(db, {
    kind: 'event-failed',
    subject: 'webhooks',
    message: `${counted(count, 'event of OTO', 'events of OTO')} could not be looked up within a day, however often it was tried.`,
    hint: '`oto-bridge webhooks events --state failed` shows why. What they told is found by the schedule of the packing flow.',
  });
}
