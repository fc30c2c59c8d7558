import type { Command } from 'commander';
import { flowNames } from '../config/schema.ts';
import { engineErrors } from '../engine/errors.ts';
import { BridgeError } from '../lib/errors.ts';
import { clearAlarm } from '../store/alarms.ts';
import { endPause, listPauses, setPause } from '../store/pauses.ts';
import { type CommonOptions, common, flowName, withApp } from './frame.ts';
import { print } from './output.ts';

interface PauseOptions extends CommonOptions {
  readonly reason?: string;
  readonly as?: string;
}

export function registerPause(program: Command): void {
  common(program.command('pause <flow>'))
    .summary('stop a flow until it is resumed')
    .description('Nothing of the flow is sent any more, also not what was planned before. `plan` still works.')
    .option('--reason <text>', 'why, for those who ask later')
    .option('--as <name>', 'who decides')
    .addHelpText('after', '\nExample:\n  oto-bridge pause stock --reason "stock-taking in Jeddah"')
    .action(async (text: string, options: PauseOptions) => {
      const flow = flowName(text);
      const fresh = await withApp(options, (app) =>
        setPause(app.bridge.db, {
          scope: 'flow',
          name: flow,
          reason: options.reason ?? 'no reason given',
          by: app.bridge.who,
        }),
      );
      print(
        options.json === true,
        { flow, paused: true, fresh },
        () => `${flow} is paused${fresh ? '' : ' already'}. \`oto-bridge resume ${flow}\` lets it go on.`,
      );
    });

  common(program.command('resume <what>'))
    .summary('let a paused flow go on')
    .description(
      'Takes a flow, or the name of a pause that OTO caused (see `status`): then the next call shows whether OTO lets us again.',
    )
    .option('--as <name>', 'who decides')
    .addHelpText('after', '\nExamples:\n  oto-bridge resume stock\n  oto-bridge resume account')
    .action(async (name: string, options: PauseOptions) => {
      const ended = await withApp(options, async (app) => {
        const { db } = app.bridge;
        const pauses = (await listPauses(db)).filter((pause) => pause.name === name);
        // A family of calls may bear the name of a flow: both are ended.
        for (const pause of pauses) {
          await endPause(db, pause.scope, pause.name);
          await clearAlarm(db, 'paused', pause.name);
        }
        if (pauses.length === 0 && !(flowNames as readonly string[]).includes(name)) {
          throw new BridgeError(engineErrors.NOT_FOUND, {
            message: `Nothing called "${name}" is paused.`,
            hint: '`oto-bridge status` shows the pauses.',
          });
        }
        return pauses.length;
      });
      print(options.json === true, { name, resumed: ended > 0 }, () =>
        ended > 0 ? `${name} goes on.` : `${name} was not paused.`,
      );
    });
}
