import type { Command } from 'commander';
import { approve, reject } from '../engine/approve.ts';
import { listQuarantine, type Quarantine } from '../store/quarantines.ts';
import { type CommonOptions, common, type ExitCode, flowName, wholeNumber, withApp, withFooter } from './frame.ts';
import { moment, print, table } from './output.ts';

interface QuarantineOptions extends CommonOptions {
  readonly flow?: string;
  readonly all?: boolean;
  readonly limit?: string;
  readonly note?: string;
  readonly as?: string;
}

export function registerQuarantine(program: Command, exit: (code: ExitCode) => void): void {
  const group = withFooter(program.command('quarantine')).summary('what is held back, and why');

  common(group.command('list'))
    .summary('list what is held back')
    .option('--flow <flow>', 'only this flow')
    .option('--all', 'also what was decided or has explained itself')
    .option('--limit <n>', 'at most this many', '200')
    .addHelpText('after', '\nExample:\n  oto-bridge quarantine list --flow stock')
    .action(async (options: QuarantineOptions) => {
      const { rows, timezone } = await withApp(options, async (app) => ({
        rows: await listQuarantine(app.bridge.db, {
          flow: options.flow === undefined ? undefined : flowName(options.flow),
          states: options.all === true ? ['held', 'approved', 'rejected', 'released'] : ['held'],
          limit: wholeNumber(options.limit ?? '200', 'limit'),
        }),
        timezone: app.bridge.config.timezone,
      }));
      print(options.json === true, { quarantine: rows.map(quarantineJson) }, () =>
        rows.length === 0
          ? 'Nothing is held back.'
          : table(
              ['id', 'flow', 'rule', 'location', 'SKU', 'state', 'since', 'reason'],
              rows.map((row) => [
                row.id,
                row.flow,
                row.rule,
                row.location,
                row.sku,
                row.state,
                moment(row.created_at, timezone),
                row.reason,
              ]),
            ),
      );
    });

  common(group.command('approve <id...>'))
    .summary('let it go with the next run, for 24 hours')
    .description(
      'The approval covers the rule, the SKU, the location, the direction and the figure that you saw, not more, and is applied to fresh figures.',
    )
    .option('--note <text>', 'why, for those who ask later')
    .option('--as <name>', 'who decides')
    .addHelpText('after', '\nExample:\n  oto-bridge quarantine approve 17 18 --note "counted on the shelf"')
    .action(async (ids: string[], options: QuarantineOptions) => {
      const numbers = ids.map((id) => wholeNumber(id, 'quarantine number'));
      const rows = await withApp(options, (app) => approve(app.bridge, numbers, options.note ?? null));
      report(rows, numbers, options, 'approved: the next sync applies it to fresh figures');
    });

  common(group.command('reject <id...>'))
    .summary('do not let it go')
    .option('--note <text>', 'why, for those who ask later')
    .option('--as <name>', 'who decides')
    .addHelpText('after', '\nExample:\n  oto-bridge quarantine reject 17 --note "wrong export"')
    .action(async (ids: string[], options: QuarantineOptions) => {
      const numbers = ids.map((id) => wholeNumber(id, 'quarantine number'));
      const rows = await withApp(options, (app) => reject(app.bridge, numbers, options.note ?? null));
      report(
        rows,
        numbers,
        options,
        'rejected: a document is never sent; a figure stays held as long as it says the same',
      );
    });

  function report(
    rows: readonly Quarantine[],
    asked: readonly number[],
    options: QuarantineOptions,
    text: string,
  ): void {
    const missing = asked.filter((id) => !rows.some((row) => row.id === id));
    print(options.json === true, { decided: rows.map(quarantineJson), notHeld: missing }, () =>
      [
        ...rows.map(
          (row) =>
            `${row.id} (${row.rule}${row.sku === '' ? '' : ` ${row.sku}`}${row.location === '' ? '' : ` at ${row.location}`}): ${text}`,
        ),
        ...missing.map((id) => `${id}: is not held (any more)`),
      ].join('\n'),
    );
    exit(missing.length > 0 ? 1 : 0);
  }
}

function quarantineJson(row: Quarantine): Record<string, unknown> {
  return {
    id: row.id,
    flow: row.flow,
    rule: row.rule,
    location: row.location === '' ? null : row.location,
    sku: row.sku === '' ? null : row.sku,
    document: row.document_id,
    direction: row.direction,
    from: row.from,
    to: row.to,
    reason: row.reason,
    state: row.state,
    createdAt: row.created_at.toISOString(),
    decidedAt: row.decided_at?.toISOString() ?? null,
    decidedBy: row.decided_by,
    approvedUntil: row.approved_until?.toISOString() ?? null,
    note: row.note,
  };
}
