import { expect, test } from 'vitest';
import { askAgain } from '../../src/engine/repeat.ts';
import { openBridge, type TestBridge } from '../support/bridge.ts';

interface Ended {
  readonly status?: 'failed' | 'done' | 'blocked';
  readonly trigger?: string;
  readonly code?: string;
  readonly recovery?: string;
  readonly minutesAgo: number;
}

async function ended(bridge: TestBridge, runs: readonly Ended[]): Promise<void> {
  for (const run of runs) {
    const { status = 'failed', trigger = 'schedule', code = 'OTO_UNREACHABLE', recovery = 'retry', minutesAgo } = run;
    await bridge.db.query(
      `insert into run (flow, source, trigger, holder, status, error, started_at, finished_at)
       values ('stock', 'erp', $1, 'worker', $2, $3, now() - $4 * interval '1 minute', now() - $4 * interval '1 minute')`,
      [trigger, status, status === 'failed' ? JSON.stringify({ code, recovery }) : null, minutesAgo],
    );
  }
}

async function queued(bridge: TestBridge): Promise<string[]> {
  const rows = await bridge.db.query<{ trigger: string }>(
    `select data->>'trigger' as trigger from oto_bridge_jobs.job where name = 'flows'`,
  );
  return rows.map((row) => row.trigger);
}

const failure = (minutesAgo: number, more: Partial<Ended> = {}): Ended => ({ minutesAgo, ...more });

test.each<[string, Ended[], boolean]>([
  ['a minute after the first failure', [failure(1.1)], true],
  ['not sooner', [failure(0.9)], false],
  ['five minutes after the second', [failure(8), failure(5.1, { trigger: 'repeat' })], true],
  ['not sooner than that', [failure(8), failure(4.9, { trigger: 'repeat' })], false],
  ['an hour after many', [...Array.from({ length: 9 }, () => failure(300)), failure(61)], true],
  ['not sooner than an hour after many', [...Array.from({ length: 9 }, () => failure(300)), failure(59)], false],
  ['no more after a day of it', Array.from({ length: 25 }, () => failure(90)), false],
  [
    'counted from the last run that worked',
    [failure(60), failure(50), failure(40, { status: 'done' }), failure(2)],
    true,
  ],
  ['not where a later run worked', [failure(60), failure(40, { status: 'done' })], false],
  ['not where a person has to mend something', [failure(90, { code: 'SOURCE_EMPTY', recovery: 'fix-data' })], false],
  ['not what a person ran', [failure(90, { trigger: 'command' })], false],
  ['not what the queue offers again', [failure(90, { code: 'RUN_LOST' })], false],
])('a run that failed for a reason which passes is repeated: %s', async (_, runs, repeated) => {
  const bridge = await openBridge();
  await ended(bridge, runs);
  expect(await askAgain(bridge.app.bridge)).toEqual(repeated ? ['stock'] : []);
  expect(await queued(bridge)).toEqual(repeated ? ['repeat'] : []);
});

test('two processes that look ask once, and none asks where a run waits already or the flow is off', async () => {
  const bridge = await openBridge();
  await ended(bridge, [failure(2)]);
  await bridge.app.bridge.jobs.enqueueFlow('stock', 'watch');
  expect(await askAgain(bridge.app.bridge)).toEqual([]);
  await bridge.db.query('delete from oto_bridge_jobs.job');
  const both = await Promise.all([askAgain(bridge.app.bridge), askAgain(bridge.app.bridge)]);
  expect(await queued(bridge)).toEqual(['repeat']);
  expect(both.flat()).toEqual(['stock']);

  await bridge.reopen({ flows: { stock: { from: 'erp', enabled: false } } });
  await bridge.db.query('delete from oto_bridge_jobs.job');
  expect(await askAgain(bridge.app.bridge)).toEqual([]);
});
