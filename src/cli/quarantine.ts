import type { Command } from 'commander';
import { approve, reject } from '../engine/approve.ts';
import { BridgeError } from '../lib/errors.ts';
import { counted } from '../lib/text.ts';
import {
  groupQuarantine,
  listQuarantine,
  type Quarantine,
  type QuarantineFilter,
  type QuarantineGroup,
} from '../store/quarantines.ts';
import { cliErrors } from './errors.ts';
import { type CommonOptions, common, type ExitCode, flowName, wholeNumber, withApp, withFooter } from './frame.ts';
import { print } from './output.ts';
import { decisionText, filterText, groupsText, rowsText } from './quarantine-text.ts';

interface FilterOptions extends CommonOptions {
  readonly flow?: string;
  readonly rule?: string;
  readonly location?: string;
  readonly group?: string;
  readonly sku?: string;
  readonly run?: string;
  readonly rejected?: boolean;
}

interface ListOptions extends FilterOptions {
  readonly all?: boolean;
  readonly each?: boolean;
  readonly limit?: string;
}

interface DecideOptions extends FilterOptions {
  readonly yes?: boolean;
  readonly expect?: string;
  readonly note?: string;
  readonly as?: string;
}

/** So few are shown one by one unasked. */
const few = 12;

export function registerQuarantine(program: Command, exit: (code: ExitCode) => void): void {
  const group = withFooter(program.command('quarantine')).summary('what is held back, and why');

  filters(common(group.command('list')))
    .summary('list what is held back')
    .description('Many rows are shown by rule and place, with a few of each; --each, or a SKU, shows them one by one.')
    .option('--all', 'also what was decided or has explained itself')
    .option('--each', 'every row')
    .option('--limit <n>', 'at most so many rows one by one (default: 200, with --json 10000)')
    .addHelpText(
      'after',
      '\nExamples:\n  oto-bridge quarantine list\n  oto-bridge quarantine list --rule zero-share --location RUH1 --each',
    )
    .action(async (options: ListOptions) => {
      const json = options.json === true;
      const filter: QuarantineFilter = {
        ...filterOf(options),
        ...(options.all === true ? { states: ['held', 'approved', 'rejected', 'released'] } : {}),
      };
      const limit = wholeNumber(options.limit ?? (json ? '10000' : '200'), 'limit');
      const { rows, groups, timezone } = await withApp(options, async (app) => ({
        groups: await groupQuarantine(app.bridge.db, filter),
        rows: await listQuarantine(app.bridge.db, { ...filter, limit }),
        timezone: app.bridge.config.timezone,
      }));
      const total = totalOf(groups);
      print(json, { total, groups: groups.map(groupJson), quarantine: rows.map(quarantineJson) }, () => {
        if (total === 0) return options.rejected === true ? 'No rejection stands.' : 'Nothing is held back.';
        const one = groups.length === 1 && options.rule !== undefined;
        if (options.each === true || options.all === true || options.sku !== undefined || one || total <= few) {
          const left = total - rows.length;
          return [
            rowsText(rows, timezone),
            ...(left > 0 ? [`… and ${left} more: --limit ${total} shows all ${total}.`] : []),
            ...(rows.some((row) => row.state === 'held') ? [one ? decideText(filter) : howToDecide] : []),
          ].join('\n\n');
        }
        return `${titleOf(total, options)}\n\n${groupsText(groups, timezone)}\n\n--each shows them one by one. ${howToDecide}`;
      });
    });

  decision(common(group.command('approve [id...]')))
    .summary('let it go with the next run, for 24 hours')
    .description(
      'The approval covers the rules, the SKU, the location, the direction and the figure that you saw, not more, and is applied to fresh figures. With --rejected a rejection is taken back.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  oto-bridge quarantine approve 17 18 --note "counted on the shelf"\n  oto-bridge quarantine approve --rule zero-share --location RUH1 --yes',
    )
    .action((ids: string[], options: DecideOptions) => decideBy(ids, options, 'approved'));

  decision(common(group.command('reject [id...]')))
    .summary('do not let it go')
    .description(
      'OTO keeps the figure that it shows, and nobody is asked again until the ERP says another. A document is never sent.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  oto-bridge quarantine reject 17 --note "wrong export"\n  oto-bridge quarantine reject --run 12 --yes',
    )
    .action((ids: string[], options: DecideOptions) => decideBy(ids, options, 'rejected'));

  async function decideBy(
    given: readonly string[],
    options: DecideOptions,
    to: 'approved' | 'rejected',
  ): Promise<void> {
    const filter = filterOf(options);
    const ids = given.map((id) => wholeNumber(id, 'quarantine number'));
    const byFilter = filterText(filter) !== '';
    if (byFilter === ids.length > 0) {
      throw new BridgeError(cliErrors.CLI_USAGE, {
        message: byFilter ? 'Numbers and filters do not go together.' : 'Nothing was said of what to decide about.',
        hint: 'Give numbers of `oto-bridge quarantine list`, or filters such as --rule and --location; --flow stock is all of the stock.',
      });
    }
    const decided = await withApp(options, async (app) => {
      const { db, config } = app.bridge;
      const act = (numbers: readonly number[]) =>
        (to === 'approved' ? approve : reject)(app.bridge, numbers, options.note ?? null);
      if (!byFilter) return { rows: await act(ids), timezone: config.timezone };
      const [groups, found] = await Promise.all([groupQuarantine(db, filter), listQuarantine(db, filter)]);
      // Nobody could tell two documents of one key apart in OTO.
      const fitting = to === 'approved' ? found.filter((row) => row.rule !== 'key-reused') : found;
      const left = found.filter((row) => !fitting.includes(row)).map(({ id, reason }) => ({ id, why: reason }));
      requireExpected(options, fitting.length);
      // Exactly the rows that were found: what is held meanwhile stays held, and so does a figure that has moved.
      const rows = options.yes === true ? await act(fitting.map((row) => row.id)) : [];
      return { rows, groups, fitting, left, timezone: config.timezone };
    });
    const { rows, timezone, groups, fitting, left = [] } = decided;
    const asked = fitting?.map((row) => row.id) ?? ids;
    const done = new Set(rows.map((row) => row.id));
    const open = fitting !== undefined && options.yes !== true;
    const notHeld = open ? [] : asked.filter((id) => !done.has(id));
    print(
      options.json === true,
      {
        matched: asked.length,
        decided: rows.map(quarantineJson),
        notHeld,
        ...(groups === undefined ? {} : { left, groups: groups.map(groupJson) }),
      },
      () => {
        const lines = [
          ...(groups !== undefined && open && asked.length > 0 ? [groupsText(groups, timezone), ''] : []),
          ...(open && asked.length > 0
            ? [
                `${counted(asked.length, 'row', 'rows')} would be ${to}. To do it:`,
                `  oto-bridge quarantine ${to === 'approved' ? 'approve' : 'reject'}${filterText(filter)} --yes --expect ${asked.length}`,
              ]
            : []),
          ...(asked.length === 0 ? ['Nothing that is held fits.'] : []),
          decisionText(rows, to, timezone),
          ...notHeld.map((id) => `${id}: is not held (any more)`),
          ...left.map(({ id, why }) => `${id} was left out: ${why}.`),
        ];
        return lines.filter((line, index) => line !== '' || index === 1).join('\n');
      },
    );
    exit(notHeld.length > 0 ? 1 : 0);
  }
}

