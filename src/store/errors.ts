import { errorTable } from '../lib/errors.ts';

export const storeErrors = errorTable({
  STORE_UNREACHABLE: ['retry', 'The database server of `database.url` does not answer.'],
  STORE_AUTH: ['fix-config', 'The database server refused the user or the password of `database.url`.'],
  STORE_NO_DATABASE: ['fix-config', 'The database that `database.url` names does not exist.'],
  STORE_CONNECT: ['fix-config', 'The database server answers, but refuses the connection.'],
  STORE_TOO_OLD: ['fix-config', 'The database server is older than PostgreSQL 15.'],
  STORE_READ_ONLY: ['fix-config', 'The database takes no writes: it is a standby, or set to read only.'],
  STORE_NO_RIGHT: ['fix-config', 'The database user lacks a right that the bridge needs.'],
  STORE_NEWER: ['fix-config', 'A newer release of the bridge has changed the database already.'],
  STORE_MIGRATION: ['report', 'A change of the database layout did not work; the layout is as it was before.'],
  STORE_ROWS: ['report', 'A query that must give one row gave none or several.'],
  STORE_LOST_ERROR: [
    'report',
    'A transaction went on after one of its statements had failed; nothing of it was saved.',
  ],
  EMBEDDED_PLATFORM: ['fix-config', 'There is no embedded PostgreSQL for this machine.'],
  EMBEDDED_FOLDER: ['fix-config', 'The folder of the embedded PostgreSQL cannot be used.'],
  EMBEDDED_VERSION: [
    'fix-config',
    'The data of the embedded PostgreSQL were written by another major version of PostgreSQL.',
  ],
  EMBEDDED_PASSWORD: ['fix-config', 'The password file of the embedded PostgreSQL is missing or wrong.'],
  EMBEDDED_DISK_FULL: ['fix-config', 'The disk of the embedded PostgreSQL is full.'],
  EMBEDDED_START: ['report', 'The embedded PostgreSQL did not start.'],
  EMBEDDED_BUSY: ['retry', 'Another process keeps the embedded PostgreSQL busy.'],
});
