import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { jsonOf, openSite } from '../support/process.ts';

const program = buildProgram(() => undefined);

/** Commands that do something, as they are typed. */
function leaves(command: Command, path: readonly string[] = []): [string, Command][] {
  return command.commands.flatMap((child) => {
    const here = [...path, child.name()];
    return child.commands.length > 0 ? leaves(child, here) : [[here.join(' '), child] as [string, Command]];
  });
}

/** The whole help, with what is added after it. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

test.each(leaves(program))(
  '%s --help says what it does, takes the common options and shows an example',
  (path, command) => {
    const text = helpOf(command);
    expect(command.summary()).not.toBe('');
    expect(text).toContain('--json');
    expect(text).toContain('--config');
    expect(text).toContain('--log-level');
    // The example is one of this very command.
    expect(text).toMatch(new RegExp(`Examples?:(?:.|\\n)*oto-bridge ${path}\\b`));
  },
);

test('the program lists every command, each with a summary', () => {
  const text = helpOf(program);
  for (const command of program.commands) expect(text).toContain(`${command.name()} `);
  expect(program.commands.map((command) => command.name())).toEqual(
    expect.arrayContaining(['check', 'status', 'run', 'sync']),
  );
});

test('what is called wrongly ends with 1 and one JSON document that says how to go on', async () => {
  const site = await openSite();
  const wrong = [
    ['chek'],
    ['documents', 'frobnicate'],
    ['sync'],
    ['sync', 'stok'],
    ['operations', 'list', '--state', 'lost'],
    ['operations', 'show', 'many'],
    ['operations', 'resolve', '1', '--landed', '--resend'],
    ['documents', 'list', '--state', 'lost'],
    ['pull', 'everything'],
    ['pull', 'stock', '--location', 'NOWHERE'],
    ['status', '--log-level', 'loud'],
  ];
  const ended = await Promise.all(wrong.map((args) => site.run(...args)));
  for (const [index, one] of ended.entries()) {
    const { error } = jsonOf<{ error: { code: string; message: string; hint: string } }>(one);
    expect({ args: wrong[index], exit: one.code, code: error.code }).toEqual({
      args: wrong[index],
      exit: 1,
      code: 'CLI_USAGE',
    });
    expect(error.message).not.toBe('');
    expect(error.hint).not.toBe('');
  }
});

test('--help ends with 0, and standard output is for results alone: logs go to standard error', async () => {
  const site = await openSite();
  const [help, logged] = await Promise.all([
    site.run('operations', 'resolve', '--help'),
    site.run('pull', 'locations', '--log-level', 'trace'),
  ]);
  expect(help.code).toBe(0);
  expect(help.stdout).toContain('--landed');
  expect(jsonOf<{ locations: object[] }>(logged).locations.length).toBeGreaterThan(0);
  const lines = logged.stderr.trim().split('\n');
  expect(lines.length).toBeGreaterThan(2);
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number) });
});
