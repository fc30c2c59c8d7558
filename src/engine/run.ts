import type { FlowName } from '../config/schema.ts';
import { BridgeError, isBridgeError, messageOf } from '../lib/errors.ts';
import { within } from '../lib/log.ts';
import { joinSignals } from '../lib/signals.ts';
import { counted } from '../lib/text.ts';
import { systemClock } from '../lib/time.ts';
import { clearAlarm, raiseAlarm } from '../store/alarms.ts';
import { isConnectionError } from '../store/db.ts';
import { takeOver } from '../store/operation-claims.ts';
import { listPauses } from '../store/pauses.ts';
import { getPlan, type Plan, setPlanCounts, summarisePlan } from '../store/plans.ts';
import {
  finishRun,
  getRun,
  noCounts,
  type Run,
  type RunNote,
  type RunOutcome,
  runningRun,
  type Signs,
  startRun,
} from '../store/runs.ts';
import { unadopted } from './adoption.ts';
import { type Applied, apply } from './apply.ts';
import { type Bridge, type Flow, isWhole, type PlanOutcome, type RunContext, type RunFilter } from './context.ts';
import { engineErrors } from './errors.ts';
import { measure } from './measure.ts';
import { noteMissed } from './overdue.ts';
import { requireOpenPlan, whyStale } from './plan.ts';
import { type Progress, quiet } from './progress.ts';
import { reportRun } from './report.ts';
import { keepLock, type RunLock, runLost } from './run-lock.ts';
import { completeSigns, judgeSigns } from './signs.ts';
import { waitForOperations } from './wait.ts';

export interface RunOptions {
  /** `sync`: plan and apply. `plan`: stop before anything is sent. A number: apply that stored plan. */
  readonly mode: 'sync' | 'plan' | { readonly applyPlan: number };
  readonly trigger: string;
  readonly filter?: RunFilter;
  readonly progress?: Progress;
  readonly signal: AbortSignal;
  /** Called when the run may begin, before it looks at anything: what is asked for from now on needs another run. */
  readonly onStart?: (() => void) | undefined;
  /** Called while the run waits for its operations: `sync` works them itself where no worker runs. */
  readonly onWait?: (() => Promise<void>) | undefined;
}

export interface RunResult {
  readonly run: Run;
  readonly plan?: Plan | undefined;
  readonly applied?: Applied | undefined;
}

/** Runs a flow once. One run per flow and source at a time, over all processes: a second says who holds it. */
export async function runFlow(bridge: Bridge, flow: Flow, options: RunOptions): Promise<RunResult> {
  const settings = bridge.config.flows[flow.name as FlowName];
  if (settings === undefined || !settings.enabled) {
    throw new BridgeError(engineErrors.FLOW_OFF, {
      message: `The flow "${flow.name}" is ${settings === undefined ? 'not configured' : 'switched off'}.`,
      hint: `Add flows.${flow.name} to the configuration${settings === undefined ? '' : ', or set its `enabled` to true'}.`,
    });
  }
  const source = flow.source(bridge.config);
  const key = `run/${flow.name}/${source ?? ''}`;
  const first = await bridge.db.lock(key);
  if (first === null) return busy(bridge, flow, source, options);
  let lock: Pick<RunLock, 'release'> = first;
  try {
    options.onStart?.();
    const { now, who } = bridge;
    // By the database's clock, as all that is compared with it; a simulated one has no other.
    const startedAt = now === systemClock ? undefined : new Date(now());
    const run = await startRun(bridge.db, {
      flow: flow.name,
      source,
      trigger: options.trigger,
      holder: who,
      startedAt,
    });
    const kept = keepLock(bridge, key, first, run);
    lock = kept;
    using ends = joinSignals(options.signal, kept.lost);
    const { signal } = ends;
    return await within({ run: run.id, flow: flow.name, source }, async () => {
      const result = await execute(bridge, flow, run, { ...options, signal });
      await reportRun(bridge, options, result);
      return result;
    });
  } finally {
    await lock.release();
  }
}

