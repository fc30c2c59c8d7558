import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { whyNoSelect } from '../../../connectors/sql/one-select.ts';
import { bind, parametersOf } from '../../../connectors/sql/statement.ts';
import { asTexts, partsOf } from '../../../connectors/sql/tsql.ts';

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
    for (const dialect of ['postgres', 'mysql', 'sqlserver'] as const)
      expect(whyNoSelect(sql, dialect), dialect).toBeUndefined();
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
    expect(whyNoSelect(sql, 'postgres')).toContain(why);
    expect(whyNoSelect(sql, 'mysql')).toContain(why);
  });

  test.each([
    'select [update], [a]]; drop] from [order details]',
    "select name from item where note = N'it''s -- not ; a comment'",
    'with a as (select 1 as n), b as (select n from a union all select 2) select n from b order by n option (maxrecursion 0)',
    'select top 10 sku from item union select sku from old_item except (select sku from gone)',
    'select case when n > 0 then 1 else 0 end as active from item i with (index(pk_item)) where exists (select 1)',
    'select sku from item order by sku offset 0 rows fetch next 5 rows only',
  ])('in T-SQL: %s', (sql) => {
    expect(whyNoSelect(sql, 'sqlserver')).toBeUndefined();
  });

  test.each([
    ['select sku into #copy from item', 'INTO'],
    ['select 1 exec sp_who', 'EXEC'],
    ['select 1 execute("drop table item")', 'EXECUTE'],
    ["select 1 waitfor delay '01:00'", 'WAITFOR'],
    ['select 1\nselect 2', 'more than one statement'],
    ['select 1 union select 2 select 3', 'more than one statement'],
    ['select 1 begin tran', 'BEGIN'],
    ['select 1 commit', 'COMMIT'],
    ['select 1 set rowcount 1', 'SET'],
    ['select 1 if 1 = 1 print 2', 'IF'],
    ['with gone as (select 1 as n) delete from item', 'DELETE'],
    ['with gone as (select 1 as n) update item set n = 1', 'UPDATE'],
    ["select * from openquery(other, 'delete item')", 'OPENQUERY'],
    ["select * from openrowset('SQLNCLI', 'x', 'drop table y')", 'OPENROWSET'],
    ["select * from opendatasource('SQLNCLI', 'x').a.b.c", 'OPENDATASOURCE'],
    ['select next value for numbers as sku', 'NEXT VALUE FOR'],
    ['select sku from item with (nolock)', 'NOLOCK'],
    ['select sku from item (READPAST)', 'READPAST'],
    // The name ends where the server ends it, after the doubled bracket.
    ["select [a]]' ] ; delete from x --']", 'more than one statement'],
    ['declare @n int', 'must be one SELECT'],
  ])('not in T-SQL: %s', (sql, why) => {
    expect(whyNoSelect(sql, 'sqlserver')).toContain(why);
  });
});

describe('a SELECT of T-SQL', () => {
  test('is parted where it may not stand in parentheses as a whole', () => {
    const sql =
      'with a as (select 1 as n) select n, (select top 1 n from a order by n) as m from a order by n option (recompile)';
    expect(partsOf(sql)).toEqual({
      common: 'with a as (select 1 as n) ',
      body: 'select n, (select top 1 n from a order by n) as m from a ',
      order: 'order by n ',
      option: 'option (recompile)',
    });
    expect(partsOf('select top 5 n from a order by n')).toMatchObject({
      body: 'select top 5 n from a order by n',
      order: '',
    });
    expect(partsOf('select n from a order by n offset 5 rows')).toMatchObject({ order: '' });
  });

  test('gives what a driver would make numbers of as text, by the column itself in order', () => {
    const columns = [
      { name: 'price', type: 'decimal(18,4)' },
      { name: 'cost', type: 'money' },
      { name: 'id', type: 'bigint' },
      { name: 'at', type: 'datetime2(7)' },
      { name: 'weird]name', type: 'nvarchar(50)' },
    ];
    expect(asTexts('select * from item', columns, ['at', 'id'])).toBe(
      'select convert(nvarchar(100), oto_bridge_query.[price]) as [price], convert(nvarchar(100), oto_bridge_query.[cost], 2) as [cost], convert(nvarchar(100), oto_bridge_query.[id]) as [id], convert(nvarchar(100), oto_bridge_query.[at], 121) as [at], oto_bridge_query.[weird]]name] from (\nselect * from item\n) oto_bridge_query order by oto_bridge_query.[at], oto_bridge_query.[id]',
    );
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
      for (const dialect of ['postgres', 'mysql', 'sqlserver'] as const) {
        expect(whyNoSelect(sql, dialect)).toBeUndefined();
        const bound = bind(`${sql};`, dialect, { since: '1' });
        expect(bound.values).toEqual(['1']);
        expect(bound.sql).toBe(
          sql.replace(':since', () => ({ postgres: '$1', mysql: '?', sqlserver: '@since' })[dialect]),
        );
      }
    }),
    { numRuns: 500 },
  );
});
