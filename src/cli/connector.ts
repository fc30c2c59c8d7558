import { readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { z } from 'zod';
import manifest from '../../package.json' with { type: 'json' };
import { loadConfig } from '../config/load.ts';
import { builtInConnectors, loadDefinition } from '../connector/registry.ts';
import type { ConnectorDefinition } from '../connector/types.ts';
import type { ContractTest, Fake } from '../kit/index.ts';
import { BridgeError, isBridgeError, messageOf } from '../lib/errors.ts';
import { counted } from '../lib/text.ts';
import { scaffold } from './connector-scaffold.ts';
import { cliErrors } from './errors.ts';
import { type CommonOptions, common, configFileOf, type ExitCode, withFooter } from './frame.ts';
import { print, table } from './output.ts';

export function registerConnector(program: Command, exit: (code: ExitCode) => void): void {
  const group = withFooter(new Command('connector')).description(
    'Connectors: those there are, a new one, and the contract tests.',
  );
  common(group.command('list'))
    .summary('those that there are')
    .description('Lists the connectors that are built in, and those that the configuration names.')
    .addHelpText('after', '\nExample:\n  oto-bridge connector list --config oto-bridge.yaml')
    .action(async (options: CommonOptions) => {
      const connectors = await listConnectors(options);
      print(options.json === true, { connectors }, () =>
        table(
          ['name', 'reads', 'writes', 'used by', 'from'],
          connectors.map((one) => [
            one.name,
            one.reads.join(' '),
            one.writes.join(' '),
            one.sources.join(' '),
            one.from,
          ]),
        ),
      );
    });
  common(group.command('new <name>'))
    .summary('a package that passes the contract tests as it stands')
    .description('Writes a connector package with its tests and a fake ERP. It passes the contract tests as it stands.')
    .option('--dir <folder>', 'where to write it (default: a folder of that name)')
    .addHelpText('after', '\nExample:\n  oto-bridge connector new my-erp\n  oto-bridge connector test my-erp')
    .action(async (name: string, options: CommonOptions & { dir?: string }) => {
      const folder = resolve(options.dir ?? name);
      const files = await scaffold(name, folder, manifest.version);
      print(options.json === true, { folder, files }, () =>
        [
          ...files.map((file) => `  ${join(folder, file)}`),
          `Next: oto-bridge connector test ${options.dir ?? name}`,
          `Then name it in a configuration: connector: ${isAbsolute(options.dir ?? '') ? folder : `./${options.dir ?? name}`}`,
        ].join('\n'),
      );
    });
  common(group.command('test <path>'))
    .summary('the contract tests of a connector')
    .description('Runs the contract tests of a connector against its fake ERP: the `startFake` of its test/fake.js.')
    .option('--fake <file>', 'file that exports startFake')
    .option('--only <id>', 'tests whose id begins so, such as "ties" or "valid/stock"')
    .addHelpText('after', '\nExample:\n  oto-bridge connector test ./my-erp --only resume')
    .action(async (path: string, options: CommonOptions & { fake?: string; only?: string }) => {
      exit(await runTests(path, options));
    });
  program.addCommand(group);
}

interface Listed {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Sources of the configuration that use it. */
  readonly sources: readonly string[];
  /** `built in`, or as the configuration names it. */
  readonly from: string;
}

async function listConnectors(options: CommonOptions): Promise<Listed[]> {
  const listed: Listed[] = [];
  const named = await namedInConfig(options);
  for (const use of new Set([...builtInConnectors, ...named.uses.keys()])) {
    const definition = await loadDefinition(use, named.baseDir);
    listed.push({
      ...describe(definition),
      sources: named.uses.get(use) ?? [],
      from: builtInConnectors.includes(use) ? 'built in' : use,
    });
  }
  return listed;
}

function describe({ name, title, summary, supports }: ConnectorDefinition) {
  return { name, title, summary, reads: Object.keys(supports.read), writes: Object.keys(supports.apply) };
}

/** What the configuration uses. Without `--config` one that is not there, or cannot be read here, is left out. */
async function namedInConfig(options: CommonOptions): Promise<{ baseDir: string; uses: Map<string, string[]> }> {
  const uses = new Map<string, string[]>();
  try {
    const file = configFileOf(options);
    const { config } = await loadConfig(file, { env: process.env, resolveConnector: loadDefinition });
    for (const [source, { connector }] of Object.entries(config.sources))
      uses.set(connector, [...(uses.get(connector) ?? []), source]);
    return { baseDir: dirname(file), uses };
  } catch (error) {
    if (options.config !== undefined) throw error;
    if (!isBridgeError(error) || error.code !== 'CONFIG_NOT_FOUND')
      process.stderr.write(`Of the configuration nothing is listed: ${messageOf(error)}\n`);
    return { baseDir: process.cwd(), uses };
  }
}

interface Tested {
  readonly id: string;
  readonly title: string;
  readonly ok: boolean;
  readonly error?: string;
}

async function runTests(path: string, options: CommonOptions & { fake?: string; only?: string }): Promise<ExitCode> {
  const folder = resolve(path);
  const definition = await loadDefinition(folder, process.cwd());
  const startFake = await fakeOf(folder, options.fake);
  const { contractTests } = await import('../kit/index.ts');
  const chosen = contractTests(definition).filter(({ id }) => id.startsWith(options.only ?? ''));
  if (chosen.length === 0) {
    throw new BridgeError(cliErrors.CLI_USAGE, {
      message: `No contract test of this connector begins with "${options.only}".`,
      hint: `There are: ${contractTests(definition)
        .map(({ id }) => id)
        .join(', ')}.`,
    });
  }
  const quiet = options.json === true;
  const tests: Tested[] = [];
  for (const one of chosen) {
    const tested = await runTest(one, { definition, startFake });
    tests.push(tested);
    if (quiet) continue;
    process.stdout.write(`${tested.ok ? '✔' : '✖'} ${tested.id}: ${tested.title}\n`);
    if (tested.error !== undefined) process.stdout.write(`    ${tested.error.replaceAll('\n', '\n    ')}\n`);
  }
  const failed = tests.filter((one) => !one.ok).length;
  const passed = tests.length - failed;
  const summary = { connector: definition.name, passed, failed, tests };
  print(quiet, summary, () => `${definition.name}: ${counted(passed, 'test', 'tests')} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

async function runTest(one: ContractTest, kit: Parameters<ContractTest['run']>[0]): Promise<Tested> {
  const { id, title } = one;
  try {
    await one.run(kit);
    return { id, title, ok: true };
  } catch (error) {
    return { id, title, ok: false, error: messageOf(error) };
  }
}

const fakeModule = z.looseObject({ startFake: z.custom<() => Promise<Fake>>((value) => typeof value === 'function') });

/** The fake that stands beside the connector. */
async function fakeOf(path: string, given: string | undefined): Promise<() => Promise<Fake>> {
  const beside = (await stat(path)).isDirectory() ? path : dirname(path);
  const places = [beside, dirname(beside)].flatMap((folder) =>
    ['js', 'ts', 'mjs'].map((extension) => join(folder, 'test', `fake.${extension}`)),
  );
  const candidates = given === undefined ? places : [resolve(given)];
  for (const file of candidates) {
    if ((await readFile(file, 'utf8').catch(() => undefined)) === undefined) continue;
    const loaded = fakeModule.safeParse(await import(pathToFileURL(file).href));
    if (loaded.success) return loaded.data.startFake;
    throw new BridgeError(cliErrors.CLI_USAGE, {
      message: `${file} exports no function startFake.`,
      hint: 'It starts a small ERP and gives its options: see connectors/README.md.',
      place: { file },
    });
  }
  throw new BridgeError(cliErrors.CLI_USAGE, {
    message: `There is no fake ERP to test against: none of ${candidates.join(', ')}.`,
    hint: 'Write one (connectors/README.md), or name its file with --fake.',
  });
}
