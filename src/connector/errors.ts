import { errorTable } from '../lib/errors.ts';

/** Codes that a connector throws with; the engine reads the recovery, never the text. */
export const connectorErrors = errorTable({
  CONNECTOR_UNREACHABLE: ['retry', 'The ERP, folder or database cannot be reached.'],
  CONNECTOR_AUTH: ['fix-config', 'The ERP refused the credentials or lacks a right that the bridge needs.'],
  CONNECTOR_IDENTITY: [
    'fix-config',
    'The server is not the one that the configuration names: its host key or its certificate is another, or nobody vouches for it. Nothing was sent to it.',
  ],
  CONNECTOR_BAD_SOURCE: [
    'fix-data',
    'What the ERP delivered cannot be read as a whole: a missing column, a broken file, an incomplete read.',
  ],
  CONNECTOR_OPTIONS: ['fix-config', "The connector's options do not fit what was found."],
  CONNECTOR_WRITE: ['retry', 'Writing to the ERP did not work; nothing was written.'],
  CONNECTOR_REFUSED: [
    'fix-data',
    'The ERP refused what the bridge asked it to write: its own rules or its data stand against it.',
  ],
  CONNECTOR_ORDER_UNKNOWN: [
    'fix-data',
    "The ERP has no order of the number under which it was told of a packing result: OTO's order matches nothing there.",
  ],
  CONNECTOR_UNSUPPORTED: ['fix-config', 'The connector cannot do what the configuration asks of it.'],
  CONNECTOR_NOT_FOUND: ['fix-config', 'The connector that a source names is neither built in nor installed.'],
  CONNECTOR_INVALID: ['fix-config', 'What the connector package exports is no connector, or it cannot be loaded.'],
  CONNECTOR_API_VERSION: ['fix-config', 'The connector was written for another version of the connector interface.'],
});
