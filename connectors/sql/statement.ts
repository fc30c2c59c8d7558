import { z } from 'zod';

/** How a dialect writes its strings, names and parameters. */
export type Dialect = 'postgres' | 'mysql' | 'sqlserver';

interface Token {
  readonly kind: 'word' | 'parameter' | 'end' | 'other';
  /** As written; of a parameter its name. */
  readonly text: string;
}

const forbidden = new Set(
  'insert update delete merge into drop alter create truncate grant revoke call exec execute'.split(' '),
);

/** Why a text is not one SELECT; undefined where it is. */
export function whyNoSelect(sql: string): string | undefined {
  for (const dialect of ['postgres', 'mysql'] as const) {
    const found = [...tokens(sql, dialect)];
    const first = found.find((token) => token.kind !== 'other' || token.text.trim() !== '');
    if (first === undefined) return 'is empty';
    if (first.kind !== 'word' || !['select', 'with'].includes(first.text.toLowerCase()))
      return 'must be one SELECT (or WITH … SELECT)';
    const end = found.findIndex((token) => token.kind === 'end');
    if (end >= 0 && found.slice(end + 1).some((token) => token.text.trim() !== ''))
      return 'holds more than one statement';
    const word = found.find((token) => token.kind === 'word' && forbidden.has(token.text.toLowerCase()));
    if (word !== undefined)
      return `holds the word ${word.text.toUpperCase()}: a read only selects (a column of that name has to be quoted)`;
  }
  return undefined;
}

/** The names of a statement's parameters, as often as they stand there. */
export function parametersOf(sql: string): string[] {
  return [...tokens(sql, 'postgres')].flatMap((token) => (token.kind === 'parameter' ? [token.text] : []));
}

/** One SELECT with the parameters that a read fills in; others are refused. */
export function selectOption(parameters: readonly string[]) {
  return z.string().superRefine((sql, issues) => {
    const why = whyNoSelect(sql);
    if (why !== undefined) issues.addIssue({ code: 'custom', message: why });
    checkParameters(sql, parameters, issues);
  });
}

/** One statement that writes. */
export function statementOption(parameters: readonly string[]) {
  return z
    .string()
    .min(1)
    .superRefine((sql, issues) => checkParameters(sql, parameters, issues));
}

function checkParameters(sql: string, known: readonly string[], issues: z.RefinementCtx): void {
  const odd = parametersOf(sql).find((name) => !known.includes(name));
  if (odd === undefined) return;
  const names = known.map((name) => `:${name}`).join(', ');
  issues.addIssue({
    code: 'custom',
    message: `has the parameter :${odd}; ${known.length === 0 ? 'it takes none' : `it takes ${names}`}`,
  });
}

export interface Bound {
  readonly sql: string;
  /** In the order in which the driver wants them. */
  readonly values: readonly (string | null)[];
  readonly names: readonly string[];
}

/** The statement as the dialect's driver takes it, without a closing semicolon. A parameter that stands twice is bound once or twice, as the driver needs. */
export function bind(sql: string, dialect: Dialect, parameters: Readonly<Record<string, string | null>>): Bound {
  let text = '';
  const values: (string | null)[] = [];
  const names: string[] = [];
  for (const token of tokens(sql, dialect)) {
    if (token.kind === 'end') break;
    if (token.kind !== 'parameter') {
      text += token.text;
      continue;
    }
    const known = names.indexOf(token.text);
    if (dialect === 'mysql' || known < 0) {
      values.push(parameters[token.text] ?? null);
      names.push(token.text);
    }
    const place = known < 0 ? names.length : known + 1;
    text += dialect === 'mysql' ? '?' : dialect === 'postgres' ? `$${place}` : `@${token.text}`;
  }
  return { sql: text.trimEnd(), values, names };
}

/** Strings, quoted names and comments are `other`: nothing in them is a word, a parameter or the end of a statement. */
function* tokens(sql: string, dialect: Dialect): Generator<Token> {
  let at = 0;
  while (at < sql.length) {
    const rest = sql.slice(at);
    const skipped = skip(rest, sql[at - 1] ?? '', dialect);
    if (skipped > 0) {
      yield { kind: 'other', text: rest.slice(0, skipped).replace(/^(--|#|\/\*)[\s\S]*/, ' ') };
      at += skipped;
      continue;
    }
    const parameter = /^:([A-Za-z]\w*)/.exec(rest);
    if (parameter !== null && !/[\w:)\]]/.test(sql[at - 1] ?? '')) {
      yield { kind: 'parameter', text: parameter[1] ?? '' };
      at += parameter[0].length;
      continue;
    }
    const word = /^[A-Za-z_@]\w*/.exec(rest);
    const text = word?.[0] ?? rest.slice(0, rest.startsWith('::') ? 2 : 1);
    yield { kind: word === null ? (text === ';' ? 'end' : 'other') : 'word', text };
    at += text.length;
  }
}

/** The length of a string, a quoted name or a comment that begins here; 0 where none does. */
function skip(rest: string, before: string, dialect: Dialect): number {
  if (rest.startsWith('--') || (dialect === 'mysql' && rest.startsWith('#'))) return /^.*/.exec(rest)?.[0].length ?? 0;
  if (rest.startsWith('/*')) return endOf(rest, /\*\//g, 2);
  const tag = dialect === 'postgres' ? /^\$(\w*)\$/.exec(rest) : null;
  if (tag !== null && !/\w/.test(before)) {
    const end = rest.indexOf(tag[0], tag[0].length);
    return end < 0 ? rest.length : end + tag[0].length;
  }
  const [quote = ''] = rest;
  if (quote === '[' && dialect === 'sqlserver') return endOf(rest, /\]/g, 1);
  if (quote === '`' && dialect === 'mysql') return quoted(rest, '`', false);
  if (quote === '"') return quoted(rest, '"', dialect === 'mysql');
  if (quote !== "'") return 0;
  // E'…' of PostgreSQL knows backslashes, and so do MySQL's strings.
  return quoted(rest, "'", dialect === 'mysql' || (dialect === 'postgres' && /e/i.test(before)));
}

function endOf(rest: string, end: RegExp, from: number): number {
  end.lastIndex = from;
  return end.exec(rest) === null ? rest.length : end.lastIndex;
}

function quoted(rest: string, quote: string, backslashes: boolean): number {
  for (let at = 1; at < rest.length; at += 1) {
    if (backslashes && rest[at] === '\\') at += 1;
    else if (rest[at] === quote && rest[at + 1] === quote) at += 1;
    else if (rest[at] === quote) return at + 1;
  }
  return rest.length;
}
