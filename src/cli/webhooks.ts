import type { Command } from 'commander';
import type { App } from '../app.ts';
import {
  type Done,
  listed,
  mostWebhooks,
  readWebhooks,
  register,
  registration,
  remove,
  requirePlaces,
  requireSettings,
} from '../engine/webhook-registry.ts';
import { BridgeError } from '../lib/errors.ts';
import { cliErrors } from './errors.ts';
import { type CommonOptions, common, type ExitCode, withApp, withFooter } from './frame.ts';
import { print, table } from './output.ts';
import { registerEvents } from './webhooks-events.ts';

interface WriteOptions extends CommonOptions {
  readonly yes?: boolean;
}

export function registerWebhooks(program: Command, exit: (code: ExitCode) => void): void {
  const group = withFooter(program.command('webhooks')).summary(
    'what OTO tells by itself: its webhooks, and what came',
  );

  common(group.command('register'))
    .summary('have OTO tell this bridge what happens')
    .description(
      'Reads what OTO has, then creates what is missing and changes what differs from `webhooks` in the configuration. Run again, it changes nothing more. Exit code 0: OTO lists all of them; 2: nothing was sent, for want of --yes; 1: not all of them are there.',
    )
    .option('-y, --yes', 'needed where oto.environment is production')
    .addHelpText('after', '\nExample:\n  oto-bridge webhooks register')
    .action(async (options: WriteOptions) => {
      const done = await withApp(options, async (app, signal): Promise<Done[]> => {
        const { bridge } = app;
        const settings = requireSettings(bridge.config);
        await app.requireAccount();
        if (mayWrite(app, options)) return register(bridge, settings, signal);
        const rows = await readWebhooks(bridge.oto, signal);
        const steps = registration(rows, settings);
        requirePlaces(rows, steps);
        return steps.map((step) => ({ ...step, state: step.action === 'none' ? 'registered' : 'open', reason: null }));
      });
      const isOpen = done.some(({ state }) => state === 'open');
      print(options.json === true, { webhooks: done }, () =>
        [
          table(
            ['type', 'id', 'state', 'done', 'address'],
            done.map((one) => [one.type, one.id ?? '', one.state, doneText(one), one.url]),
          ),
          ...done.flatMap(({ type, reason }) => (reason === null ? [] : [`${type}: ${reason}`])),
          ...(isOpen ? ['Nothing was sent: this is production. Repeat with --yes.'] : []),
          ...(done.some(({ state }) => state === 'unknown')
            ? ['Run it again: it begins by looking at what OTO has.']
            : []),
        ].join('\n'),
      );
      exit(done.every(({ state }) => state === 'registered') ? 0 : isOpen ? 2 : 1);
    });

  common(group.command('list'))
    .summary('webhooks that OTO has of this account')
    .addHelpText('after', '\nExample:\n  oto-bridge webhooks list')
    .action(async (options: CommonOptions) => {
      const webhooks = await withApp(options, async (app, signal) =>
        listed(await readWebhooks(app.bridge.oto, signal), app.bridge.config.webhooks),
      );
      print(options.json === true, { webhooks, most: mostWebhooks }, () =>
        [
          webhooks.length === 0
            ? 'OTO has none.'
            : table(
                ['id', 'type', 'method', 'ours', 'keys', 'address'],
                webhooks.map(({ id, type, method, ours, keysFit, url }) => [
                  id,
                  type ?? '?',
                  method,
                  ours ? 'yes' : '',
                  keysFit === null ? '' : keysFit ? 'right' : 'WRONG',
                  url,
                ]),
              ),
          `${webhooks.length} of ${mostWebhooks}.`,
        ].join('\n'),
      );
    });

  common(group.command('remove [id...]'))
    .summary('have OTO tell this bridge no more')
    .description(
      'Without ids: those that lead to `webhooks.url`. Exit code 0: OTO no longer has them; 2: nothing was sent, for want of --yes; 1: not all of them are gone.',
    )
    .option('-y, --yes', 'needed where oto.environment is production')
    .addHelpText('after', '\nExamples:\n  oto-bridge webhooks remove\n  oto-bridge webhooks remove 59')
    .action(async (ids: string[], options: WriteOptions) => {
      const { chosen, removed } = await withApp(options, async (app, signal) => {
        const { bridge } = app;
        await app.requireAccount();
        const known = listed(await readWebhooks(bridge.oto, signal), bridge.config.webhooks);
        if (ids.length === 0) requireSettings(bridge.config);
        const chosen =
          ids.length === 0 ? known.filter(({ ours }) => ours).map(({ id }) => id) : requireKnown(ids, known);
        return { chosen, removed: mayWrite(app, options) ? await remove(bridge, chosen, signal) : [] };
      });
      const isOpen = removed.length < chosen.length;
      print(options.json === true, { chosen, removed }, () =>
        [
          ...removed.map(({ id, state, reason }) => `${id}: ${state}${reason === null ? '' : `: ${reason}`}`),
          ...(chosen.length === 0 ? ['OTO has none of this bridge.'] : []),
          ...(isOpen
            ? [`Nothing was sent: this is production. Repeat with --yes to remove ${chosen.join(', ')}.`]
            : []),
        ].join('\n'),
      );
      exit(isOpen ? 2 : removed.every(({ state }) => state === 'removed') ? 0 : 1);
    });

  registerEvents(group);
}

function mayWrite({ bridge }: App, { yes }: WriteOptions): boolean {
  return bridge.config.oto.environment !== 'production' || yes === true;
}

function doneText({ action, why, state }: Done): string {
  if (action === 'none') return 'was there';
  const word = state === 'open' ? action : `${action}d`;
  return why.length === 0 ? word : `${word}: ${why.join(', ')}`;
}

/** @throws BridgeError CLI_USAGE */
function requireKnown(ids: readonly string[], known: readonly { readonly id: string }[]): string[] {
  const unknown = ids.filter((id) => !known.some((one) => one.id === id));
  if (unknown.length === 0) return [...new Set(ids)];
  throw new BridgeError(cliErrors.CLI_USAGE, {
    message: `OTO has no webhook ${unknown.join(', ')}. Nothing was removed.`,
    hint: '`oto-bridge webhooks list` shows their ids.',
  });
}
