import { beforeEach, expect, test } from 'vitest';
import { claimOperations, landLate, sweepLapsed } from '../../src/store/operation-claims.ts';
import { createOperations, type Transition, transition } from '../../src/store/operation-steps.ts';
import { getOperation, operationEvents } from '../../src/store/operations.ts';
import { testDatabase } from '../support/database.ts';
import { expectLedger } from '../support/ledger.ts';

const database = testDatabase();
let id = 0;
let key = '';
let count = 0;

beforeEach(async () => {
  count += 1;
  key = `key-${count}`;
  const operation = { kind: 'stock-set', flow: 'stock', key, lane: 'raising', request: { qty: 1 } } as const;
  [id = 0] = await createOperations(database.db, [operation], 'planner');
});

async function claim(who: string, leaseMs = 60_000): Promise<number> {
  const [claimed] = await claimOperations(database.db, [id], 1, leaseMs, who);
  return claimed?.fence ?? 0;
}

async function end(who: string, step: Omit<Transition, 'id'>): Promise<void> {
  expect(await transition(database.db, 'sending', [{ id, ...step }], who)).toEqual([id]);
}

async function story(): Promise<string[]> {
  await expectLedger(database.db, key);
  const events = await operationEvents(database.db, id);
  expect(events.map(({ at }) => at.getTime())).toEqual(events.map(({ at }) => at.getTime()).toSorted((a, b) => a - b));
  return events.map(({ from, to, who, why, detail }) => {
    const more = detail === null ? '' : ` ${JSON.stringify(detail)}`;
    return `${from ?? ''} > ${to}, ${who}: ${why}${more}`;
  });
}

/** How many events have a row of their own. */
async function written(): Promise<number> {
  return (await database.db.query('select from operation_step where operation_id = $1', [id])).length;
}

const planned = expect.stringMatching(/^ > ready, planner: /);

test('while a call is under way, its row tells who makes it, since when, and by which fence', async () => {
  await claim('worker');
  const [, claimed] = await operationEvents(database.db, id);
  expect(claimed?.at).toEqual((await getOperation(database.db, id))?.sent_at);
  expect(await story()).toEqual([planned, 'ready > sending, worker: claimed {"fence":1}']);
});

test('a claim that ends in its landing needs no further row to be told whole', async () => {
  const fence = await claim('worker');
  await end('worker', { fence, to: 'landed', evidence: 'answer', why: 'OTO answered with success', answer: {} });
  expect(await story()).toEqual([
    planned,
    'ready > sending, worker: claimed {"fence":1}',
    'sending > landed, worker: OTO answered with success',
  ]);
  expect((await operationEvents(database.db, id)).at(-1)?.at).toEqual(
    (await getOperation(database.db, id))?.settled_at,
  );
  expect(await written()).toBe(1);
});

test('earlier tries come before the one that landed', async () => {
  await end('first', { fence: await claim('first'), to: 'ready', why: 'not taken' });
  await end('second', { fence: await claim('second'), to: 'landed', evidence: 'answer', why: 'answered' });
  expect(await story()).toEqual([
    planned,
    'ready > sending, first: claimed {"fence":1}',
    'sending > ready, first: not taken',
    'ready > sending, second: claimed {"fence":2}',
    'sending > landed, second: answered',
  ]);
});

test('a claim whose answer was lost is written down with what became of it', async () => {
  await end('worker', { fence: await claim('worker'), to: 'unknown', why: 'no answer', detail: { status: 502 } });
  await transition(
    database.db,
    'unknown',
    [{ id, to: 'landed', evidence: 'read-back', why: 'OTO shows it' }],
    'prover',
  );
  expect(await story()).toEqual([
    planned,
    'ready > sending, worker: claimed {"fence":1}',
    'sending > unknown, worker: no answer {"status":502}',
    'unknown > landed, prover: OTO shows it',
  ]);
});

test('a figure that comes back and gives way at once does two steps after its claim', async () => {
  const fence = await claim('worker');
  await createOperations(
    database.db,
    [{ kind: 'stock-set', flow: 'stock', key, lane: 'raising', request: { qty: 2 } }],
    'planner',
  );
  await end('worker', { fence, to: 'ready', why: 'not taken' });
  expect(await story()).toEqual([
    planned,
    'ready > sending, worker: claimed {"fence":1}',
    'sending > ready, worker: not taken',
    'ready > superseded, worker: a newer figure took its place',
  ]);
});

test('the claim of a worker that went away stays in the story, and so does an answer that came late', async () => {
  await claim('gone', -1);
  expect(await sweepLapsed(database.db, 0, 'sweeper')).toEqual([id]);
  const sentAt = (await getOperation(database.db, id))?.sent_at ?? new Date(0);
  expect(await landLate(database.db, [{ id, sentAt, answer: {}, otoId: null }], 'gone')).toEqual([id]);
  expect(await story()).toEqual([
    planned,
    'ready > sending, gone: claimed {"fence":1}',
    'sending > unknown, sweeper: its worker went away while sending',
    'unknown > landed, gone: OTO answered with success; the answer could be stored only late',
  ]);
});

test('a landing with more to say than its row holds is written down', async () => {
  await end('worker', { fence: await claim('worker'), to: 'landed', why: 'answered', detail: { note: 'odd' } });
  expect((await story()).slice(1)).toEqual([
    'ready > sending, worker: claimed {"fence":1}',
    'sending > landed, worker: answered {"note":"odd"}',
  ]);
});

test('a worker of an earlier release that settles what it had claimed leaves the whole story', async () => {
  // Its claim wrote an event and knew of no name in the row; so does its settlement.
  await database.db.query(
    `update operation set state = 'sending', fence = 1, attempts = 1, sent_at = now(), lease_until = now() + interval '1 minute' where id = $1`,
    [id],
  );
  const write = `insert into operation_event (operation_id, "from", "to", who, why, detail)
    values ($1, $2, $3, 'old', 'told', $4) returning operation_id as id`;
  expect(await database.db.query(write, [id, 'ready', 'sending', { fence: 1 }])).toEqual([{ id }]);
  await database.db.query(
    `update operation set state = 'landed', verdict = 'landed', settled_at = now() where id = $1`,
    [id],
  );
  await database.db.query(write, [id, 'sending', 'landed', null]);
  expect(await story()).toEqual([planned, 'ready > sending, old: told {"fence":1}', 'sending > landed, old: told']);
});

test('all that is told of an operation goes with it', async () => {
  await end('worker', { fence: await claim('worker'), to: 'refused', why: 'no' });
  await database.db.query('delete from operation where id = $1', [id]);
  expect(await operationEvents(database.db, id)).toEqual([]);
  expect(await written()).toBe(0);
});
