import { CommanderError } from 'commander';
import { BridgeError } from '../lib/errors.ts';
import { cliErrors } from './errors.ts';
import { printError } from './output.ts';
import { buildProgram } from './program.ts';

/** Runs the command that the process was started with. Sets the exit code; never throws. */
export async function start(): Promise<void> {
  // `oto-bridge … | head` closes the pipe early: nobody reads any more, which is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

  const program = buildProgram((code) => {
    process.exitCode = code;
  });
  const json = process.argv.includes('--json');
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 1;
      // Its text went to standard error; a script that asked for JSON gets its one document all the same.
      if (error.exitCode !== 0 && json) printError(true, usageError(error));
    } else {
      printError(json, error);
      process.exitCode = 1;
    }
  }
}

function usageError(error: CommanderError): BridgeError {
  return new BridgeError(cliErrors.CLI_USAGE, {
    message: error.message.replace(/^error: /, ''),
    hint: 'Add --help for how to use it.',
  });
}
