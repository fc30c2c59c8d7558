import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bind, parametersOf, whyNoSelect } from '../../../connectors/sql/statement.ts';

describe('a read is one SELECT', () => {
  test.each([
    'select 1',
    '  SELECT sku FROM item;  ',
    '-- stock of today\nselect sku from item',
    '/* delete from item */ select sku from item',
    'with last as (select max(id) from item) select * from last',
    "select 'drop table item; delete' as sku",
    'select "update" from item',
    "select sku from item where name = 'O''Brien; drop'",
    'select is_deleted, updated_at, created from item',
    "select replace(sku, ';', '') from item",
  ])('%s', (sql) => {
    expect(whyNoSelect(sql)).toBeUndefined();
  });

  test.each([
    ['', 'is empty'],
    ['-- nothing', 'is empty'],
    ['update item set sku = 1', 'must be one SELECT'],
    ['select 1; select 2', 'more than one statement'],
    ['select 1; -- done\ndelete from item', 'more than one statement'],
    ['with gone as (delete from item returning *) select * from gone', 'DELETE'],
    ['select * into copy_of_item from item', 'INTO'],
    ['select * from item for update', 'UPDATE'],
    ['call stock()', 'must be one SELECT'],
    ['explain analyze delete from item', 'must be one SELECT'],
    ['select 1 /* ; */ ; drop table item', 'more than one statement'],
    // Only MySQL ends the string here, only PostgreSQL there: what one of them runs is refused for both.
    ["select '\\'; delete from item; -- '", 'more than one statement'],
    ['select $$a; delete from b$$ as sku', 'more than one statement'],
  ])('not: %s', (sql, why) => {
    expect(whyNoSelect(sql)).toContain(why);
  });
});

test('parameters are found outside of strings, names, comments and casts alone', () => {
  const sql = `select ':no', ":no", a::text, b[1:2], x -- :no\n from t where at >= :since /* :no */ and n > :limit and at > :since`;
  expect(parametersOf(sql)).toEqual(['since', 'limit', 'since']);
  const parameters = { since: '2026-11-20', limit: '7' };
  const postgres = bind(sql, 'postgres', parameters);
  expect(postgres.sql).toContain('at >= $1');
  expect(postgres.sql).toContain('n > $2 and at > $1');
  expect(postgres.values).toEqual(['2026-11-20', '7']);
  const mysql = bind(sql.replace('b[1:2], ', ''), 'mysql', parameters);
  expect(mysql.sql).toContain('n > ? and at > ?');
  expect(mysql.values).toEqual(['2026-11-20', '7', '2026-11-20']);
});

test('whatever a text holds, quoted it is neither a statement nor a parameter', () => {
  const text = fc.string({ unit: fc.constantFrom(...`a:;'"\`-/*#$\\ \n[]`, 'delete', 'é', '٣') });
  fc.assert(
    fc.property(text, (content) => {
      const literal = `'${content.replaceAll('\\', '').replaceAll("'", "''")}'`;
      const sql = `select ${literal} as sku from item where at > :since`;
      expect(whyNoSelect(sql)).toBeUndefined();
      for (const dialect of ['postgres', 'mysql'] as const) {
        const bound = bind(`${sql};`, dialect, { since: '1' });
        expect(bound.values).toEqual(['1']);
        expect(bound.sql).toBe(sql.replace(':since', dialect === 'mysql' ? '?' : '$1'));
      }
    }),
    { numRuns: 500 },
  );
});
