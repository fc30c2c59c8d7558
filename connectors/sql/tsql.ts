import { tokens } from './tokens.ts';

/** A SELECT of T-SQL in the parts that may not all stand in parentheses. */
export interface Parts {
  /** `WITH …`, which only the outermost statement may have. */
  readonly common: string;
  readonly body: string;
  /** `ORDER BY …`: a derived table has none, so it is left out. In the body where TOP or OFFSET goes by it. */
  readonly order: string;
  /** `OPTION (…)`, which stands at the very end. */
  readonly option: string;
}

export function partsOf(sql: string): Parts {
  const parts = { common: '', body: '', order: '', option: '' };
  let here: keyof Parts = 'common';
  let depth = 0;
  let limited = false;
  for (const { kind, text } of tokens(sql, 'sqlserver')) {
    if (kind === 'other') depth += text === '(' ? 1 : text === ')' ? -1 : 0;
    const word = kind === 'word' && depth === 0 ? text.toLowerCase() : '';
    if (word === 'select' && here === 'common') here = 'body';
    else if (word === 'order' && here === 'body') here = 'order';
    else if (word === 'option') here = 'option';
    else if ((word === 'top' && here === 'body') || (word === 'offset' && here === 'order')) limited = true;
    parts[here] += text;
  }
  const { body, order } = parts;
  return limited ? { ...parts, body: body + order, order: '' } : parts;
}

/** A statement around a SELECT. Its names are quoted by `quotedName`. */
export function aroundTsql(before: string, sql: string, after: string): string {
  const { common, body, option } = partsOf(sql);
  return `${common}${before} (\n${body}\n) oto_bridge_query ${after}${option === '' ? '' : `\n${option}`}`;
}

export const bracketed = (name: string) => `[${name.replaceAll(']', ']]')}]`;

export interface DescribedColumn {
  readonly name: string;
  /** Such as `decimal(18,4)`, as `sys.dm_exec_describe_first_result_set` has it. */
  readonly type: string;
}

/** Of types whose values the driver would make numbers or times of its own, the text that holds all of them. */
const styles: readonly (readonly [RegExp, style: string])[] = [
  [/^(decimal|numeric|bigint)\b/, ''],
  // Without a style, money is cut to two places.
  [/^(small)?money\b/, ', 2'],
  [/^(date|time|datetime|datetime2|smalldatetime|datetimeoffset)\b/, ', 121'],
  [/^sql_variant\b/, ''],
];

/**
 * The same rows with every value as text, ordered by `order`: what the driver would make of a decimal is a number of JavaScript, which loses
 * digits. The statement's own ORDER BY is lost with the parentheses, unless TOP or OFFSET goes by it.
 */
export function asTexts(sql: string, columns: readonly DescribedColumn[], order: readonly string[]): string {
  const select = columns.map(({ name, type }) => {
    const column = `oto_bridge_query.${bracketed(name)}`;
    const style = styles.find(([pattern]) => pattern.test(type))?.[1];
    return style === undefined ? column : `convert(nvarchar(100), ${column}${style}) as ${bracketed(name)}`;
  });
  // By the column itself and not by the text that is selected under its name: as a text, 10 comes before 9.
  const by = order.map((name) => `oto_bridge_query.${bracketed(name)}`).join(', ');
  return aroundTsql(`select ${select.join(', ')} from`, sql, by === '' ? '' : `order by ${by}`);
}
