import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { postgresEngine } from '../connectors/sql/tds/postgres-engine.ts';
import { ServerError, startTdsServer } from '../connectors/sql/tds/server.ts';
import type { ErpDatabase } from './sql-erp.ts';
import { openPostgresErp } from './sql-postgres.ts';

const certificates = join(import.meta.dirname, '../support/tls');
export const authority = join(certificates, 'authority.pem');
export const serverTls = {
  cert: readFileSync(join(certificates, 'server.pem'), 'utf8'),
  key: readFileSync(join(certificates, 'server.key'), 'utf8'),
};

/** A server that speaks TDS in front of a schema of PostgreSQL. */
export async function openSqlServerErp(serverUrl: string, { encrypted = false } = {}): Promise<ErpDatabase> {
  const erp = await openPostgresErp(serverUrl);
  const { host, port, user, password, database } = erp;
  const server = await startTdsServer({
    tls: encrypted ? serverTls : undefined,
    async open(login) {
      if (login.user === user && login.password === password)
        return postgresEngine({ host, port, user, password, database });
      throw new ServerError(18456, `Login failed for user '${login.user}'.`);
    },
  });
  return {
    ...erp,
    dialect: 'sqlserver',
    host: 'localhost',
    port: server.port,
    ...(encrypted ? { ca: authority } : { sqlserver: { encrypt: false } }),
    channel: undefined,
    async drop() {
      await server.stop();
      await erp.drop();
    },
  };
}
