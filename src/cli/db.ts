import type { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import { loadDefinition } from '../connector/registry.ts';
import { createLogger } from '../lib/log.ts';
import { startEmbedded } from '../store/embedded.ts';
import { migrate } from '../store/migrate.ts';
import { type CommonOptions, common, configFileOf, withFooter } from './frame.ts';
import { print } from './output.ts';

export function registerDb(program: Command): void {
  const group = withFooter(program.command('db')).summary('the database');
  common(group.command('migrate'))
    .summary('bring the schema up to date')
    .description(
      'Every command does this by itself at its start. On its own it is for those whose rights to change the schema are separate.',
    )
    .addHelpText('after', '\nExample:\n  oto-bridge db migrate')
    .action(async (options: CommonOptions) => {
      const loaded = await loadConfig(configFileOf(options), { env: process.env, resolveConnector: loadDefinition });
      const log = createLogger({ level: options.logLevel ?? 'error', secrets: () => loaded.secrets });
      const { url, schema } = loaded.config.database;
      const embedded = url === undefined ? await startEmbedded({ dataDir: loaded.dataDir, log }) : undefined;
      try {
        const { applied } = await migrate({ url: url ?? embedded?.url ?? '', schema, log });
        print(options.json === true, { schema, applied }, () =>
          applied.length === 0
            ? `The schema "${schema}" is up to date.`
            : `Applied to the schema "${schema}": ${applied.join(', ')}`,
        );
      } finally {
        await embedded?.stop();
      }
    });
}
