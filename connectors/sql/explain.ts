import { BridgeError, type Context, connectorErrors, messageOf } from '../../src/connector/index.ts';
import type { SqlOptions } from './options.ts';

type Kind = 'auth' | 'right' | 'missing' | 'data' | 'time';

/** Codes that are the person's to mend; SQLSTATE of PostgreSQL, names of MySQL. */
const kinds: Readonly<Record<string, Kind>> = {
  '28P01': 'auth',
  '28000': 'auth',
  ER_ACCESS_DENIED_ERROR: 'auth',
  ER_NOT_SUPPORTED_AUTH_MODE: 'auth',
  '42501': 'right',
  ER_TABLEACCESS_DENIED_ERROR: 'right',
  ER_COLUMNACCESS_DENIED_ERROR: 'right',
  ER_DBACCESS_DENIED_ERROR: 'right',
  ER_SPECIFIC_ACCESS_DENIED_ERROR: 'right',
  '3D000': 'missing',
  ER_BAD_DB_ERROR: 'missing',
  '57014': 'time',
  ER_QUERY_TIMEOUT: 'time',
  ER_STATEMENT_TIMEOUT: 'time',
  ER_QUERY_INTERRUPTED: 'time',
};

function kindOf(code: string | undefined): Kind | undefined {
  if (code === undefined) return undefined;
  const known = kinds[code];
  if (known !== undefined) return known;
  // Class 22: a value that the query stumbles over. Class 42 and MySQL's parser: the query itself.
  if (code.startsWith('22') || code === 'ER_DIVISION_BY_ZERO' || code === 'ER_TRUNCATED_WRONG_VALUE') return 'data';
  if (/^42/.test(code) || /^ER_(PARSE|NO_SUCH_TABLE|BAD_FIELD|BAD_TABLE|WRONG|SP_DOES|NON_UNIQ|CANT_AGG)/.test(code))
    return 'missing';
  return undefined;
}

/** What a database said, as an error that tells a person what to do. `what` names the query. */
export function explained(
  context: Context<SqlOptions>,
  error: unknown,
  signal: AbortSignal,
  what = 'the connection',
): Error {
  if (signal.aborted) return signal.reason as Error;
  if (error instanceof BridgeError) return error;
  const { host, database, user, statementTimeoutSeconds } = context.options;
  const place = { path: `sources.${context.source}.options` };
  const text = messageOf(error);
  const { code } = error as { code?: string };
  const say = (row: keyof typeof connectorErrors, message: string, hint: string) =>
    new BridgeError(connectorErrors[row], { message, hint, place, cause: error });
  switch (kindOf(code)) {
    case 'auth':
      return say('CONNECTOR_AUTH', `${host} does not let "${user}" in: ${text}.`, 'Check `user` and `password`.');
    case 'right':
      return say(
        'CONNECTOR_AUTH',
        `"${user}" lacks a right for ${what}: ${text}.`,
        'Grant it, and no more than it needs.',
      );
    case 'missing':
      return say(
        'CONNECTOR_OPTIONS',
        `${database} cannot run ${what}: ${text}.`,
        'Try the statement in a client of the database.',
      );
    case 'data':
      return say(
        'CONNECTOR_BAD_SOURCE',
        `${what} stumbles over a value: ${text}.`,
        'Mend the value, or let the query leave it out.',
      );
    case 'time':
      return say(
        'CONNECTOR_UNREACHABLE',
        `${what} took longer than ${statementTimeoutSeconds} s, or was ended by the server: ${text}.`,
        'Make it faster (an index), or set `statementTimeoutSeconds`.',
      );
    default:
      return say(
        'CONNECTOR_UNREACHABLE',
        `${host}: ${what} failed: ${text}.`,
        'Is the server up, and can it be reached?',
      );
  }
}
