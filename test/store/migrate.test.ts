import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { migrate } from '../../src/store/migrate.ts';
import { testDatabase } from '../support/database.ts';

const database = testDatabase();
const schema = 'migrate_test';
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oto-bridge-migrations-'));
  onTestFinished(async () => {
    await rm(folder, { recursive: true });
    await database.db.query(`drop schema if exists ${schema} cascade`);
  });
});

const run = () => migrate({ url: database.url, schema, log: pino({ level: 'silent' }), folder });

async function migration(name: string, sql: string): Promise<void> {
  await writeFile(join(folder, name), sql);
}

const several = `-- A comment; with a semicolon.
create table product (sku text primary key, note text default 'a;b');
create function twice(figure int) returns int language plpgsql as $body$
begin
  -- Neither this ; nor 'that' ends the statement.
  return figure * 2;
end;
$body$;
insert into product values ('A', $$it's;$$);
create index on product (note) -- no semicolon at the end`;

test('several statements, functions in dollar quotes and all, in the schema of the bridge', async () => {
  await migration('001_product.sql', several);
  await migration('notes.md', 'none of the migrations');
  await migration('001_product.sql.map', '{}');
  expect(await run()).toEqual({ applied: ['001_product'] });
  expect(await database.db.query(`select sku, note, ${schema}.twice(21) as answer from ${schema}.product`)).toEqual([
    { sku: 'A', note: "it's;", answer: 42 },
  ]);
  expect(await run()).toEqual({ applied: [] });
});

test('only what is missing is applied, in the order of the numbers', async () => {
  await migration('002_b.sql', 'alter table a add column b int;');
  await migration('001_a.sql', 'create table a (x int);');
  await migration('010_c.sql', 'alter table a add column c int;');
  expect(await run()).toEqual({ applied: ['001_a', '002_b', '010_c'] });
  await migration('011_d.sql', 'alter table a drop column c;');
  expect(await run()).toEqual({ applied: ['011_d'] });
});

test('processes that start together apply each once', async () => {
  await migration('001_a.sql', 'create table a (x int); insert into a values (1);');
  const results = await Promise.all([run(), run(), run()]);
  expect(results.flatMap(({ applied }) => applied)).toEqual(['001_a']);
  expect(await database.db.query(`select x from ${schema}.a`)).toEqual([{ x: 1 }]);
});

test('one that fails leaves the layout as it was', async () => {
  await migration('001_a.sql', 'create table a (x int);');
  await migration('002_b.sql', 'create table b (x int); alter table missing add column y int;');
  await expect(run()).rejects.toMatchObject({
    code: 'STORE_MIGRATION',
    message: expect.stringContaining('relation "missing" does not exist'),
  });
  expect(await database.db.one(`select to_regclass('${schema}.a')::text as a`)).toEqual({ a: null });
  await migration('002_b.sql', 'create table b (x int);');
  expect(await run()).toEqual({ applied: ['001_a', '002_b'] });
});

test('a database of a newer release is refused, and named', async () => {
  await migration('001_a.sql', 'create table a (x int);');
  await migration('002_of_tomorrow.sql', 'create table b (x int);');
  await run();
  await rm(join(folder, '002_of_tomorrow.sql'));
  await expect(run()).rejects.toMatchObject({
    code: 'STORE_NEWER',
    message: expect.stringContaining('002_of_tomorrow'),
    place: { path: 'database.schema' },
  });
});

test("the bridge's own are applied to the template already", async () => {
  const { url } = database;
  const own = { url, schema: database.schema, log: pino({ level: 'silent' }) };
  expect(await migrate(own)).toEqual({ applied: [] });
  expect(await migrate({ ...own, schema: 'another' })).toEqual({ applied: expect.arrayContaining(['001_core']) });
});
