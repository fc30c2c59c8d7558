import { expect } from 'vitest';
import { jsonOf, type Site, startCommand } from '../support/process.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
type Answer = any;

/** Runs a command with --json: exactly one document on standard output, and nothing besides. Arguments with spaces go in a list. */
export async function ask(site: Site, command: string | readonly string[], exit = 0): Promise<Answer> {
  const args = typeof command === 'string' ? command.split(' ') : command;
  const ended = await site.run(...args);
  const data = jsonOf<Answer>(ended);
  expect({ args, code: ended.code, stderr: ended.stderr }, ended.stdout).toEqual({ args, code: exit, stderr: '' });
  return data;
}

/** What a person sees of a command. */
export async function tell(site: Site, command: string, exit = 0): Promise<string> {
  const ended = await startCommand([...command.split(' '), '--config', site.configFile]).ended;
  expect({ command, code: ended.code }, `${ended.stdout}${ended.stderr}`).toEqual({ command, code: exit });
  return ended.stdout;
}
