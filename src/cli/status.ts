import type { Command } from 'commander';
import { type CommonOptions, common, type ExitCode, withApp } from './frame.ts';
import { print } from './output.ts';
import { gatherStatus } from './status-gather.ts';
import { health } from './status-health.ts';
import { statusText } from './status-text.ts';

interface StatusOptions extends CommonOptions {
  readonly health?: boolean;
}

export function registerStatus(program: Command, exit: (code: ExitCode) => void): void {
  common(program.command('status'))
    .summary('what runs, what waits, and what needs a person')
    .option('--health', 'only say whether the bridge can work: for a container')
    .addHelpText('after', '\nExample:\n  oto-bridge status')
    .action(async (options: StatusOptions) => {
      if (options.health === true) return exit(await health(options));
      const { status, timezone } = await withApp(options, async (app) => ({
        status: await gatherStatus(app.bridge),
        timezone: app.bridge.config.timezone,
      }));
      print(options.json === true, status, () => statusText(status, timezone));
    });
}
