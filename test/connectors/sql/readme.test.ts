import { readFile } from 'node:fs/promises';
import { expect, inject, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import sql, { sqlOptions } from '../../../connectors/sql/index.ts';
import { openPostgresErp } from '../../kit/sql-postgres.ts';
import { openConnector } from '../../support/connector.ts';

const readme = new URL('../../../connectors/sql/README.md', import.meta.url);

function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map((match) => match[1] ?? '');
}

test('what the page shows runs: the configuration, the trigger and the table of written commands', async () => {
  const text = await readFile(readme, 'utf8');
  const db = await openPostgresErp(inject('databaseServer'));
  onTestFinished(() => db.drop());
  for (const table of [
    'item (id int, code text, title text, list_price numeric, barcode text, sold_online bool)',
    'stock (item_id int, warehouse text, on_hand numeric)',
    'receipt (id int, kind text, number text, posted_on date, posted_at timestamptz, warehouse text, state text, changed_at timestamptz)',
    'receipt_line (receipt_id int, item_id int, quantity numeric)',
    'sales_order (number text, packing text, packed_at text)',
  ])
    await db.run(`create table ${table}`);
  const statements = blocks(text, 'sql').flatMap((block) => block.split(/;\n/).filter((one) => one.trim() !== ''));
  expect(statements).toHaveLength(3);
  for (const statement of statements) await db.run(statement);

  const [block = ''] = blocks(text, 'yaml');
  const parsed = parse(block) as { sources: { erp: { options: Record<string, unknown> } } };
  const { host, port, database, user, password } = db;
  const options = sqlOptions.parse({
    ...parsed.sources.erp.options,
    ...{ host, port, database, user, password, watch: { channel: 'oto', everySeconds: 3600 } },
  });
  const connector = await openConnector(sql, options);
  const [, ofSqlServer = ''] = blocks(text, 'yaml');
  const other = parse(ofSqlServer) as typeof parsed;
  expect(sqlOptions.parse(other.sources.erp.options)).toMatchObject({ dialect: 'sqlserver' });

  const ends = new AbortController();
  await connector.check(ends.signal);
  const said = connector.watch?.(['documents'], ends.signal)[Symbol.asyncIterator]();
  expect(await said?.next()).toMatchObject({ value: 'documents' });
  await db.run(`insert into receipt values (1, 'GRN', 'G1', '2026-11-20', now(), 'RUH', 'done', now())`);
  expect(await said?.next()).toMatchObject({ value: 'documents' });
  ends.abort();
  await said?.next();
});
