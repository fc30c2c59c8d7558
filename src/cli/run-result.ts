import type { RunResult } from '../engine/run.ts';
import { formatDuration } from '../lib/time.ts';
import { countNames, type Run } from '../store/runs.ts';
import type { ExitCode } from './frame.ts';

/** The JSON of `sync`: the contract with whoever calls the command from a script. */
export function runJson(run: Run): Record<string, unknown> {
  return {
    run: run.id,
    flow: run.flow,
    status: run.status,
    outcome: run.outcome,
    counts: Object.fromEntries(countNames.map((name) => [name, run.counts[name] ?? 0])),
    startedAt: run.started_at.toISOString(),
    finishedAt: run.finished_at?.toISOString() ?? null,
    ...measuresJson(run),
    notes: run.notes,
    ...(run.error === null ? {} : { error: run.error }),
  };
}

/** Of a run that set stock figures: how old they were when OTO had them, and for how long before nobody looked at OTO. */
function measuresJson({ notes }: Run): Record<string, unknown> {
  const { seconds, windowMs } = notes.find((note) => note.kind === 'lag') ?? {};
  return {
    ...(seconds === undefined ? {} : { lagSeconds: seconds }),
    ...(windowMs === undefined ? {} : { windowMs }),
  };
}

export function resultJson({ run, plan }: RunResult): Record<string, unknown> {
  return { ...runJson(run), ...(plan === undefined ? {} : { plan: plan.id }) };
}

/** 0 done; 2 done, or stopped, and something new needs a person; 1 failed. */
export function exitOf(run: Run): ExitCode {
  if (run.status === 'failed' || run.status === 'busy') return 1;
  if (run.status === 'blocked') return 2;
  return run.outcome === 'needs-person' ? 2 : 0;
}

export function runText(run: Run): string {
  const counts = countNames
    .map((name) => [name, run.counts[name] ?? 0] as const)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`);
  const took =
    run.finished_at === null ? '' : `, ${formatDuration(run.finished_at.getTime() - run.started_at.getTime())}`;
  const lines = [
    `${run.flow}: ${run.status}${run.outcome === null ? '' : ` (${run.outcome})`}${run.id === 0 ? '' : `, run ${run.id}`}${took}`,
  ];
  if (counts.length > 0) lines.push(`  ${counts.join(' · ')}`);
  for (const note of run.notes) {
    lines.push(`  ${note.new ? '!' : '-'} ${note.message}`);
    if (note.hint !== undefined && note.new) lines.push(`    ${note.hint}`);
  }
  if (run.error !== null) {
    const { code, message, hint } = run.error as { code?: string; message?: string; hint?: string };
    lines.push(`  Error ${code}: ${message}`);
    if (hint !== undefined) lines.push(`    ${hint}`);
  }
  return lines.join('\n');
}
