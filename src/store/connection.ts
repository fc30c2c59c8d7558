/** What can go wrong between the bridge and a PostgreSQL server, told apart and said in words. */
import pg from 'pg';
import { BridgeError, messageOf } from '../lib/errors.ts';
import { storeErrors } from './errors.ts';

/** Oldest supported server, as `server_version_num`. */
const oldest = 150_000;

const place = { path: 'database.url' };

/** The address as it may be printed: without password, and without parameters, which can hold one too. */
export function safeUrl(url: string): string {
  if (!URL.canParse(url)) return 'database.url';
  const { protocol, username, host, pathname } = new URL(url);
  return `${protocol}//${username === '' ? '' : `${username}@`}${host}${pathname}`;
}

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
]);

/** Class 08 and the states of a server that stops, crashes, starts, or has no connection to spare. */
const awayStates = /^(08...|57P0[1235]|53300)$/;

/** pg gives some of its connection errors no code. */
const awayTexts =
  /^(Connection terminated|timeout expired|timeout exceeded when trying to connect|Client (was closed|has encountered a connection error) and is not queryable|Client has encountered a connection error)/;

function errorAndCauses(error: unknown, depth = 0): unknown[] {
  if (typeof error !== 'object' || error === null || depth > 5) return [error];
  const { cause, errors } = error as { cause?: unknown; errors?: unknown };
  const inner = [...(cause === undefined ? [] : [cause]), ...(Array.isArray(errors) ? errors : [])];
  return [error, ...inner.flatMap((each) => errorAndCauses(each, depth + 1))];
}

export function codeOf(error: unknown): string | undefined {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

/** True when the server could not be reached or went away, so that the same work may succeed later on a new connection. */
export function isConnectionError(error: unknown): boolean {
  return errorAndCauses(error).some((each) => {
    const code = codeOf(each);
    if (code !== undefined && (networkCodes.has(code) || awayStates.test(code))) return true;
    return each instanceof Error && awayTexts.test(each.message);
  });
}

/** True when the server cannot take just this data, however often it is tried: classes 22 and 23. */
export function isDataError(error: unknown): boolean {
  return /^2[23]/.test(codeOf(error) ?? '');
}

/** What a refused connection means, and what to do about it. */
export function connectFailure(url: string, error: unknown): BridgeError {
  const at = safeUrl(url);
  const user = URL.canParse(url) ? decodeURIComponent(new URL(url).username) : '';
  const database = URL.canParse(url) ? decodeURIComponent(new URL(url).pathname.slice(1)) : '';
  const code = codeOf(error) ?? '';
  if (code === '28P01' || code === '28000') {
    return new BridgeError(storeErrors.STORE_AUTH, {
      message: `The database server refused the user "${user}" at ${at}: ${messageOf(error)}.`,
      hint: 'Correct the user and the password in `database.url`, or let this user in (pg_hba.conf).',
      place,
      cause: error,
    });
  }
  if (code === '3D000') {
    return new BridgeError(storeErrors.STORE_NO_DATABASE, {
      message: `The database "${database}" of ${at} does not exist.`,
      hint: `Create it (CREATE DATABASE "${database}"), or correct the name at the end of \`database.url\`.`,
      place,
      cause: error,
    });
  }
  if (isConnectionError(error)) {
    return new BridgeError(storeErrors.STORE_UNREACHABLE, {
      message: `The database server at ${at} does not answer: ${messageOf(error) || code}.`,
      hint: 'Check host and port in `database.url`, and that PostgreSQL runs and takes connections from this machine.',
      place,
      cause: error,
    });
  }
  return new BridgeError(storeErrors.STORE_CONNECT, {
    message: `The database server at ${at} refused the connection: ${messageOf(error)}.`,
    hint: 'Check `database.url`, its `sslmode` among the rest, and the log of the database server.',
    place,
    cause: error,
  });
}

/** The same error; where it is a connection that broke in the middle of something, one that says so. */
export function explained(url: string, error: unknown): unknown {
  return error instanceof BridgeError || !isConnectionError(error) ? error : connectFailure(url, error);
}

/** One connection apart from any pool. @throws BridgeError that names `database.url` and the remedy. */
export async function connect(url: string, applicationName: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // Without a listener, a connection that dies between two queries ends the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw connectFailure(url, error);
  }
  return client;
}

/** Refuses a server that the bridge cannot work with, before anything is written. */
export async function checkServer(client: pg.ClientBase, url: string, schema: string): Promise<void> {
  const { rows } = await client.query<{
    version: string;
    version_number: number;
    read_only: boolean;
    schema_exists: boolean;
    may_use: boolean;
    may_create: boolean;
    user_name: string;
    database: string;
  }>(
    `select current_setting('server_version') as version,
            current_setting('server_version_num')::int as version_number,
            pg_is_in_recovery() or current_setting('default_transaction_read_only')::bool as read_only,
            ns.oid is not null as schema_exists,
            coalesce(has_schema_privilege(ns.oid, 'CREATE') and has_schema_privilege(ns.oid, 'USAGE'), false) as may_use,
            has_database_privilege(current_database(), 'CREATE') as may_create,
            current_user as user_name,
            current_database() as database
       from (select $1::text as name) wanted
       left join pg_namespace ns on ns.nspname = wanted.name`,
    [schema],
  );
  const [found] = rows;
  if (found === undefined) return;
  const at = safeUrl(url);
  if (found.version_number < oldest) {
    throw new BridgeError(storeErrors.STORE_TOO_OLD, {
      message: `The database server at ${at} is PostgreSQL ${found.version}; the bridge needs 15 or newer.`,
      hint: 'Upgrade the server, or point `database.url` at another one (PostgreSQL 15 to 18).',
      place,
    });
  }
  if (found.read_only) {
    throw new BridgeError(storeErrors.STORE_READ_ONLY, {
      message: `The database at ${at} is read only.`,
      hint: 'Point `database.url` at the primary server.',
      place,
    });
  }
  if (found.schema_exists && !found.may_use) {
    throw new BridgeError(storeErrors.STORE_NO_RIGHT, {
      message: `The user "${found.user_name}" may not use the schema "${schema}" of ${at}.`,
      hint: `GRANT USAGE, CREATE ON SCHEMA "${schema}" TO "${found.user_name}"; or give the schema's owner in \`database.url\`.`,
      place,
    });
  }
  if (!found.schema_exists && !found.may_create) {
    throw new BridgeError(storeErrors.STORE_NO_RIGHT, {
      message: `The user "${found.user_name}" may not create the schema "${schema}" in ${at}.`,
      hint: `GRANT CREATE ON DATABASE "${found.database}" TO "${found.user_name}"; or give another user in \`database.url\`.`,
      place,
    });
  }
}
