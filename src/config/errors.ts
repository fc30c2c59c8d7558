import { errorTable } from '../lib/errors.ts';

export const configErrors = errorTable({
  CONFIG_NOT_FOUND: ['fix-config', 'There is no configuration file, or it cannot be read.'],
  CONFIG_INVALID: ['fix-config', 'The configuration has problems; all of them are listed together.'],
});
