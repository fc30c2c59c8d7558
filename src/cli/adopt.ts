import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { App } from '../app.ts';
import type { FlowName } from '../config/schema.ts';
import { unadopted } from '../engine/adoption.ts';
import type { Progress } from '../engine/progress.ts';
import { runFlow } from '../engine/run.ts';
import { flows } from '../flows/index.ts';
import { adopt } from '../store/adoptions.ts';
import { type PlanSummary, summarisePlan } from '../store/plans.ts';
import { type CommonOptions, common, type ExitCode, flowName, knownLocation, withApp } from './frame.ts';
import { print, table } from './output.ts';

interface AdoptOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly account?: boolean;
  readonly location?: string;
}

export interface Adopted {
  readonly flow: string;
  readonly locations: readonly string[];
  readonly adopted: boolean;
  readonly plan: number | null;
  readonly summary: readonly PlanSummary[];
  readonly problem: unknown;
}

export function registerAdopt(program: Command, exit: (code: ExitCode) => void): void {
  common(program.command('adopt [flow]'))
    .summary('accept the starting state of a flow, or of all')
    .description(
      'Before a flow may send anything for a location, a person has to see what it would do and accept it. Shows the first plan and, after a yes, stores the baseline.',
    )
    .option('-y, --yes', 'accept without asking: for scripts')
    .option('--location <code>', 'only this OTO location')
    .option('--account', 'accept that the token opens another account than before')
    .addHelpText('after', '\nExamples:\n  oto-bridge adopt stock\n  oto-bridge adopt --yes')
    .action(async (flow: string | undefined, options: AdoptOptions) => {
      const names = flow === undefined ? undefined : [flowName(flow)];
      const done = await withApp(options, async (app, signal, progress) => {
        knownLocation(app.bridge.config, options.location);
        await app.requireAccount({ accept: options.account === true });
        const results: Adopted[] = [];
        for (const name of names ?? (Object.keys(flows) as FlowName[])) {
          if (app.bridge.config.flows[name] === undefined) continue;
          const open = (await unadopted(app.bridge, flows[name])).filter(
            (code) => options.location === undefined || code === options.location,
          );
          if (open.length === 0) continue;
          const shown = await preview(app, name, open, progress, signal);
          const yes = shown.problem === null && (options.yes === true || (await ask(options, shown)));
          results.push(yes ? await accept(app, shown) : shown);
        }
        return results;
      });
      print(options.json === true, { adopted: done }, () =>
        done.length === 0 ? 'Everything is adopted already.' : done.map(adoptedText).join('\n\n'),
      );
      exit(done.some((one) => one.problem !== null) ? 1 : done.every((one) => one.adopted) ? 0 : 2);
    });
}

/** What a flow would do at the locations that are not adopted yet. */
async function preview(
  app: App,
  name: FlowName,
  locations: readonly string[],
  progress: Progress,
  signal: AbortSignal,
): Promise<Adopted> {
  const { run, plan } = await runFlow(app.bridge, flows[name], { mode: 'plan', trigger: 'adopt', progress, signal });
  const summary = plan === undefined ? [] : await summarisePlan(app.bridge.db, plan.id);
  const problem =
    run.status === 'failed' || run.status === 'busy' ? (run.error ?? run.notes[0]?.message ?? run.status) : null;
  return { flow: name, locations, adopted: false, plan: plan?.id ?? null, summary, problem };
}

async function accept(app: App, shown: Adopted): Promise<Adopted> {
  await app.bridge.db.tx(async (tx) => {
    for (const location of shown.locations) {
      const baseline = {
        plan: shown.plan,
        changes: shown.summary.filter((row) => location === '*' || row.location === location),
      };
      await adopt(tx, { flow: shown.flow, location, by: app.bridge.who, baseline });
    }
  });
  return { ...shown, adopted: true };
}

/** Adopts every flow without looking: for the demo, whose account is empty and whose operator is the demo itself. */
export async function adoptAll(app: App): Promise<void> {
  for (const name of Object.keys(flows) as FlowName[]) {
    if (app.bridge.config.flows[name] === undefined) continue;
    const locations = await unadopted(app.bridge, flows[name]);
    await accept(app, { flow: name, locations, adopted: false, plan: null, summary: [], problem: null });
  }
}

async function ask(options: AdoptOptions, shown: Adopted): Promise<boolean> {
  if (options.json === true || process.stdin.isTTY !== true) return false;
  process.stderr.write(`${planText(shown)}\n`);
  const readline = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await readline.question(`Accept this as the starting state of ${shown.flow}? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    readline.close();
  }
}

function adoptedText(one: Adopted): string {
  if (one.problem !== null) return planText(one);
  const next = one.adopted
    ? `The next \`oto-bridge sync ${one.flow}\` sends it.`
    : 'Nothing is sent before it is adopted: repeat with --yes.';
  return `${planText(one)}\n  ${next}`;
}

function planText(one: Adopted): string {
  const places = one.locations.filter((code) => code !== '*');
  const title = `${one.flow}${places.length > 0 ? ` at ${places.join(', ')}` : ''}: ${one.adopted ? 'adopted' : one.problem === null ? 'not adopted' : 'cannot be planned'}`;
  if (one.problem !== null)
    return `${title}\n  ${typeof one.problem === 'string' ? one.problem : JSON.stringify(one.problem)}`;
  const rows = one.summary.map((row) => [
    row.location ?? '',
    row.action,
    row.count,
    row.held === 'not-adopted' ? '' : (row.held ?? ''),
  ]);
  const body =
    rows.length === 0
      ? '  It would do nothing.'
      : table(['location', 'action', 'count', 'held by'], rows).replace(/^/gm, '  ');
  return `${title}\n${body}`;
}
