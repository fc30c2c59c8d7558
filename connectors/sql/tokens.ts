/** How a dialect writes its strings, names and parameters. */
export type Dialect = 'postgres' | 'mysql' | 'sqlserver';

export interface Token {
  readonly kind: 'word' | 'parameter' | 'end' | 'other';
  /** As written; of a parameter its name. */
  readonly text: string;
}

/** Strings, quoted names and comments are `other`: nothing in them is a word, a parameter or the end of a statement. */
export function* tokens(sql: string, dialect: Dialect): Generator<Token> {
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
  if (quote === '[' && dialect === 'sqlserver') return quoted(rest, ']', false);
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
