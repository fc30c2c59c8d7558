import type { Command } from 'commander';
import type { App } from '../app.ts';
import { engineErrors } from '../engine/errors.ts';
import { requireOpenPlan, whyStale } from '../engine/plan.ts';
import { runFlow } from '../engine/run.ts';
import { workWhereNobodyDoes } from '../engine/work.ts';
import { flows } from '../flows/index.ts';
import { BridgeError } from '../lib/errors.ts';
import {
  getPlan,
  listPlans,
  type Plan,
  type PlanItem,
  planItems,
  setPlanStatus,
  summarisePlan,
} from '../store/plans.ts';
import { type CommonOptions, common, type ExitCode, flowName, knownLocation, wholeNumber, withApp } from './frame.ts';
import { moment, print, table } from './output.ts';
import { exitOf, resultJson, runText } from './run-result.ts';

interface PlanOptions extends CommonOptions {
  readonly sku?: string;
  readonly location?: string;
  readonly limit?: string;
  readonly flow?: string;
  readonly note?: string;
}

const shownItems = 20;

export function registerPlan(program: Command, exit: (code: ExitCode) => void): void {
  const plan = common(program.command('plan [what] [id]'))
    .summary('show what a flow would do; or plan list | show ID | reject ID')
    .description(
      '`plan FLOW` reads both sides and stores what would be sent. Nothing is sent. Exit code 0: nothing to do; 2: changes; 1: error.',
    )
    .option('--sku <sku>', 'only this SKU')
    .option('--location <code>', 'only this OTO location')
    .option('--limit <n>', 'how many items to show', String(shownItems))
    .option('--flow <flow>', 'with `list`: only plans of this flow')
    .option('--note <text>', 'with `reject`: why')
    .addHelpText(
      'after',
      '\nExamples:\n  oto-bridge plan stock\n  oto-bridge plan list --flow stock\n  oto-bridge plan show 12 --limit 100\n  oto-bridge plan reject 12 --note "wrong export"',
    );
  plan.action(async (what: string | undefined, id: string | undefined, options: PlanOptions) => {
    if (what === 'list') return list(options);
    if (what === 'show') return show(wholeNumber(id ?? '', 'plan number'), options);
    if (what === 'reject') return reject(wholeNumber(id ?? '', 'plan number'), options);
    return make(what ?? '', options);
  });

  async function make(what: string, options: PlanOptions): Promise<void> {
    const name = flowName(what);
    const limit = wholeNumber(options.limit ?? String(shownItems), 'number of items');
    const { result, view } = await withApp(options, async (app, signal, progress) => {
      await app.requireAccount();
      const made = await runFlow(app.bridge, flows[name], {
        mode: 'plan',
        trigger: 'plan',
        filter: { sku: options.sku, location: knownLocation(app.bridge.config, options.location) },
        progress,
        signal,
      });
      return { result: made, view: made.plan === undefined ? undefined : await viewOf(app, made.plan, limit) };
    });
    print(options.json === true, { ...resultJson(result), plan: view?.json ?? null }, () =>
      [view?.text ?? '', runText(result.run)].filter((text) => text !== '').join('\n\n'),
    );
    const failed = result.run.status === 'failed' || result.run.status === 'busy';
    exit(failed ? 1 : (view?.changes ?? 0) > 0 || exitOf(result.run) === 2 ? 2 : 0);
  }

  async function list(options: PlanOptions): Promise<void> {
    const flow = options.flow === undefined ? null : flowName(options.flow);
    const { plans, timezone } = await withApp(options, async (app) => ({
      plans: await listPlans(app.bridge.db, flow, 50),
      timezone: app.bridge.config.timezone,
    }));
    print(options.json === true, { plans: plans.map(planJson) }, () =>
      plans.length === 0
        ? 'No plans yet.'
        : table(
            ['plan', 'flow', 'status', 'items', 'held', 'made', 'why'],
            plans.map((row) => [
              row.id,
              row.flow,
              row.status,
              row.counts.items ?? 0,
              row.counts.held ?? 0,
              moment(row.created_at, timezone),
              row.why,
            ]),
          ),
    );
  }

  async function show(id: number, options: PlanOptions): Promise<void> {
    const limit = wholeNumber(options.limit ?? String(shownItems), 'number of items');
    const view = await withApp(options, async (app) => {
      const found = await getPlan(app.bridge.db, id);
      if (found === undefined) {
        throw new BridgeError(engineErrors.PLAN_UNKNOWN, {
          message: `There is no plan ${id}.`,
          hint: '`oto-bridge plan list` shows those that there are.',
        });
      }
      return viewOf(app, found, limit);
    });
    print(options.json === true, view.json, () => view.text);
  }

  async function reject(id: number, options: PlanOptions): Promise<void> {
    const rejected = await withApp(options, async (app) => {
      await requireOpenPlan(app.bridge, id);
      return setPlanStatus(app.bridge.db, id, 'rejected', app.bridge.who, options.note ?? null);
    });
    print(options.json === true, planJson(rejected), () => `Plan ${id} is rejected. Nothing of it will be sent.`);
  }
}

