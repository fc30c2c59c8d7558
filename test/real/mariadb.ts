/**
 * The contract kit against a real MariaDB, which this starts itself: `npm run test:mariadb`. Apart from `npm test`, since the server
 * has to be installed.
 */
import { after, before, test } from 'node:test';
import sql from '../../connectors/sql/index.ts';
import { connectorTests } from '../../src/kit/index.ts';
import { startSqlErp } from '../kit/sql-erp.ts';
import { type MariaDb, startMariaDb } from './mariadb-server.ts';

let server: MariaDb;
before(async () => {
  server = await startMariaDb();
  console.log(`MariaDB ${server.version}`);
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

connectorTests({ test, definition: sql, startFake: async () => startSqlErp(await server.open()) });
