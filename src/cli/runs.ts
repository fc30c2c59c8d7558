import type { Command } from 'commander';
import { engineErrors } from '../engine/errors.ts';
import { BridgeError } from '../lib/errors.ts';
import { type Plan, planOfRun } from '../store/plans.ts';
import { getRun, listRuns } from '../store/runs.ts';
import { listRejects, listSnapshots, type Snapshot, type StoredReject } from '../store/snapshots.ts';
import { type CommonOptions, common, flowName, wholeNumber, withApp, withFooter } from './frame.ts';
import { moment, print, table } from './output.ts';
import { planJson } from './plan.ts';
import { runJson, runText } from './run-result.ts';

interface RunsOptions extends CommonOptions {
  readonly flow?: string;
  readonly limit?: string;
}

export function registerRuns(program: Command): void {
  const group = withFooter(program.command('runs')).summary('what ran, and what came of it');

  common(group.command('list'))
    .summary('list runs, newest first')
    .option('--flow <flow>', 'only this flow')
    .option('--limit <n>', 'at most this many', '30')
    .addHelpText('after', '\nExample:\n  oto-bridge runs list --flow stock')
    .action(async (options: RunsOptions) => {
      const flow = options.flow === undefined ? null : flowName(options.flow);
      const { rows, timezone } = await withApp(options, async (app) => ({
        rows: await listRuns(app.bridge.db, flow, wholeNumber(options.limit ?? '30', 'limit')),
        timezone: app.bridge.config.timezone,
      }));
      print(options.json === true, { runs: rows.map(runJson) }, () =>
        rows.length === 0
          ? 'No runs yet.'
          : table(
              ['run', 'flow', 'started', 'by', 'status', 'outcome', 'read', 'planned', 'landed'],
              rows.map((row) => [
                row.id,
                row.flow,
                moment(row.started_at, timezone),
                row.trigger,
                row.status,
                row.outcome,
                row.counts.read ?? 0,
                row.counts.planned ?? 0,
                row.counts.landed ?? 0,
              ]),
            ),
      );
    });

  common(group.command('show <run>'))
    .summary('one run: counts, what it read, every rejected row')
    .option('--limit <n>', 'how many rejected rows to show', '50')
    .addHelpText('after', '\nExample:\n  oto-bridge runs show 12 --limit 500')
    .action(async (text: string, options: RunsOptions) => {
      const id = wholeNumber(text, 'run number');
      const { run, snapshots, rejects, plan } = await withApp(options, async (app) => {
        const found = await getRun(app.bridge.db, id);
        if (found === undefined) {
          throw new BridgeError(engineErrors.NOT_FOUND, {
            message: `There is no run ${id}.`,
            hint: '`oto-bridge runs list` shows the newest.',
          });
        }
        return {
          run: found,
          plan: await planOfRun(app.bridge.db, id),
          snapshots: await listSnapshots(app.bridge.db, id),
          rejects: await listRejects(app.bridge.db, { runId: id, limit: wholeNumber(options.limit ?? '50', 'limit') }),
        };
      });
      print(
        options.json === true,
        {
          ...runJson(run),
          plan: plan === undefined ? null : planJson(plan),
          snapshots: snapshots.map(snapshotJson),
          rejects: rejects.map(rejectJson),
        },
        () =>
          [runText(run), plan === undefined ? '' : planText(plan), ...snapshots.map(snapshotText), rejectTable(rejects)]
            .filter((part) => part !== '')
            .join('\n\n'),
      );
    });
}

function planText(plan: Plan): string {
  return `Plan ${plan.id}, ${plan.status}: ${plan.counts.items ?? 0} items, ${plan.counts.held ?? 0} held. \`oto-bridge plan show ${plan.id}\` lists them.`;
}

function snapshotJson(snapshot: Snapshot): Record<string, unknown> {
  return {
    id: snapshot.id,
    source: snapshot.source,
    entity: snapshot.entity,
    status: snapshot.status,
    asOf: snapshot.as_of?.toISOString() ?? null,
    completeness: snapshot.completeness,
    rows: snapshot.rows,
    rejects: snapshot.rejects,
    ignored: snapshot.ignored,
    checksum: snapshot.checksum,
    description: snapshot.description,
    problem: snapshot.problem,
    startedAt: snapshot.started_at.toISOString(),
    finishedAt: snapshot.finished_at?.toISOString() ?? null,
  };
}

function snapshotText(snapshot: Snapshot): string {
  return [
    `Read ${snapshot.id}: ${snapshot.entity} from "${snapshot.source}", ${snapshot.status}${snapshot.problem === null ? '' : `: ${snapshot.problem}`}`,
    `  ${snapshot.rows} rows, ${snapshot.rejects} rejected, ${snapshot.ignored} ignored · true at ${snapshot.as_of?.toISOString() ?? '?'} · ${snapshot.completeness ?? ''}`,
    ...(snapshot.description === null ? [] : [`  ${snapshot.description}`]),
  ].join('\n');
}

function rejectJson(reject: StoredReject): Record<string, unknown> {
  const { entity, key, file, line, column_name: column, value, reason } = reject;
  return { entity, key, file, line, column, value, reason };
}

function rejectTable(rejects: readonly StoredReject[]): string {
  return table(
    ['entity', 'file', 'line', 'column', 'value', 'reason'],
    rejects.map((row) => [row.entity, row.file, row.line, row.column_name, (row.value ?? '').slice(0, 40), row.reason]),
  );
}
