import { errorTable } from '../lib/errors.ts';

/** Codes of the command line itself. */
export const cliErrors = errorTable({
  CLI_USAGE: ['fix-config', 'The command was called with something that it does not take.'],
  CLI_STOPPED: ['retry', 'The command was stopped by a signal before it was done.'],
  CLI_OTO_UNKNOWN: [
    'ask',
    'A call that changes something at OTO got no answer that tells whether it was taken; it was not repeated.',
  ],
});
