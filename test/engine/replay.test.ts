import { expect, test, vi } from 'vitest';
import { notice } from '../../src/engine/notice.ts';
import { resolveOperation } from '../../src/engine/resolve.ts';
import { openAlarms } from '../../src/store/alarms.ts';
import { createOperations, type NewOperation, transition } from '../../src/store/operation-steps.ts';
import { getOperation, listOperations } from '../../src/store/operations.ts';
import { openBridge, type TestBridge } from '../support/bridge.ts';
import { openFront } from '../support/front.ts';
import { until } from '../support/process.ts';

// On a machine that does much else beside.
vi.setConfig({ testTimeout: 90_000 });

/** What machines like to spoil: long numbers, trailing zeros, right-to-left text, characters beyond 16 bits, quotes and line ends. */
const sku = '12345678901234567890';
const text = 'تمر سكري 0.10 – "علبة" \\ 🌴👨‍👩‍👧\u200f\n١٢٣ é';

const product = (key: string): NewOperation => ({
  kind: 'product-create',
  flow: 'products',
  key,
  lane: 'products',
  sku,
  request: {
    sku,
    productName: text,
    price: '0.10',
    taxAmount: '0.0150',
    barcode: '00012345678901234567',
    description: text,
  },
});
const receipt = (key: string): NewOperation => ({
  kind: 'inventory-order',
  flow: 'documents',
  key,
  lane: 'documents',
  location: 'RUH1',
  request: {
    action: 'inbound',
    locationCode: 'RUH1',
    orderDate: '21/11/2026',
    waybillNumber: '00098765432109876543',
    description: text,
    items: [{ sku, qty: 10 }],
  },
});

async function queue({ app, db }: TestBridge, operation: NewOperation): Promise<number> {
  return db.tx(async (tx) => {
    const [id = 0] = await createOperations(tx, [operation], 'test');
    await app.bridge.jobs.enqueue(tx, [{ id, lane: operation.lane }]);
    return id;
  });
}

test('sent again by the prover, by a person, or from a dead letter: the same bytes, after a look whether it is still wanted', async () => {
  const front = await openFront();
  const bridge = await openBridge({ config: { oto: { baseUrl: front.baseUrl } } });
  front.target = bridge.simulator.url;
  const { db } = bridge;
  const app = bridge.app.bridge;
  const bodies = (endpoint: string) =>
    front.passed.filter((call) => call.endpoint === endpoint).map(({ body }) => body);
  const stateOf = async (id: number) => (await getOperation(db, id))?.state;
  const lost = new Set(['createProduct', 'createInventoryOrder']);
  front.instead = ({ endpoint }) => (lost.delete(endpoint) ? { reset: true } : undefined);

  // By the prover.
  const first = await queue(bridge, product('first'));
  await until('it landed', async () => (await stateOf(first)) === 'landed');
  const [sent = '', repeat] = bodies('createProduct');
  expect(repeat).toBe(sent);
  expect(JSON.parse(sent)).toEqual(product('').request);
  expect(bridge.simulator.state.products.get(sku)).toMatchObject({ sku, name: text, barcode: '00012345678901234567' });

  // By a person.
  const second = await queue(bridge, receipt('second'));
  await until('it is parked', async () => (await stateOf(second)) === 'parked');
  await resolveOperation(app, second, 'resend', {});
  await until('it landed', async () => (await stateOf(second)) === 'landed');
  const [order = '', again] = bodies('createInventoryOrder');
  expect(again).toBe(order);
  expect(JSON.parse(order)).toEqual(receipt('').request);

  // From dead letters: the database refuses every claim of these two, until somebody has mended it.
  await db.query(`create function refuse_claims() returns trigger language plpgsql as $$ begin
    if new.state = 'sending' and new.key like 'dead %' then raise exception 'no claims'; end if; return new; end $$`);
  await db.query(
    'create trigger refuse_claims before update on operation for each row execute function refuse_claims()',
  );
  const ids = [await queue(bridge, product('dead one')), await queue(bridge, receipt('dead two'))];
  const letters = await until('they are given up', async () => {
    // As if it had gone on for four minutes.
    await db.query(
      `update oto_bridge_jobs.job set output = jsonb_set(output, '{faults}', '19'), start_after = now() where state = 'retry' and output ? 'faults'`,
    );
    const found = await app.jobs.dead(10);
    return found.length === 2 && found;
  });
  expect(letters.map(({ cause, operations }) => [cause, operations]).sort()).toEqual([
    [`operation ${ids[0]}: no claims`, [ids[0]]],
    [`operation ${ids[1]}: no claims`, [ids[1]]],
  ]);
  const alarms = async () => {
    await notice(app, new Date());
    return (await openAlarms(db)).map(({ kind, message }) => `${kind}: ${message}`);
  };
  expect(await alarms()).toEqual(['dead-letter: 2 jobs were given up: each worker failed at them.']);
  await db.query('drop trigger refuse_claims on operation');
  // Nobody wants the receipt any more.
  await transition(db, 'ready', [{ id: ids[1] ?? 0, to: 'cancelled', why: 'the lorry turned back' }], 'Aisha');
  expect(await app.jobs.revive(letters.map(({ id }) => id))).toBe(2);
  await until('it went', async () => (await stateOf(ids[0] ?? 0)) === 'landed');
  await until('the jobs', async () => {
    const open = await db.query(
      `select from oto_bridge_jobs.job where name in ('products', 'documents') and state <> 'completed' and state <> 'failed'`,
    );
    return open.length === 0;
  });
  expect(bodies('createProduct')).toEqual([sent, sent, sent]);
  expect(bodies('createInventoryOrder')).toEqual([order, order]);
  expect(await stateOf(ids[1] ?? 0)).toBe('cancelled');
  expect(await alarms()).toEqual([]);
  expect(await listOperations(db, { states: ['ready', 'sending', 'unknown', 'parked'] })).toEqual([]);
});
