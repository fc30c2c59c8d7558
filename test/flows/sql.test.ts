import { expect, inject, onTestFinished, test } from 'vitest';
import { openPostgresErp } from '../kit/sql-postgres.ts';
import { openBridge } from '../support/bridge.ts';

test('an ERP that lives in PostgreSQL: products, stock and receipts reach OTO, and what left the query is zero', async () => {
  const erp = await openPostgresErp(inject('databaseServer'));
  onTestFinished(() => erp.drop());
  await erp.run('create table item (id int, code text, title text, price numeric)');
  await erp.run('create table bin (code text, warehouse text, on_hand numeric)');
  await erp.run('create table receipt (id int, code text, quantity int, posted_at timestamptz)');
  await erp.run('create table orders (number text, status text)');
  await erp.run('create table oto_bridge_applied (operation varchar(64) primary key, applied_at varchar(40) not null)');
  await erp.run(`insert into item values (1, 'A', 'قميص', 49.5), (2, 'B', 'Socks', 9)`);
  await erp.run(`insert into bin values ('A', 'RUH', 5), ('A', 'RUH', 7), ('B', 'RUH', 3)`);
  const { dialect, host, port, database, user, password } = erp;
  const bridge = await openBridge({
    config: {
      sources: {
        db: {
          connector: 'sql',
          options: {
            ...{ dialect, host, port, database, user, password },
            products: { query: 'select id, code as sku, title as name, price from item' },
            stock: { query: 'select code as sku, warehouse as location, on_hand as quantity from bin' },
            documents: {
              query: `select id, 'GRN-' || id as number, 'purchase' as kind, posted_at as date, posted_at as booked_at, 'RUH' as location,
                        code as sku, quantity, posted_at from receipt where posted_at >= :since order by posted_at, id`,
              cursor: { column: 'posted_at' },
            },
            write: { packing: ['update orders set status = :status where number = :order'] },
          },
        },
      },
      locations: [{ oto: 'RUH1', source: 'db', erp: ['RUH'], missing: 'zero' }],
      flows: {
        products: { from: 'db' },
        stock: { from: 'db' },
        documents: { from: 'db', startFrom: '2020-01-01' },
      },
    },
  });
  expect((await bridge.sync('products')).run).toMatchObject({ status: 'done', counts: { landed: 2 } });
  expect(bridge.simulator.state.products.get('A')).toMatchObject({ name: 'قميص' });
  expect((await bridge.sync('stock')).run).toMatchObject({ outcome: 'changed', counts: { read: 3, landed: 2 } });
  expect([bridge.onHand('A'), bridge.onHand('B')]).toEqual([12, 3]);

  await erp.run(`insert into receipt values (7, 'A', 4, now()), (7, 'B', 1, now())`);
  await erp.run(`update bin set on_hand = 9 where code = 'A' and on_hand = 5`);
  expect((await bridge.sync('documents')).run).toMatchObject({ outcome: 'changed', counts: { landed: 1 } });
  expect((await bridge.sync('documents')).run).toMatchObject({ outcome: 'nothing-new' });
  expect(bridge.calls('createInventoryOrder')).toHaveLength(1);

  // The count is of the same snapshot as the rows: what it does not list is gone.
  await erp.run(`delete from bin where code = 'B'`);
  await bridge.sync('stock');
  expect(bridge.onHand('B')).toBe(0);
});
