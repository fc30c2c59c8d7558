import type { Command } from 'commander';
import { retain } from '../engine/retain.ts';
import { runFlow } from '../engine/run.ts';
import { workWhereNobodyDoes } from '../engine/work.ts';
import { flows } from '../flows/index.ts';
import { liveWorkers } from '../store/workers.ts';
import { type CommonOptions, common, type ExitCode, flowName, knownLocation, withApp } from './frame.ts';
import { print } from './output.ts';
import { exitOf, resultJson, runText } from './run-result.ts';

/** How long a command deletes old records, at most. */
const retainMs = 2000;

interface SyncOptions extends CommonOptions {
  readonly sku?: string;
  readonly location?: string;
  readonly acceptOlder?: boolean;
  readonly acceptMissing?: boolean;
}

export function registerSync(program: Command, exit: (code: ExitCode) => void): void {
  common(program.command('sync <flow>'))
    .summary('plan and apply one flow, with its guards')
    .description(
      'Reads both sides, sends what differs and waits for it. Flows: products, stock, documents, packing, stock-back.',
    )
    .option('--sku <sku>', 'only this SKU')
    .option('--location <code>', 'only this OTO location')
    .option('--accept-older', 'take a snapshot that is older than the last one')
    .option('--accept-missing', 'stock: take ERP locations that the export no longer lists at all for empty')
    .addHelpText(
      'after',
      '\nExamples:\n  oto-bridge sync stock\n  oto-bridge sync stock --sku 6281000000012 --location RUH1\n  oto-bridge sync documents --json',
    )
    .action(async (flow: string, options: SyncOptions) => {
      const name = flowName(flow);
      const result = await withApp(options, async (app, signal, progress) => {
        await app.requireAccount();
        const worker = workWhereNobodyDoes(app.bridge);
        try {
          const ran = await runFlow(app.bridge, flows[name], {
            mode: 'sync',
            trigger: 'command',
            filter: {
              sku: options.sku,
              location: knownLocation(app.bridge.config, options.location),
              acceptOlder: options.acceptOlder,
              acceptMissing: options.acceptMissing,
            },
            progress,
            signal,
            onWait: worker.onWait,
          });
          // Where no worker ever stands, nobody else would.
          if ((await liveWorkers(app.bridge.db)).length === 0)
            await retain(app.bridge, AbortSignal.any([signal, AbortSignal.timeout(retainMs)]));
          return ran;
        } finally {
          await worker.stop();
        }
      });
      print(options.json === true, resultJson(result), () => runText(result.run));
      exit(exitOf(result.run));
    });
}