export function registerApply(program: Command, exit: (code: ExitCode) => void): void {
  common(program.command('apply <plan>'))
    .summary('send a stored plan')
    .description(
      'Reads the figures of the plan again, drops and shows what has moved since, and sends the rest. Applying is the approval.',
    )
    .addHelpText('after', '\nExample:\n  oto-bridge apply 12')
    .action(async (text: string, options: CommonOptions) => {
      const id = wholeNumber(text, 'plan number');
      const result = await withApp(options, async (app, signal, progress) => {
        await app.requireAccount();
        const plan = await requireOpenPlan(app.bridge, id);
        const worker = workWhereNobodyDoes(app.bridge);
        try {
          return await runFlow(app.bridge, flows[flowName(plan.flow)], {
            mode: { applyPlan: id },
            trigger: plan.filter.undoes === undefined ? 'command' : 'undo',
            filter: plan.filter,
            progress,
            signal,
            onWait: worker.onWait,
          });
        } finally {
          await worker.stop();
        }
      });
      const moved = (result.applied?.moved ?? []).map(({ item, why }) => ({
        sku: item.sku,
        location: item.location,
        from: item.from,
        to: item.to,
        why,
      }));
      print(options.json === true, { ...resultJson(result), moved }, () => runText(result.run));
      exit(exitOf(result.run));
    });
}

export function planJson(plan: Plan): Record<string, unknown> {
  return {
    id: plan.id,
    flow: plan.flow,
    status: plan.status,
    counts: plan.counts,
    snapshot: plan.snapshot_id,
    filter: plan.filter,
    why: plan.why,
    createdAt: plan.created_at.toISOString(),
    decidedAt: plan.decided_at?.toISOString() ?? null,
    decidedBy: plan.decided_by,
  };
}

/** A plan as it is printed, with its first items. */
export async function viewOf(app: App, plan: Plan, limit: number) {
  const { db } = app.bridge;
  const summary = await summarisePlan(db, plan.id);
  const items: PlanItem[] = [];
  for await (const portion of planItems(db, plan.id, { portion: Math.max(limit, 1) })) {
    items.push(...portion.slice(0, limit));
    break;
  }
  const fresh = (await getPlan(db, plan.id)) ?? plan;
  const stale = fresh.status === 'proposed' ? await whyStale(app.bridge, fresh) : undefined;
  const count = (...held: (string | null)[]) =>
    summary.filter((row) => held.includes(row.held)).reduce((sum, row) => sum + row.count, 0);
  const [sendable, unadopted] = [count(null), count('not-adopted')];
  const changes = sendable + unadopted;
  const json = {
    ...planJson(fresh),
    stale: stale ?? null,
    changes,
    summary,
    items: items.map((item) => ({
      action: item.action,
      key: item.key,
      sku: item.sku,
      location: item.location,
      document: item.document_id,
      from: item.from,
      to: item.to,
      held: item.held,
      outcome: item.outcome,
      detail: item.detail,
    })),
  };
  const lines = [
    `Plan ${fresh.id} of ${fresh.flow}, ${fresh.status}${stale === undefined ? '' : ` (stale: ${stale})`}`,
  ];
  if (summary.length === 0) lines.push('  Nothing to do.');
  else {
    lines.push(
      indent(
        table(
          ['location', 'action', 'count', 'held by'],
          summary.map((row) => [row.location ?? '', row.action, row.count, row.held ?? '']),
        ),
      ),
    );
    lines.push(
      '',
      indent(table(['action', 'SKU or document', 'location', 'from', 'to', 'held by'], items.map(itemRow))),
    );
    const total = summary.reduce((sum, row) => sum + row.count, 0);
    if (total > items.length)
      lines.push(`  … ${total - items.length} more: \`oto-bridge plan show ${fresh.id} --limit ${total}\``);
    if (fresh.status === 'proposed' && stale === undefined) {
      if (unadopted > 0)
        lines.push(
          '',
          `  ${unadopted} of it wait until their starting state is accepted: \`oto-bridge adopt ${fresh.flow}\`.`,
        );
      if (sendable > 0) lines.push('', `  Send it with \`oto-bridge apply ${fresh.id}\`.`);
    }
  }
  return { json, text: lines.join('\n'), changes };
}

function itemRow(item: PlanItem) {
  const name = item.sku ?? (typeof item.detail.number === 'string' ? item.detail.number : item.key);
  return [item.action, name, item.location, item.from ?? '', item.to, item.held];
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}
