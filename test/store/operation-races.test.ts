import { expect, test } from 'vitest';
import type { Tx } from '../../src/store/db.ts';
import { claimOperations, claimUnknown, landLate, sweepLapsed } from '../../src/store/operation-claims.ts';
import { createOperations, type NewOperation, transition } from '../../src/store/operation-steps.ts';
import { operationEvents } from '../../src/store/operations.ts';
import { testDatabase } from '../support/database.ts';
import { expectLedger } from '../support/ledger.ts';
import { until } from '../support/process.ts';

const database = testDatabase();

const figure = (key: string, qty: number, waitingFor: string | null = null): NewOperation => ({
  kind: 'stock-set',
  flow: 'stock',
  key,
  lane: 'raising',
  sku: key,
  location: 'RUH1',
  request: { qty },
  waitingFor,
});

/** Does `second` while `first` has done its part and not committed yet: it has to wait for a row of `first`. */
async function meanwhile<T>(first: (tx: Tx) => Promise<unknown>, second: () => Promise<T>): Promise<T> {
  const { db } = database;
  let waiting: Promise<T> | undefined;
  await db.tx(async (tx) => {
    await first(tx);
    const { pid } = await tx.one<{ pid: number }>('select pg_backend_pid() as pid');
    waiting = second();
    await until('the second waits', async () => {
      const blocked = await db.query('select from pg_stat_activity where $1 = any(pg_blocking_pids(pid))', [pid]);
      return blocked.length > 0;
    });
  });
  if (waiting === undefined) throw new Error('nothing was begun');
  return waiting;
}

const steps = async (id: number) => (await operationEvents(database.db, id)).map(({ from, to }) => `${from} ${to}`);

test('a figure that is let go in the moment in which a newer one takes its place is superseded as what it was', async () => {
  const { db } = database;
  const [old = 0] = await createOperations(db, [figure('released', 1, 'account')], 'test');
  await meanwhile(
    (tx) => transition(tx, 'waiting', [{ id: old, to: 'ready', why: 'no longer waits for account' }], 'tender'),
    () => createOperations(db, [figure('released', 2)], 'planner'),
  );
  expect(await steps(old)).toEqual(['null waiting', 'waiting ready', 'ready superseded']);
  await expectLedger(db, 'released');
});

test('a figure that is claimed in the moment in which a newer one is planned goes out, and the newer one after it', async () => {
  const { db } = database;
  const [old = 0] = await createOperations(db, [figure('claimed', 1)], 'test');
  const [next] = await meanwhile(
    (tx) => claimOperations(tx, [old], 1, 60_000, 'worker'),
    () => createOperations(db, [figure('claimed', 2)], 'planner'),
  );
  expect(await steps(old)).toEqual(['null ready', 'ready sending']);
  expect(next).toBeDefined();
  expect(await claimOperations(db, [next ?? 0], 1, 60_000, 'worker')).toEqual([]);
  await expectLedger(db, 'claimed');
});

test('an answer that comes late finds its document parked in that moment: it lands from where it stands', async () => {
  const { db } = database;
  const order: NewOperation = { ...figure('parked', 1), kind: 'inventory-order', lane: 'documents' };
  const [id = 0] = await createOperations(db, [order], 'test');
  const [claimed] = await claimOperations(db, [id], 1, -1000, 'late');
  await sweepLapsed(db, 0, 'tender');
  const [looked] = await claimUnknown(db, 1, 60_000);
  const moved = await meanwhile(
    (tx) => transition(tx, 'unknown', [{ id, fence: looked?.fence ?? 0, to: 'parked', why: 'nobody knows' }], 'prover'),
    () => landLate(db, [{ id, sentAt: claimed?.sent_at ?? new Date(0), answer: { otoId: 7 }, otoId: '7' }], 'late'),
  );
  expect(moved).toEqual([id]);
  expect(await steps(id)).toEqual([
    'null ready',
    'ready sending',
    'sending unknown',
    'unknown parked',
    'parked landed',
  ]);
  await expectLedger(db, 'parked');
});

test('a prover that was overtaken by the late answer changes nothing', async () => {
  const { db } = database;
  const order: NewOperation = { ...figure('overtaken', 1), kind: 'inventory-order', lane: 'documents' };
  const [id = 0] = await createOperations(db, [order], 'test');
  const [claimed] = await claimOperations(db, [id], 1, -1000, 'late');
  await sweepLapsed(db, 0, 'tender');
  const [looked] = await claimUnknown(db, 1, 60_000);
  const moved = await meanwhile(
    (tx) => landLate(tx, [{ id, sentAt: claimed?.sent_at ?? new Date(0), answer: { otoId: 7 }, otoId: '7' }], 'late'),
    () => transition(db, 'unknown', [{ id, fence: looked?.fence ?? 0, to: 'parked', why: 'nobody knows' }], 'prover'),
  );
  expect(moved).toEqual([]);
  expect(await steps(id)).toEqual(['null ready', 'ready sending', 'sending unknown', 'unknown landed']);
  await expectLedger(db, 'overtaken');
});
