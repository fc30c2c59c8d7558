import { type Command, Option } from 'commander';
import { type App, openApp } from '../app.ts';
import { findConfigFile } from '../config/find.ts';
import { type Config, type FlowName, flowNames } from '../config/schema.ts';
import { type Progress, quiet } from '../engine/progress.ts';
import { cleanError } from '../lib/clean.ts';
import { BridgeError } from '../lib/errors.ts';
import { suggestion } from '../lib/suggest.ts';
import { explained } from '../store/db.ts';
import { cliErrors } from './errors.ts';
import { terminalProgress } from './progress.ts';

/** 0 done; 1 failed; 2 done, but something new needs a person. */
export type ExitCode = 0 | 1 | 2;

export interface CommonOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly logLevel?: 'silent' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
}

/** The options that every command takes. */
export function common(command: Command): Command {
  return command
    .option(
      '-c, --config <file>',
      'configuration file (default: $OTO_BRIDGE_CONFIG, config/oto-bridge.yaml, oto-bridge.yaml)',
    )
    .option('--json', 'print one JSON document on standard output')
    .addOption(logLevelOption());
}

/** For those commands that take not all of the common options. */
export function logLevelOption(): Option {
  return new Option('--log-level <level>', 'least important log lines that are written').choices([
    'silent',
    'error',
    'warn',
    'info',
    'debug',
    'trace',
  ]);
}

/** Says at the end of the help of a group of commands what holds for each of them. */
export function withFooter(group: Command): Command {
  return group.addHelpText(
    'after',
    () => `\nEvery command takes --config FILE and --json.\nExample:\n  ${pathOf(group)} ${firstCommand(group)} --help`,
  );
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function firstCommand(group: Command): string {
  return group.commands[0]?.name() ?? '';
}

export function configFileOf(options: CommonOptions): string {
  return findConfigFile({ config: options.config, env: process.env, cwd: process.cwd() });
}

/** Opens the bridge for one command and closes it after, whatever happens. A progress bar that stayed would keep the process alive. */
export async function withApp<Result>(
  options: CommonOptions & { readonly as?: string },
  work: (app: App, signal: AbortSignal, progress: Progress) => Promise<Result>,
): Promise<Result> {
  const app = await openApp({
    configFile: configFileOf(options),
    env: process.env,
    // A command's own output says what happened; its log lines only matter when something is wrong.
    logLevel: options.logLevel ?? 'error',
    pretty: process.stderr.isTTY === true,
    ...(options.as === undefined ? {} : { who: options.as }),
  });
  const progress = progressFor(options);
  const stop = new AbortController();
  const onSignal = () =>
    stop.abort(
      new BridgeError(cliErrors.CLI_STOPPED, {
        message: 'Stopped by a signal.',
        hint: 'What was planned is kept: run the command again, or leave it to the worker.',
      }),
    );
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    return await work(app, stop.signal, progress);
  } catch (error) {
    // It is about to be printed.
    throw cleanError(explained(app.bridge.db.url, error), app.redactor);
  } finally {
    progress.stop();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    await app.close();
  }
}

export function progressFor(options: CommonOptions): Progress & { stop(): void } {
  return options.json === true ? { ...quiet, stop() {} } : terminalProgress();
}

/** @throws BridgeError CLI_USAGE */
export function flowName(text: string): FlowName {
  if ((flowNames as readonly string[]).includes(text)) return text as FlowName;
  throw new BridgeError(cliErrors.CLI_USAGE, {
    message: `There is no flow "${text}".`,
    hint: suggestion(text, flowNames),
  });
}

/** A location that takes part: any other would look as if there were nothing to do. @throws BridgeError CLI_USAGE */
export function knownLocation(config: Config, code: string | undefined): string | undefined {
  const codes = config.locations.map((location) => location.oto);
  if (code === undefined || codes.includes(code)) return code;
  throw new BridgeError(cliErrors.CLI_USAGE, {
    message: `There is no location "${code}" in the configuration. ${suggestion(code, codes)}`,
    hint: `Locations: ${codes.join(', ')}.`,
  });
}

/** @throws BridgeError CLI_USAGE */
export function wholeNumber(text: string, what: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new BridgeError(cliErrors.CLI_USAGE, { message: `"${text}" is no ${what}.`, hint: `Give a whole number.` });
}
