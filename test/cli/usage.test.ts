import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { startCommand } from '../support/process.ts';

/** Every command and group of commands, as a person types it. */
function* commandsOf(command: Command, path: readonly string[] = []): Generator<[path: string, command: Command]> {
  yield [path.join(' '), command];
  for (const child of command.commands) yield* commandsOf(child, [...path, child.name()]);
}

const all = [...commandsOf(buildProgram(() => undefined))];

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text;
}

test('the documented commands are there', () => {
  expect(all.map(([path]) => path)).toEqual(
    expect.arrayContaining([
      ...['demo', 'check', 'status', 'adopt', 'plan', 'apply', 'sync', 'pull', 'run', 'pause', 'resume', 'simulator'],
      ...['packing list', 'packing pick', 'packing pack', 'runs list', 'runs show', 'db migrate'],
      ...['list', 'show', 'processed', 'skip', 'mark-sent'].map((name) => `documents ${name}`),
      ...['list', 'show', 'resolve', 'retry'].map((name) => `operations ${name}`),
      ...['list', 'approve', 'reject'].map((name) => `quarantine ${name}`),
    ]),
  );
});

test('the help of a group names --config, --json and an example too; no example names an option that is not there', () => {
  for (const [path, command] of all) {
    const help = helpOf(command);
    const [, examples = ''] = help.split(/^Examples?:$/m);
    expect(examples, path).toContain(`oto-bridge ${path}`.trim());
    if (command.commands.length > 0) expect(help, path).toContain('--config FILE and --json');
    const known = ['--help', ...command.options.map((option) => option.long)];
    for (const [option] of examples.matchAll(/--[a-z][a-z-]+/g)) expect(known, `${path}: ${option}`).toContain(option);
  }
});

test('wrong usage as text: on standard error, with what to do, and without a stack', async () => {
  const [missing, flow, file] = await Promise.all(
    [['sync'], ['sync', 'stok'], ['status', '--config', '/nowhere/bridge.yaml']].map(
      (args) => startCommand(args).ended,
    ),
  );
  for (const ended of [missing, flow, file]) expect([ended?.code, ended?.stdout]).toEqual([1, '']);
  expect(missing?.stderr).toBe("error: missing required argument 'flow'\n(add --help for how to use it)\n");
  expect(flow?.stderr).toMatch(/^Error CLI_USAGE: There is no flow "stok"\.\n {2}Did you mean "stock"\?/);
  expect(file?.stderr).toMatch(
    /^Error CONFIG_NOT_FOUND: The configuration file \/nowhere\/bridge\.yaml does not exist\.\n.*\n.*--config FILE/,
  );
});

test('output into a pipe that nobody reads any more is no error', async () => {
  const command = startCommand(['--help']);
  command.hangUp();
  expect(await command.ended).toMatchObject({ code: 0, stderr: '' });
});
