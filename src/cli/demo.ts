import type { Command } from 'commander';
import type { DemoOptions } from './demo-run.ts';
import { type ExitCode, logLevelOption } from './frame.ts';

export function registerDemo(program: Command, exit: (code: ExitCode) => void): void {
  program
    .command('demo')
    .summary('everything at once on this machine: database, simulated OTO, sample ERP export')
    .description(
      'Brings up an embedded PostgreSQL and a simulated OTO, writes a sample ERP export and runs every flow over it. Needs no account and no network.',
    )
    .option('--once', 'run every flow once, print what happened and end')
    .option('--dir <folder>', 'where the demo lives (default: .oto-bridge/demo)')
    .option('-c, --config <file>', 'a configuration in place of config/demo.yaml')
    .option('--json', 'print one JSON document on standard output')
    .addOption(logLevelOption())
    .addHelpText('after', '\nExamples:\n  oto-bridge demo --once\n  oto-bridge demo --once --json')
    .action(async (options: DemoOptions) => {
      // Only now: other commands have no use for a server and a simulator.
      const { runDemo } = await import('./demo-run.ts');
      exit(await runDemo(options));
    });
}
