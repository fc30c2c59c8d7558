import { errorTable } from '../lib/errors.ts';

/** Codes of the simulator itself. What it answers in OTO's name stands in refusals.ts. */
export const simulatorErrors = errorTable({
  SIMULATOR_NO_HANDLER: ['report', 'An endpoint of the endpoints table has no handler in the simulator.'],
  SIMULATOR_PORT: ['fix-config', 'The simulator cannot listen on the address it was given.'],
  SIMULATOR_STATE_FILE: ['fix-data', "The simulator's state file cannot be read or does not hold a simulator's state."],
  SIMULATOR_INPUT: [
    'fix-data',
    'A switch, fault rule, seed or staff action was given to the simulator that it cannot take.',
  ],
  SIMULATOR_NOT_FOUND: ['fix-data', 'The simulator holds no such order, location or fault.'],
  SIMULATOR_CONFLICT: ['fix-data', 'The state of the order does not allow this staff action.'],
});
