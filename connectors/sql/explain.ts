import { BridgeError, type Context, connectorErrors, messageOf } from '../../src/connector/index.ts';
import type { SqlOptions } from './options.ts';

type Kind = 'auth' | 'right' | 'missing' | 'data' | 'time' | 'refused' | 'certificate';

/** Codes that are the person's to mend: SQLSTATE of PostgreSQL, names of MySQL, of the drivers and of Node. */
const kinds: Readonly<Record<string, Kind>> = {
  '28P01': 'auth',
  '28000': 'auth',
  ER_ACCESS_DENIED_ERROR: 'auth',
  ER_NOT_SUPPORTED_AUTH_MODE: 'auth',
  ELOGIN: 'auth',
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
  ETIMEOUT: 'time',
  ER_DUP_ENTRY: 'refused',
  ER_BAD_NULL_ERROR: 'refused',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate',
  CERT_HAS_EXPIRED: 'certificate',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate',
};

/** The same for SQL Server, by its numbers. */
const numbers: readonly (readonly [Kind, readonly number[]])[] = [
  ['right', [229, 230, 262, 297, 300, 916]],
  // 1033, 8155, 8156: what a query may not hold in parentheses. 11501 and on: it cannot be described. 395x: no snapshot of a database it names.
  ['missing', [102, 105, 137, 156, 170, 207, 208, 209, 911, 1033, 2812, 3951, 3952, 4104, 8155, 8156, 11501, 11529]],
  ['data', [220, 241, 242, 245, 248, 295, 8114, 8115, 8134, 8152, 2628]],
  ['refused', [515, 547, 2601, 2627]],
  ['time', [1222]],
];

interface DriverError {
  readonly code?: string;
  readonly number?: unknown;
  /** What the driver wraps. */
  readonly cause?: unknown;
  readonly originalError?: unknown;
}

function kindOfError(error: unknown): Kind | undefined {
  if (/^Cannot open database/.test(messageOf(error))) return 'missing';
  for (let one = error as DriverError | undefined, depth = 0; one != null && depth < 5; depth += 1) {
    const { number } = one;
    // From 50,000 on they are the ERP's own.
    const kind =
      typeof number === 'number'
        ? (numbers.find(([, known]) => known.includes(number))?.[0] ?? (number >= 50_000 ? 'refused' : undefined))
        : kindOf(one.code);
    if (kind !== undefined) return kind;
    one = (one.originalError ?? one.cause) as DriverError | undefined;
  }
  return undefined;
}

function kindOf(code: string | undefined): Kind | undefined {
  if (code === undefined) return undefined;
  const known = kinds[code];
  if (known !== undefined) return known;
  if (/^(23|ER_(NO_REFERENCED_ROW|ROW_IS_REFERENCED|CHECK_CONSTRAINT))/.test(code)) return 'refused';
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
  // Of several, the first is the cause.
  const [first = error] = (error as { precedingErrors?: unknown[] }).precedingErrors ?? [];
  const text = messageOf(first).replace(/\.$/, '');
  const say = (row: keyof typeof connectorErrors, message: string, hint: string) =>
    new BridgeError(connectorErrors[row], { message, hint, place, cause: error });
  switch (kindOfError(first)) {
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
    case 'refused':
      return say(
        'CONNECTOR_REFUSED',
        `${database} refuses ${what}: ${text}.`,
        'Its own rules stand against it, and nothing was written: mend its data, or the statement.',
      );
    case 'certificate':
      return say(
        'CONNECTOR_OPTIONS',
        `${host} shows a certificate that cannot be checked: ${text}.`,
        'Name the PEM file of the authority that signed it in `ca`, and the server in `host` as the certificate does.',
      );
    default:
      return say(
        'CONNECTOR_UNREACHABLE',
        `${host}: ${what} failed: ${text}.`,
        'Is the server up, and can it be reached?',
      );
  }
}