const howToDecide =
  'Decide with `quarantine approve` or `reject`: by number, or by --run, --rule, --location, --group, --sku.';

function decideText(filter: QuarantineFilter): string {
  return `All of them at once, first only shown and then with --yes:\n  oto-bridge quarantine approve${filterText(filter)}\n  oto-bridge quarantine reject${filterText(filter)}`;
}

function titleOf(total: number, { run }: FilterOptions): string {
  return `${counted(total, 'change is', 'changes are')} held back${run === undefined ? '' : ` by run ${run}`}. Everything else went on.`;
}

/** @throws BridgeError CLI_USAGE */
function requireExpected({ expect }: DecideOptions, found: number): void {
  if (expect === undefined) return;
  const expected = wholeNumber(expect, 'number of rows');
  if (expected === found) return;
  throw new BridgeError(cliErrors.CLI_USAGE, {
    message: `${counted(found, 'row fits', 'rows fit')}, and not ${expected}: something was held or let go meanwhile. Nothing was decided.`,
    hint: 'Look at `oto-bridge quarantine list` with the same filters again.',
  });
}

function filters(command: Command): Command {
  return command
    .option('--flow <flow>', 'only this flow')
    .option('--rule <rule>', 'only this rule, such as zero-share or unit-jump')
    .option('--location <code>', 'only this OTO location')
    .option('--group <group>', 'only this product group, such as "category Dairy"')
    .option('--sku <sku>', 'only this SKU')
    .option('--run <run>', 'only what this run held for the first time, or was the last to hold')
    .option('--rejected', 'rejections that stand, and no others');
}

function decision(command: Command): Command {
  return filters(command)
    .option('-y, --yes', 'with filters: decide, and do not only show what fits')
    .option('--expect <n>', 'with filters: only if just so many fit')
    .option('--note <text>', 'why, for those who ask later')
    .option('--as <name>', 'who decides');
}

function filterOf(options: FilterOptions): QuarantineFilter {
  const { flow, rule, location, group, sku, run, rejected } = options;
  return {
    ...(flow === undefined ? {} : { flow: flowName(flow) }),
    rule,
    location,
    group,
    sku,
    ...(run === undefined ? {} : { run: wholeNumber(run, 'run number') }),
    ...(rejected === true ? { standing: true, states: ['rejected'] } : {}),
  };
}

function totalOf(groups: readonly QuarantineGroup[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}

function groupJson(group: QuarantineGroup): Record<string, unknown> {
  return {
    flow: group.flow,
    rule: group.rule,
    location: group.location === '' ? null : group.location,
    group: group.product_group === '' ? null : group.product_group,
    count: group.count,
    since: group.since.toISOString(),
    exportsInARow: group.times === 0 ? null : group.times,
    runs: group.runs,
    reason: group.reason,
    examples: group.examples,
  };
}

function quarantineJson(row: Quarantine): Record<string, unknown> {
  return {
    id: row.id,
    flow: row.flow,
    rule: row.rule,
    rules: row.rules,
    location: row.location === '' ? null : row.location,
    group: row.product_group === '' ? null : row.product_group,
    sku: row.sku === '' ? null : row.sku,
    document: row.document_id,
    direction: row.direction,
    from: row.from,
    to: row.to,
    reason: row.reason,
    state: row.state,
    run: row.run_id,
    lastRun: row.last_run_id,
    since: row.since.toISOString(),
    createdAt: row.created_at.toISOString(),
    decidedAt: row.decided_at?.toISOString() ?? null,
    decidedBy: row.decided_by,
    approvedUntil: row.approved_until?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    note: row.note,
  };
}
