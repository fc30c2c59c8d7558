import { type Dialect, type Token, tokens } from './tokens.ts';

const forbidden = 'insert update delete merge into drop alter create truncate grant revoke call exec execute'.split(
  ' ',
);

/**
 * T-SQL needs no semicolon between statements, so that any of these words may begin a second one; the three that reach other servers may
 * write there, and NEXT VALUE FOR uses up a number that no transaction gives back.
 */
const forbiddenInTsql = [
  'openquery openrowset opendatasource waitfor declare set use if while begin print raiserror throw goto return break',
  'save commit rollback backup restore dbcc kill shutdown reconfigure checkpoint deny revert setuser bulk open deallocate',
  'readtext writetext updatetext',
].flatMap((line) => line.split(' '));

/** They read past the transaction's view: half-done bookings, rows twice or not at all. */
const hints = ['nolock', 'readuncommitted', 'readcommitted', 'readcommittedlock', 'readpast'];

/** Why a text is not one SELECT that `dialect` runs; undefined where it is. */
export function whyNoSelect(sql: string, dialect: Dialect): string | undefined {
  // What PostgreSQL takes for the end of a string MySQL may not, and the other way round: neither may find a second statement.
  const readings: readonly Dialect[] = dialect === 'sqlserver' ? ['sqlserver'] : ['postgres', 'mysql'];
  for (const reading of readings) {
    const why = whyNot([...tokens(sql, reading)], reading);
    if (why !== undefined) return why;
  }
  return undefined;
}

function whyNot(found: readonly Token[], dialect: Dialect): string | undefined {
  const written = found.filter((token) => token.text.trim() !== '');
  const [first] = written;
  if (first === undefined) return 'is empty';
  if (first.kind !== 'word' || !['select', 'with'].includes(first.text.toLowerCase()))
    return 'must be one SELECT (or WITH … SELECT)';
  const end = written.findIndex((token) => token.kind === 'end');
  if (end >= 0 && end < written.length - 1) return 'holds more than one statement';
  const words = written.filter(({ kind }) => kind === 'word').map(({ text }) => text.toLowerCase());
  const banned = dialect === 'sqlserver' ? [...forbidden, ...forbiddenInTsql] : forbidden;
  const word = words.find((one) => banned.includes(one));
  if (word !== undefined)
    return `holds the word ${word.toUpperCase()}: a read only selects (a column of that name has to be quoted)`;
  if (dialect !== 'sqlserver') return undefined;
  if (words.some((one, at) => one === 'next' && words[at + 1] === 'value' && words[at + 2] === 'for'))
    return 'holds NEXT VALUE FOR: a read uses up no numbers';
  const hint = words.find((one) => hints.includes(one));
  if (hint !== undefined)
    return `holds the hint ${hint.toUpperCase()}, which reads rows twice or not at all: take it out; the read is one that waits for nobody where the database allows SNAPSHOT isolation`;
  return mainSelects(written) > 1 ? 'holds more than one statement' : undefined;
}

/** SELECTs that stand in no parentheses and are not joined by UNION and its like. */
function mainSelects(written: readonly Token[]): number {
  let depth = 0;
  let count = 0;
  let before = '';
  for (const { kind, text } of written) {
    if (kind === 'other') depth += text === '(' ? 1 : text === ')' ? -1 : 0;
    const word = text.toLowerCase();
    if (depth === 0 && kind === 'word' && word === 'select' && !['union', 'except', 'intersect'].includes(before))
      count += 1;
    // UNION ALL SELECT
    if (word !== 'all') before = word;
  }
  return count;
}