async function busy(bridge: Bridge, flow: Flow, source: string | null, options: RunOptions): Promise<RunResult> {
  const holder = await runningRun(bridge.db, flow.name, source);
  const now = new Date(bridge.now());
  const run: Run = {
    id: holder?.id ?? 0,
    flow: flow.name,
    source,
    trigger: options.trigger,
    holder: holder?.holder ?? 'another process',
    status: 'busy',
    outcome: null,
    counts: {},
    notes: [
      {
        kind: 'busy',
        message: `The flow "${flow.name}" is running already: run ${holder?.id ?? '?'} of ${holder?.holder ?? 'another process'}, since ${holder?.started_at.toISOString() ?? 'a moment ago'}.`,
        hint: 'Wait for it, or look at it with `oto-bridge status`.',
        new: false,
      },
    ],
    error: null,
    started_at: now,
    finished_at: now,
  };
  return { run };
}

async function execute(bridge: Bridge, flow: Flow, run: Run, options: RunOptions): Promise<RunResult> {
  const { db } = bridge;
  const tally = noCounts();
  const notes: RunNote[] = [];
  const context: RunContext = {
    ...bridge,
    run,
    filter: options.filter ?? {},
    progress: options.progress ?? quiet,
    signal: options.signal,
    tally,
    notes,
    note: (note) => notes.push(note),
    signs: new Map(),
  };
  let plan: Plan | undefined;
  let applied: Applied | undefined;
  try {
    const paused = (await listPauses(db)).find((pause) => pause.scope === 'flow' && pause.name === flow.name);
    if (paused !== undefined && options.mode !== 'plan') {
      notes.push({
        kind: 'paused',
        message: `The flow "${flow.name}" was paused by ${paused.paused_by}: ${paused.reason}.`,
        hint: `\`oto-bridge resume ${flow.name}\` lets it run again.`,
        new: true,
      });
      return { run: await finish('blocked', 'needs-person') };
    }
    // What an earlier run left unsettled is this run's to finish and to report.
    const leftovers = options.mode === 'plan' ? 0 : await takeOver(db, flow.name, run.id);
    let planned: PlanOutcome;
    if (typeof options.mode === 'object') {
      plan = await requireOpenPlan(bridge, options.mode.applyPlan);
      const stale = await whyStale(bridge, plan);
      if (stale !== undefined) {
        throw new BridgeError(engineErrors.PLAN_STALE, {
          message: `Plan ${plan.id} is stale: ${stale}. Nothing was sent.`,
          hint: `Make a new one with \`oto-bridge plan ${flow.name}\`.`,
        });
      }
      planned = { kind: 'planned', planId: plan.id };
    } else {
      planned = await flow.plan(context);
    }
    if (planned.kind === 'empty') {
      throw new BridgeError(engineErrors.SOURCE_EMPTY, {
        message: `The ${flow.name} of "${flow.source(bridge.config)}" are empty: not one row. Nothing was changed in OTO.`,
        hint: 'An empty export is taken for a fault, never for an empty warehouse. Let the ERP export again.',
      });
    }
    // A plan of what was read earlier says nothing of what the source has now.
    if (typeof options.mode !== 'object' && context.filter.undoes === undefined)
      await clearAlarm(db, 'source-empty', flow.name);
    if (planned.kind === 'nothing-new') {
      const settled = leftovers === 0 || (await waitForOperations(context, leftovers, options.onWait));
      if (!settled) return { run: await finish('blocked', 'needs-person') };
      return { run: await finish('done', ending(tally.landed > 0 ? 'changed' : 'nothing-new')) };
    }

    plan = await getPlan(db, planned.planId);
    if (plan === undefined) throw new Error(`plan ${planned.planId} is gone`);
    const summary = await summarisePlan(db, plan.id);
    const sum = (rows: typeof summary) => rows.reduce((total, row) => total + row.count, 0);
    const notAdopted = summary.filter((row) => row.held === 'not-adopted');
    const quarantined = summary.filter(
      (row) =>
        row.held !== null &&
        !['not-adopted', 'rejected', 'sold-since', 'refused', 'waiting', 'awaits-stock', 'newer-documents'].includes(
          row.held,
        ),
    );
    tally.planned = sum(summary);
    tally.quarantined += sum(quarantined);
    await setPlanCounts(db, plan.id, { items: tally.planned, held: sum(summary.filter((row) => row.held !== null)) });
    if (sum(notAdopted) > 0 && options.mode !== 'plan') {
      const where = (await unadopted(bridge, flow)).filter((code) => code !== '*');
      notes.push({
        kind: 'not-adopted',
        message: `${counted(sum(notAdopted), 'change was', 'changes were')} not sent: the starting state of ${flow.name}${where.length > 0 ? ` at ${where.join(', ')}` : ''} has not been adopted.`,
        hint: `Look at it with \`oto-bridge plan ${flow.name}\`, then accept it with \`oto-bridge adopt ${flow.name}\`.`,
        new: true,
        count: sum(notAdopted),
      });
    }
    if (options.mode === 'plan') {
      return { run: await finish('done', ending(tally.planned > 0 ? 'changed' : 'unchanged')), plan };
    }
    applied = await apply(context, flow, plan, { recheck: typeof options.mode === 'object' });
    for (const { item, why } of applied.moved) {
      notes.push({
        kind: 'moved',
        message: `${item.sku ?? item.key}${item.location === null ? '' : ` at ${item.location}`} was dropped: ${why}.`,
        new: true,
      });
    }
    const settled = await waitForOperations(context, applied.operations + leftovers, options.onWait);
    if (sum(notAdopted) > 0 && applied.operations === 0)
      return { run: await finish('blocked', 'needs-person'), plan, applied };
    if (!settled) return { run: await finish('blocked', 'needs-person'), plan, applied };
    await measure(context);
    const news = context.notes.some((note) => note.kind === 'packing');
    return { run: await finish('done', ending(tally.landed > 0 || news ? 'changed' : 'unchanged')), plan, applied };
  } catch (thrown) {
    const error = reasonOf(thrown, flow, options.signal);
    const bridgeError = isBridgeError(error);
    const report = bridgeError ? error.toJSON() : { code: 'INTERNAL', message: messageOf(error) };
    if (bridgeError && error.code === 'SOURCE_EMPTY') {
      await raiseAlarm(db, {
        kind: 'source-empty',
        subject: flow.name,
        message: error.message,
        hint: error.hint,
      }).catch(() => undefined);
    }
    if (!bridgeError)
      bridge.log.error({ err: error }, 'the run broke off: this is a fault of the bridge or of a connector');
    const outcome = bridgeError && error.code === 'SOURCE_EMPTY' ? 'empty' : null;
    const end = { status: 'failed', outcome, counts: tally, notes, error: report } as const;
    const failed = await db.withReconnect(() => finishRun(db, run.id, end));
    return { run: failed ?? { ...run, ...end, finished_at: new Date(bridge.now()) }, plan, applied };
  }

  /** What came of the run, where nothing asks for a person. */
  function ending(outcome: RunOutcome): RunOutcome {
    return notes.some((note) => note.new) || tally.parked > 0 || tally.refused > 0 ? 'needs-person' : outcome;
  }

  /** What this run has brought: of a whole flow only, and what was planned earlier has been read earlier. */
  async function signsOf(): Promise<Signs | undefined> {
    if (options.mode === 'plan' || !isWhole(context.filter)) return undefined;
    if (typeof options.mode === 'object') return tally.landed > 0 ? new Map([['landed', tally.landed]]) : undefined;
    await db.withReconnect(() => completeSigns(context));
    notes.push(...(await db.withReconnect(() => judgeSigns(context))));
    await db.withReconnect(() => noteMissed(context));
    return context.signs;
  }

  async function finish(status: 'done' | 'blocked', outcome: RunOutcome): Promise<Run> {
    const signs = status === 'done' ? await signsOf() : undefined;
    // Asked again when its answer got lost, a commit may find its own work done.
    const end = { status, outcome: status === 'done' ? ending(outcome) : outcome, counts: tally, notes, signs };
    const done = await db.withReconnect(async () => (await finishRun(db, run.id, end)) ?? (await getRun(db, run.id)));
    if (done?.status !== status) throw runLost(flow.name, 'another process has run the flow meanwhile');
    return done;
  }
}

/** Why a run failed: what ended it from outside says more than the wait or the query that it broke off. */
function reasonOf(thrown: unknown, flow: Flow, signal: AbortSignal): unknown {
  if (signal.aborted && isBridgeError(signal.reason)) return signal.reason;
  // A process that froze finds its job in other hands: that is no fault of the bridge.
  if (signal.aborted && !isBridgeError(thrown)) return runLost(flow.name, messageOf(signal.reason), thrown);
  return isBridgeError(thrown) || !isConnectionError(thrown) ? thrown : runLost(flow.name, messageOf(thrown), thrown);
}
