import { inject, test } from 'vitest';
import sql from '../../connectors/sql/index.ts';
import { connectorTests } from '../../src/kit/index.ts';
import { startSqlErp } from './sql-erp.ts';
import { openSqlServerErp } from './sql-server.ts';

connectorTests({
  test,
  definition: sql,
  startFake: async () => startSqlErp(await openSqlServerErp(inject('databaseServer'))),
});
