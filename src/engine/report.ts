import { messageOf } from '../lib/errors.ts';
import { counted } from '../lib/text.ts';
import { clearAlarm, clearSettled, raiseAlarm, renewAlarm } from '../store/alarms.ts';
import { failuresInARow, heldByRule } from '../store/report.ts';
import type { Run, RunNote } from '../store/runs.ts';
import { listSnapshots } from '../store/snapshots.ts';
import { type Bridge, isWhole, type RunFilter } from './context.ts';
import { noticeOverdue, noticeParked } from './notice.ts';

/** What was asked for. */
interface Asked {
  readonly mode: 'sync' | 'plan' | { readonly applyPlan: number };
  readonly filter?: RunFilter;
  readonly signal: AbortSignal;
}

interface Result {
  readonly run: Run;
  readonly plan?: { readonly id: number } | undefined;
}

/** Notes of what is an alarm by itself, or of what a person did on purpose. */
const spokenFor = new Set([
  'busy',
  'paused',
  'quarantine',
  'guard-keeps',
  'key-reused',
  'identity',
  'parked',
  'location-missing',
  'code-missing',
  'document-changed',
  'pending-overdue',
  'silent',
  'shrunk',
]);

/** Failures that raise an alarm of their own. */
const failsWithAlarm = /^(SNAPSHOT_|SOURCE_EMPTY$)/;

/**
 * Says what came of a run, however it was started: one line in the log, and alarms for what nobody would see otherwise. It never
 * throws: the run has ended, and what it did is written down.
 */
export async function reportRun(bridge: Bridge, options: Asked, result: Result): Promise<void> {
  const { run } = result;
  try {
    await summarise(bridge, options, result);
    await noticeHeld(bridge, run);
    await noticeParked(bridge);
    await noticeOverdue(bridge, undefined);
    // Who plans looks at what comes of it.
    if (options.mode !== 'plan') await noticeOutcome(bridge, options, run);
  } catch (error) {
    bridge.log.warn({ reason: messageOf(error) }, 'what came of the run could not be reported in full');
  }
}

async function summarise({ db, log }: Bridge, { mode }: Asked, { run, plan }: Result): Promise<void> {
  const snapshots = (await listSnapshots(db, run.id).catch(() => [])).map(({ id }) => id);
  const { seconds: lag, windowMs } = run.notes.find((note) => note.kind === 'lag') ?? {};
  const line = {
    run: run.id,
    flow: run.flow,
    source: run.source,
    mode: typeof mode === 'object' ? 'apply' : mode,
    trigger: run.trigger,
    status: run.status,
    outcome: run.outcome,
    counts: run.counts,
    ms: run.finished_at === null ? null : run.finished_at.getTime() - run.started_at.getTime(),
    snapshots,
    ...(plan === undefined ? {} : { plan: plan.id }),
    ...(lag === undefined ? {} : { lagSeconds: lag }),
    ...(windowMs === undefined ? {} : { windowMs }),
    ...(run.error === null ? {} : { error: run.error }),
  };
  // Whoever gave the command sees it fail; of the worker's runs only the log tells.
  const failed = ['command', 'plan', 'adopt', 'undo'].includes(run.trigger) ? 'warn' : 'error';
  const level = run.status === 'failed' ? failed : run.status === 'blocked' ? 'warn' : 'info';
  log[level](line, 'run finished');
}

async function noticeOutcome({ db }: Bridge, options: Asked, run: Run): Promise<void> {
  if (run.status === 'failed') {
    // A person or a service manager stopped it, or the failure has spoken.
    if (options.signal.aborted || failsWithAlarm.test(String(run.error?.code))) return;
    const times = await failuresInARow(db, run.flow);
    const { message, hint } = run.error as { message?: string; hint?: string };
    await raiseAlarm(db, {
      kind: 'run-failed',
      subject: run.flow,
      message: `The flow "${run.flow}" failed${times > 1 ? ` ${times} times in a row` : ''}: ${message ?? 'for an unknown reason'}`,
      hint: `${hint === undefined ? '' : `${hint} `}\`oto-bridge runs show ${run.id}\` shows the run. Nothing of it was half done; the next good run ends this alarm.`,
    });
    return;
  }
  if (run.status === 'done') {
    await clearAlarm(db, 'run-failed', run.flow);
    if (run.outcome !== 'nothing-new') await clearAlarm(db, 'snapshot-refused', `${run.source}/${run.flow}`);
  }
  const news = run.notes.filter((note) => note.new && !spokenFor.has(note.kind));
  if (news.length > 0) await renewAlarm(db, needsPerson(run, news));
  else if (isClean(options, run)) await clearAlarm(db, 'needs-person', run.flow);
}

function needsPerson(run: Run, news: readonly RunNote[]) {
  const hints = [...new Set(news.flatMap((note) => (note.hint === undefined ? [] : [note.hint])))];
  return {
    kind: 'needs-person',
    subject: run.flow,
    message: `Run ${run.id} of "${run.flow}" needs a person: ${news.map((note) => note.message).join(' ')}`,
    hint: hints.join(' ') || `\`oto-bridge runs show ${run.id}\` shows it.`,
  };
}

/** A whole run that read something and found nothing amiss: what an earlier one complained of is mended. */
function isClean({ filter = {} }: Asked, { status, outcome, counts }: Run): boolean {
  const { rejected = 0, quarantined = 0, refused = 0, parked = 0 } = counts;
  const read = outcome === 'changed' || outcome === 'unchanged';
  return status === 'done' && isWhole(filter) && read && rejected + quarantined + refused + parked === 0;
}

/** One alarm a rule, however many changes it holds; it is over when nothing is held by it any more. */
async function noticeHeld({ db }: Bridge, { flow, started_at }: Run): Promise<void> {
  const held = await heldByRule(db, flow, started_at);
  for (const { rule, count, fresh } of held) {
    if (fresh === 0) continue;
    await renewAlarm(db, {
      kind: 'quarantine',
      subject: `${flow}/${rule}`,
      message: `${counted(count, 'change', 'changes')} of ${flow} ${count === 1 ? 'is' : 'are'} held back by the rule ${rule}${fresh < count ? `, ${fresh} of them for the first time` : ''}. The rest goes on.`,
      hint: `\`oto-bridge quarantine list --flow ${flow} --rule ${rule}\` shows them with their reasons; \`quarantine approve\` lets them go with the next run, \`quarantine reject\` keeps them back.`,
    });
  }
  await clearSettled(db);
}
