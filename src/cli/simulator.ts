import { once } from 'node:events';
import type { Command } from 'commander';
import { createLogger } from '../lib/log.ts';
import { defaultRefreshToken } from '../simulator/tokens.ts';
import { type CommonOptions, logLevelOption, wholeNumber } from './frame.ts';
import { print } from './output.ts';

interface SimulatorOptions extends CommonOptions {
  readonly port?: string;
  readonly host?: string;
  readonly state?: string;
  readonly seed?: string;
  readonly refreshToken?: string[];
  readonly location?: string[];
  readonly branch?: string[];
}

export function registerSimulator(program: Command): void {
  program
    .command('simulator')
    .summary('a stateful OTO on this machine')
    .description(
      'Answers every endpoint that OTO documents, with one state: products, stock, inventory orders, customer orders with their shipments and returns, webhooks, credit. What OTO does not document is a switch; faults are rules. GET /_simulator/ lists the admin routes.',
    )
    .option('--port <n>', 'port to listen on; 0 takes a free one', '4010')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--state <file>', 'load the account from this file and save it there at the end')
    .option('--seed <n>', 'seed of the faults that have none of their own', '1')
    .option('--refresh-token <token...>', `refresh tokens that are accepted (default: ${defaultRefreshToken})`)
    .option('--location <code...>', 'warehouses of the account')
    .option('--branch <code...>', 'branches of the account')
    .option('-c, --config <file>', 'taken for the sake of scripts; the simulator needs none')
    .option('--json', 'print the addresses as one JSON document')
    .addOption(logLevelOption())
    .addHelpText(
      'after',
      '\nExamples:\n  oto-bridge simulator --port 4010\n  oto-bridge simulator --port 0 --state account.json --json',
    )
    .action(async (options: SimulatorOptions) => {
      const places = [
        ...(options.location ?? []).map((code) => ({ code, kind: 'warehouse' as const })),
        ...(options.branch ?? []).map((code) => ({ code, kind: 'branch' as const })),
      ];
      // Before anybody is told that it is up: whoever was told may end it at once, and its account has to be saved all the same.
      const ended = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
      const { startSimulator } = await import('../simulator/index.ts');
      const simulator = await startSimulator({
        host: options.host,
        port: wholeNumber(options.port ?? '4010', 'port'),
        seed: wholeNumber(options.seed ?? '1', 'seed'),
        stateFile: options.state,
        refreshTokens: options.refreshToken,
        locations: places.length > 0 ? places : undefined,
        log: createLogger({ level: options.logLevel ?? 'error', secrets: () => options.refreshToken ?? [] }),
      });
      print(
        options.json === true,
        { url: simulator.url, baseUrl: simulator.baseUrl, admin: `${simulator.url}/_simulator/` },
        () =>
          [
            `OTO is simulated at ${simulator.baseUrl}`,
            `Admin routes:        ${simulator.url}/_simulator/`,
            'Ctrl+C ends it.',
          ].join('\n'),
      );
      await ended;
      await simulator.close();
    });
}
