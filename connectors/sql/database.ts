import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BridgeError, type Context, connectorErrors, messageOf } from '../../src/connector/index.ts';
import type { Connection, Database } from './connection.ts';
import { explained } from './explain.ts';
import { grammars } from './grammar.ts';
import { openMysql } from './mysql.ts';
import { type SqlOptions, sqlServerOptions } from './options.ts';
import { openPostgres } from './postgres.ts';
import { openSqlServer } from './sqlserver.ts';

export async function openDatabase(context: Context<SqlOptions>): Promise<Database> {
  const { options, baseDir, source } = context;
  const { host, database, user, password, dialect } = options;
  const connection: Connection = {
    host,
    port: options.port ?? grammars[dialect].port,
    database,
    user,
    password,
    ssl: options.ca === undefined ? undefined : { ca: await authority(resolve(baseDir, options.ca), source) },
    path: `sources.${source}.options`,
    timeoutMs: options.statementTimeoutSeconds * 1000,
    explain: (error, signal, what) => explained(context, error, signal, what),
  };
  switch (dialect) {
    case 'mysql':
      return openMysql(connection);
    case 'sqlserver':
      return openSqlServer(connection, sqlServerOptions(options));
    case 'postgres':
      return openPostgres(connection);
  }
}

async function authority(file: string, source: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new BridgeError(connectorErrors.CONNECTOR_OPTIONS, {
      message: `The certificate ${file} cannot be read: ${messageOf(error)}.`,
      hint: 'Check `ca`: it is relative to the configuration file.',
      place: { path: `sources.${source}.options.ca`, file },
    });
  }
}
