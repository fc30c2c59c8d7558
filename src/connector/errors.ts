import { errorTable } from '../lib/errors.ts';

/** Codes that a connector throws with; the engine reads the recovery, never the text. */
export const connectorErrors = errorTable({
  CONNECTOR_UNREACHABLE: ['retry', 'The ERP, folder or database cannot be reached.'],
  CONNECTOR_AUTH: ['fix-config', 'The ERP refused the credentials or lacks a right that the bridge needs.'],
  CONNECTOR_BAD_SOURCE: [
    'fix-data',
    'What the ERP delivered cannot be read as a whole: a missing column, a broken file, an incomplete read.',
  ],
  CONNECTOR_OPTIONS: ['fix-config', "The connector's options do not fit what was found."],
  CONNECTOR_WRITE: ['retry', 'Writing to the ERP did not work; nothing was written.'],
  CONNECTOR_UNSUPPORTED: ['fix-config', 'The connector cannot do what the configuration asks of it.'],
});
