import { globSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mayBecome, type OperationState, operationStates, transitions } from '../../src/model/index.ts';
import { seededRandom } from '../../src/simulator/random.ts';
import {
  claimOperations,
  claimUnknown,
  landLate,
  releaseWaiting,
  supersedeOld,
  sweepLapsed,
} from '../../src/store/operation-claims.ts';
import { createOperations, type NewOperation, transition } from '../../src/store/operation-steps.ts';
import type { Operation } from '../../src/store/operations.ts';
import { testDatabase } from '../support/database.ts';
import { expectLedger } from '../support/ledger.ts';

const database = testDatabase();

let round = 0;
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
const rowsOf = (prefix: string) =>
  database.db.query<Operation>(`select * from operation where starts_with(key, $1) order by id`, [prefix]);

/** A life that leads to a state, in the fewest steps. */
function pathTo(state: OperationState): OperationState[] {
  let paths: OperationState[][] = [['ready']];
  for (;;) {
    const found = paths.find((path) => path.at(-1) === state);
    if (found !== undefined) return found;
    paths = paths.flatMap((path) => transitions[path.at(-1) ?? 'ready'].map((next) => [...path, next]));
  }
}

/** An operation of its own in a state. */
async function operationIn(key: string, state: OperationState): Promise<number> {
  const [id = 0] = await createOperations(database.db, [figure(key, 1)], 'test');
  const path = pathTo(state);
  for (const [index, to] of path.entries()) {
    const from = path[index - 1];
    if (to === 'sending') await claimOperations(database.db, [id], 1, 60_000, 'test');
    else if (from !== undefined) await transition(database.db, from, [{ id, to, why: 'test' }], 'test');
  }
  return id;
}

const pairs = operationStates.flatMap((from) => operationStates.map((to) => [from, to] as const));

