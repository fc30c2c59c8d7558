/** How PostgreSQL's types become JavaScript's. */
import pg from 'pg';

const { builtins } = pg.types;

/** @throws RangeError: a rounded id would name another row. */
function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${text} does not fit into a JavaScript number`);
  return number;
}

const asText = (text: string): string => text;

type ArrayParser = (text: string) => (string | null)[];
/** Array types by their number in pg_type: pg names only the scalar ones. */
const arrayParser = (oid: number): ArrayParser =>
  pg.types.getTypeParser(oid as Parameters<typeof pg.types.getTypeParser>[0]) as ArrayParser;
const bigintArray = 1016;
const dateArray = 1182;
const parseTexts = arrayParser(1009);
const parseIntegers = arrayParser(bigintArray);

const parsers = new Map<number, (text: string) => unknown>([
  [builtins.INT8, wholeNumber],
  [bigintArray, (text) => parseIntegers(text).map((item) => (item === null ? null : wholeNumber(item)))],
  // As a Date, a day without a time would move with the time zone of the machine.
  [builtins.DATE, asText],
  [dateArray, parseTexts],
]);

export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (format === 'binary' ? undefined : parsers.get(oid)) ??
    pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
};
