import { createHash } from 'node:crypto';
import type { Command } from 'commander';
import { retryRefused, unfitAmong } from '../engine/resolve.ts';
import { BridgeError } from '../lib/errors.ts';
import { listOperations, type Operation } from '../store/operations.ts';
import { deadJson, deadText, requireShownDead } from './dead-letters.ts';
import { cliErrors } from './errors.ts';
import { common, wholeNumber, withApp } from './frame.ts';
import { type FilterOptions, filterOf, filters, listText, operationJson } from './operations-rows.ts';
import { print } from './output.ts';

/**
 * Names what a preview showed: how many, until when they had been refused, and which. Given back, it makes sure that just these are acted
 * on: what was refused later is left out, and where one of them is gone or changed, nothing happens.
 */
function tokenOf(rows: readonly Operation[]): string {
  const until = Math.max(0, ...rows.map(({ settled_at }) => settled_at?.getTime() ?? 0));
  return `${rows.length}-${until.toString(36)}-${digestOf(rows)}`;
}

function digestOf(rows: readonly Operation[]): string {
  const text = rows.map(({ id, fence, settled_at }) => `${id}/${fence}/${settled_at?.getTime() ?? 0}`).sort();
  return createHash('sha256').update(text.join(' ')).digest('hex').slice(0, 12);
}

/** When the newest of what was shown had been refused. @throws BridgeError CLI_USAGE */
function shownUntil(token: string): Date {
  const [, until = ''] = /^\d+-([0-9a-z]+)-[0-9a-f]{12}$/.exec(token) ?? [];
  const at = Number.parseInt(until, 36);
  if (Number.isSafeInteger(at)) return new Date(at);
  throw new BridgeError(cliErrors.CLI_USAGE, {
    message: `"${token}" names nothing that was shown.`,
    hint: 'Run the command without --yes: it prints the whole command to repeat.',
  });
}

/** @throws BridgeError CLI_USAGE where these are not what the token names */
function requireShown(token: string, rows: readonly Operation[]): void {
  const now = tokenOf(rows);
  if (now === token) return;
  throw new BridgeError(cliErrors.CLI_USAGE, {
    message: `${token.split('-')[0]} refused operations were shown; ${rows.length} of them are as they were then. Nothing was sent.`,
    hint: 'Somebody else dealt with some of them, or the filter differs. Run the command without --yes to see what fits now.',
  });
}

/** `operations retry`. */
export function registerRetry(group: Command): void {
  filters(common(group.command('retry')))
    .summary('send refused operations again')
    .description(
      'Shows the refused operations that fit, and the command that sends just these again. --yes alone takes what fits at that moment.',
    )
    .option('-y, --yes', 'send those that are shown')
    .option('--shown <token>', 'with --yes: just what was shown under this token, or nothing')
    .option('--dead', 'instead of refused operations: put dead letters back into their queues')
    .option('--as <name>', 'who decides')
    .addHelpText(
      'after',
      '\nExamples:\n  oto-bridge operations retry --flow stock\n  oto-bridge operations retry --flow stock --yes --shown 12-mf1z3k9q-5e0c21aa90d3',
    )
    .action(async (options: RetryOptions) => {
      if (options.dead === true) return retryDead(options);
      const { rows, fit, left, retried, timezone } = await withApp(options, async ({ bridge }) => {
        const rows = await listOperations(bridge.db, {
          ...filterOf(options),
          states: ['refused'],
          settledUntil: options.shown === undefined ? undefined : shownUntil(options.shown),
        });
        const ids = rows.map((row) => row.id);
        const left = await unfitAmong(bridge, ids);
        const fit = rows.filter(({ id }) => !left.has(id));
        if (options.shown !== undefined) requireShown(options.shown, fit);
        // Exactly the ids that were shown: what is refused meanwhile stays.
        const retried = options.yes === true ? await retryRefused(bridge, ids) : undefined;
        const unfit = [...left].map(([id, why]) => ({ id, why }));
        return { rows, fit, left: retried?.left ?? unfit, retried, timezone: bridge.config.timezone };
      });
      const again = `oto-bridge ${againOf(options)} --yes --shown ${tokenOf(fit)}`;
      const data = {
        matched: rows.length,
        fit: fit.map(({ id }) => id),
        retried: retried?.queued ?? [],
        left,
        token: tokenOf(fit),
        operations: rows.map(operationJson),
      };
      print(options.json === true, data, () => {
        if (rows.length === 0) return 'No refused operations fit.';
        const end =
          retried === undefined
            ? `${fit.length} would be sent again: repeat with --yes. Just these:\n  ${again}`
            : `${retried.queued.length} are queued again; the worker or the next sync sends them.`;
        const reasons = left.map(({ id, why }) => `${id} is left out: ${why}.`);
        return [listText(rows, timezone), '', ...(fit.length > 0 ? [end] : []), ...reasons].join('\n');
      });
    });
}

interface RetryOptions extends FilterOptions {
  readonly yes?: boolean;
  readonly as?: string;
  readonly shown?: string;
}

/** Dead letters by their ids: the token of what was shown is all of them. */
async function retryDead(options: RetryOptions): Promise<void> {
  const { letters, revived, timezone } = await withApp(options, async ({ bridge }) => {
    const letters = await bridge.jobs.dead(wholeNumber(options.limit ?? '100', 'limit'));
    const shown = options.shown === undefined ? letters : requireShownDead(options.shown, letters);
    return {
      letters: shown,
      revived: options.yes === true ? await bridge.jobs.revive(shown.map(({ id }) => id)) : 0,
      timezone: bridge.config.timezone,
    };
  });
  const token = letters.map(({ id }) => id).join(',');
  const data = { matched: letters.length, retried: revived, token, deadLetters: letters.map(deadJson) };
  print(options.json === true, data, () => {
    if (letters.length === 0) return 'There are no dead letters.';
    const end =
      options.yes === true
        ? `${revived} are queued again, as they were.`
        : `${letters.length} would be queued again: repeat with --yes. Just these:\n  oto-bridge operations retry --dead --yes --shown ${token}`;
    return [deadText(letters, timezone), '', end].join('\n');
  });
}

/** The command with its filter, to be repeated. */
function againOf({ flow, kind, sku, location, run, limit }: RetryOptions): string {
  const parts = Object.entries({ flow, kind, sku, location, run, ...(limit === '100' ? {} : { limit }) });
  const given = parts.flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${quoted(value)}`]));
  return ['operations retry', ...given].join(' ');
}

function quoted(text: string): string {
  return /^[\w.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
