import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { makePin } from '../engine/staff-pin.ts';
import { BridgeError } from '../lib/errors.ts';
import { cliErrors } from './errors.ts';

export interface PinOption {
  readonly pin?: string;
}

/** The PIN to set, and whether it was made here, so that it has to be shown. @throws BridgeError CLI_USAGE */
export async function pinFor(
  { pin }: PinOption,
  name: string,
): Promise<{ readonly pin: string; readonly made: boolean }> {
  if (pin === undefined) return { pin: makePin(name), made: true };
  if (pin !== '-') {
    throw new BridgeError(cliErrors.CLI_USAGE, {
      message: 'A PIN in a command can be read by others: in the list of processes, and in the history of the shell.',
      hint: 'Write `--pin -` and give it on standard input, or leave --pin out: then one is made.',
    });
  }
  return { pin: await firstLine(`PIN of ${name}: `), made: false };
}

/** The first line of standard input. At a terminal it asks, and does not show what is typed. */
async function firstLine(question: string): Promise<string> {
  const terminal = process.stdin.isTTY === true;
  if (terminal) process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal });
  try {
    const ended = once(lines, 'close').then(() => ['']);
    const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
    return line;
  } finally {
    lines.close();
    if (terminal) process.stderr.write('\n');
  }
}