describe('transition', () => {
  test.each(pairs)('%s to %s', async (from, to) => {
    const key = `pair-${from}-${to}`;
    const id = await operationIn(key, from);
    const step = transition(database.db, from, [{ id, to, why: 'test' }], 'test');
    if (mayBecome(from, to)) expect(await step).toEqual([id]);
    else await expect(step).rejects.toThrow(`cannot go from ${from} to ${to}`);
    expect((await rowsOf(key))[0]?.state).toBe(mayBecome(from, to) ? to : from);
  });

  test.each(operationStates)(
    'the database itself refuses every other step from %s, whatever statement takes it',
    async (from) => {
      const { db } = database;
      for (const to of operationStates) {
        const key = `raw-${from}-${to}`;
        const id = await operationIn(key, from);
        const raw = db.query('update operation set state = $2 where id = $1', [id, to]);
        // Unsent again, and a newer figure takes its place: two steps in one.
        const both = to === 'superseded' && mayBecome(from, 'ready');
        if (from === to || mayBecome(from, to) || both) await raw;
        else await expect(raw, key).rejects.toThrow(`operation ${id} cannot go from ${from} to ${to}`);
      }
    },
  );

  test('every statement that moves an operation appends what it did', () => {
    const root = new URL('../../', import.meta.url);
    const statements = globSync(['src/**/*.ts', 'connectors/**/*.ts'], { cwd: root }).flatMap((file) =>
      [...readFileSync(new URL(file, root), 'utf8').matchAll(/`[^`]*`/g)].map(([text]) => ({ file, text })),
    );
    const moving = statements.filter(({ text }) => {
      const set = /\bupdate operation\b(?: \w+)?\s+set\b([\s\S]*?)(?:\bwhere\b|\bfrom\b|$)/.exec(text)?.[1];
      return set !== undefined && /\bstate\s*=/.test(set);
    });
    // Claim, sweep, late answer, supersede, and the one that does all others.
    expect(moving).toHaveLength(5);
    const isClaim = ({ text }: { text: string }) => /\bset state = 'sending'/.test(text);
    // A claim is told by its row until it ends.
    for (const { text } of moving.filter(isClaim)) expect(text).toMatch(/\bsent_at = now\(\), .*\bclaimed_by = \$4/);
    const others = moving.filter((statement) => !isClaim(statement));
    expect(others).toHaveLength(4);
    for (const { file, text } of others) expect(text, file).toContain('insert into operation_step');
  });

  test('leaves a row alone that has moved on, or that another worker has claimed', async () => {
    const [id = 0] = await createOperations(database.db, [figure('fenced', 1)], 'test');
    const [claimed] = await claimOperations(database.db, [id], 1, 60_000, 'one');
    expect(await transition(database.db, 'ready', [{ id, to: 'cancelled', why: 'late' }], 'test')).toEqual([]);
    expect(
      await transition(
        database.db,
        'sending',
        [{ id, fence: (claimed?.fence ?? 0) - 1, to: 'landed', why: 'late' }],
        'old',
      ),
    ).toEqual([]);
    expect(
      await transition(
        database.db,
        'sending',
        [{ id, fence: claimed?.fence ?? 0, to: 'landed', why: 'answered' }],
        'one',
      ),
    ).toEqual([id]);
  });

  test('a figure that comes back unsent gives way to a newer one', async () => {
    const [old = 0] = await createOperations(database.db, [figure('back', 1)], 'test');
    const [claimed] = await claimOperations(database.db, [old], 1, 60_000, 'one');
    await createOperations(database.db, [figure('back', 2)], 'test');
    await transition(
      database.db,
      'sending',
      [{ id: old, fence: claimed?.fence ?? 0, to: 'ready', why: 'not taken' }],
      'one',
    );
    expect((await rowsOf('back')).map(({ state, request }) => [state, request.qty])).toEqual([
      ['superseded', 1],
      ['ready', 2],
    ]);
  });
});

const steps = fc.array(
  fc.record({
    act: fc.constantFrom(
      'create',
      'create',
      'wait',
      'claim',
      'claim',
      'settle',
      'settle',
      'prove',
      'sweep',
      'release',
      'person',
      'late',
      'age',
    ),
    key: fc.integer({ min: 0, max: 2 }),
    to: fc.constantFrom(...operationStates),
    stale: fc.boolean(),
  }),
  { minLength: 5, maxLength: 40 },
);

test('no sequence of steps leads through an illegal one, and the newest figure of a key is the one that stays', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      round += 1;
      const prefix = `seq-${round}-`;
      const { db } = database;
      let qty = 0;
      const seen = new Map<number, Operation>();
      /** Fences only rise, and what is final stays. */
      const expectOnward = async () => {
        for (const row of await rowsOf(prefix)) {
          const before = seen.get(row.id);
          seen.set(row.id, row);
          if (before === undefined) continue;
          expect(row.fence).toBeGreaterThanOrEqual(before.fence);
          if (transitions[before.state].length === 0) expect(row).toEqual(before);
        }
      };
      for (const { act, key, to, stale } of sequence) {
        const name = `${prefix}${key}`;
        const rows = (await rowsOf(prefix)).filter((row) => row.key === name);
        if (act === 'create' || act === 'wait') {
          const [id] = await createOperations(db, [figure(name, ++qty, act === 'wait' ? 'account' : null)], 'test');
          expect(id).toBeDefined();
        } else if (act === 'claim') {
          await claimOperations(
            db,
            rows.map((row) => row.id),
            10,
            stale ? -1 : 60_000,
            'test',
          );
        } else if (act === 'sweep') await sweepLapsed(db, 0, 'test');
        else if (act === 'release') await releaseWaiting(db, 'test');
        else if (act === 'age') await supersedeOld(db, -60_000, 'test');
        else if (act === 'late') {
          const sent = rows.filter((row) => row.sent_at !== null).at(stale ? 0 : -1);
          const answer = { id: sent?.id ?? 0, sentAt: sent?.sent_at ?? new Date(0), answer: {}, otoId: null };
          await landLate(db, [answer], 'test');
        } else {
          const from = act === 'settle' ? 'sending' : act === 'prove' ? 'unknown' : rows.at(-1)?.state;
          if (act === 'prove') await claimUnknown(db, 100, 0);
          const row = (await rowsOf(prefix)).find((one) => one.key === name && one.state === from);
          if (row === undefined || from === undefined || !mayBecome(from, to)) continue;
          // Leases are only given by a claim.
          if (to === 'sending') continue;
          await transition(
            db,
            from,
            [{ id: row.id, fence: stale ? row.fence - 1 : row.fence, to, why: 'test' }],
            'test',
          ).catch((error: unknown) => {
            // A person may not bring a second call of a key into flight, or a second one into waiting: the index refuses.
            expect((error as { code?: string }).code).toBe('23505');
          });
        }
        await expectLedger(db, prefix);
        await expectOnward();
      }
      await expectLedger(database.db, prefix);
      // Unsent is never anything but the newest.
      for (const rows of Map.groupBy(await rowsOf(prefix), (row) => row.key).values()) {
        const open = rows.filter((row) => row.state === 'ready' || row.state === 'waiting');
        const newer = rows.filter((row) => row.id > (open[0]?.id ?? Number.MAX_SAFE_INTEGER));
        expect(newer.filter((row) => row.state === 'sending').length).toBeLessThanOrEqual(0);
      }
    }),
    { numRuns: 25 },
  );
});

test('with several workers and planners at once, each key ends with its newest figure, sent last', async () => {
  const { db } = database;
  const prefix = 'race-';
  const keys = Array.from({ length: 8 }, (_, index) => `${prefix}${index}`);
  const random = seededRandom(11);
  /** What an account would hold: the figure of the call that was answered last. */
  const account = new Map<string, number>();
  const inFlight = new Set<string>();
  let qty = 0;
  let planning = 2;
  // One run of a flow and source at a time: planners do not share keys.
  const plan = async (own: readonly string[]) => {
    for (let turn = 0; turn < 25; turn += 1) {
      const chosen = own.filter(() => random() < 0.5);
      await db.tx((tx) =>
        createOperations(
          tx,
          chosen.map((key) => figure(key, ++qty)),
          'planner',
        ),
      );
    }
    planning -= 1;
  };
  const work = async (name: string) => {
    const end = performance.now() + 25_000;
    while (performance.now() < end) {
      const ready = (await rowsOf(prefix)).filter((row) => row.state === 'ready');
      const claimed = await db.tx((tx) =>
        claimOperations(
          tx,
          ready.map((row) => row.id),
          3,
          60_000,
          name,
        ),
      );
      for (const row of claimed) {
        expect(inFlight.has(row.key)).toBe(false);
        inFlight.add(row.key);
      }
      for (const row of claimed) {
        const taken = random() < 0.7;
        if (taken) account.set(row.key, Number(row.request.qty));
        inFlight.delete(row.key);
        await settle(row, taken ? 'landed' : 'ready', name);
      }
      if (planning === 0 && ready.length === 0) return;
    }
    throw new Error('the work did not come to an end');
  };
  const settle = async (row: Pick<Operation, 'id' | 'fence'>, to: 'landed' | 'ready', who: string) => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await db.tx((tx) => transition(tx, 'sending', [{ id: row.id, fence: row.fence, to, why: 'test' }], who));
        return;
      } catch (error) {
        if (attempt >= 5 || (error as { code?: string }).code !== '23505') throw error;
      }
    }
  };
  await Promise.all([plan(keys.slice(0, 4)), plan(keys.slice(4)), work('one'), work('two'), work('three')]);

  await expectLedger(database.db, prefix);
  const rows = await rowsOf(prefix);
  expect(rows.filter((row) => !['landed', 'superseded'].includes(row.state))).toEqual([]);
  for (const key of keys) {
    const newest = rows.filter((row) => row.key === key).at(-1);
    expect(newest?.state).toBe('landed');
    expect(account.get(key)).toBe(Number(newest?.request.qty));
  }
});
