import { flowNames } from '../config/schema.ts';
import { lastSlot } from '../jobs/slots.ts';
import { counted } from '../lib/text.ts';
import { operationKinds } from '../model/index.ts';
import { clearAlarm, clearSettled, ensureAlarm, parkedByKind } from '../store/alarms.ts';
import { lastStarts, lostAgain } from '../store/report.ts';
import type { Bridge } from './context.ts';

/** How late a scheduled run may begin. */
const slotGraceMs = 10 * 60_000;

/** Looks for what no run can tell, because there was none or it is gone. `since`: when somebody began to look. */
export async function notice(bridge: Bridge, since: Date): Promise<void> {
  await noticeMissedSlots(bridge, since);
  await noticeLostRuns(bridge);
  await noticeParked(bridge);
  await clearSettled(bridge.db);
}

async function noticeMissedSlots({ db, config, now }: Bridge, since: Date): Promise<void> {
  const starts = await lastStarts(db);
  for (const flow of flowNames) {
    const settings = config.flows[flow];
    if (settings?.schedule === undefined || !settings.enabled) continue;
    // The last slot whose time to begin is over.
    const slot = lastSlot(settings.schedule, config.timezone, new Date(now() - slotGraceMs));
    const last = starts.get(flow);
    if (last !== undefined && (last.running || last.at >= slot)) {
      await clearAlarm(db, 'slot-missed', flow);
    } else if (slot > since) {
      const at = new Intl.DateTimeFormat('sv-SE', {
        timeZone: config.timezone,
        dateStyle: 'short',
        timeStyle: 'short',
      });
      await ensureAlarm(db, {
        kind: 'slot-missed',
        subject: flow,
        message: `The run of "${flow}" that was due at ${at.format(slot)} (${config.timezone}) has not begun.`,
        hint: 'Is a worker up (`oto-bridge run`), and is it busy with other flows? `oto-bridge sync` runs the flow by hand; the next run ends this alarm.',
      });
    }
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
