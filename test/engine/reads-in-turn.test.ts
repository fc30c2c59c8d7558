import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Config } from '../../src/config/schema.ts';
import type { RunContext } from '../../src/engine/context.ts';
import { intake } from '../../src/engine/intake.ts';
import { quiet } from '../../src/engine/progress.ts';
import { startRun } from '../../src/store/runs.ts';
import { getCheckpoint, lastSnapshot } from '../../src/store/snapshots.ts';
import { testDatabase } from '../support/database.ts';

const database = testDatabase();
const minute = 60_000;

/** A read of `entity` that waits for `gate` after its first page, as a process does that was frozen. */
async function read(
  entity: 'stock' | 'documents',
  name: string,
  asOf: Date,
  gate: Promise<unknown> = Promise.resolve(),
) {
  const mode = entity === 'stock' ? 'full' : 'incremental';
  const definition = { name: 'fake', checkpointVersion: 1, supports: { read: { [entity]: { mode } } } };
  const page = (checkpoint: string) => ({ changes: [{ op: 'reject', key: name, reason: 'a row' }], checkpoint });
  const started = Promise.withResolvers<void>();
  const connector = {
    read: {
      async *[entity]() {
        yield page(`${name} 1`);
        started.resolve();
        await gate;
        yield page(`${name} 2`);
        yield { manifest: { asOf: asOf.toISOString(), completeness: 'proven', checksum: name } };
      },
    },
  };
  const context = {
    config: {} as Config,
    db: database.db,
    log: pino({ level: 'silent' }),
    now: Date.now,
    source: async () => ({ definition, connector }),
    run: await startRun(database.db, { flow: `${entity}-${name}`, source: 'erp', trigger: 'test', holder: 'test' }),
    filter: {},
    progress: quiet,
    signal: new AbortController().signal,
    tally: { read: 0, rejected: 0 },
    notes: [],
    note() {},
    signs: new Map(),
  } as unknown as RunContext;
  const ended = intake(context, 'erp', entity, async () => ({ rejects: [], ignored: 0 }));
  return { started: started.promise, ended };
}

/** What a server does to a process that it has not heard of for a while. */
const loseLocks = () =>
  database.db.query(
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()`,
  );

test.each(['stock', 'documents'] as const)(
  'a read of %s that was frozen, while another process read something newer, leaves no trace when it goes on',
  async (entity) => {
    const gate = Promise.withResolvers<void>();
    const frozen = await read(entity, 'older', new Date(Date.now() - 2 * minute), gate.promise);
    await frozen.started;
    await loseLocks();
    const newer = await read(entity, 'newer', new Date(Date.now() - minute));
    const done = await newer.ended;
    gate.resolve();
    await expect(frozen.ended).rejects.toMatchObject({ code: 'RUN_LOST' });
    expect((await lastSnapshot(database.db, 'erp', entity))?.id).toBe(done?.snapshot.id);
    if (entity === 'documents') expect((await getCheckpoint(database.db, 'erp', entity, 1)).value).toBe('newer 2');
  },
);

test('two reads of one thing at the same time come one after the other', async () => {
  const gate = Promise.withResolvers<void>();
  const first = await read('stock', 'a', new Date(Date.now() - minute), gate.promise);
  await first.started;
  const second = await read('stock', 'b', new Date());
  const order: string[] = [];
  const both = [first.ended.then(() => order.push('a')), second.ended.then(() => order.push('b'))];
  await database.db.query('select 1');
  expect(order).toEqual([]);
  gate.resolve();
  await Promise.all(both);
  expect(order).toEqual(['a', 'b']);
});
