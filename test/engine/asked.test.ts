import { expect, test } from 'vitest';
import { askedRuns } from '../../src/engine/asked.ts';
import { flows } from '../../src/flows/index.ts';
import { databaseTime } from '../../src/store/queryable.ts';
import { openBridge } from '../support/bridge.ts';

async function openStock() {
  const bridge = await openBridge();
  bridge.simulator.seed({ products: [{ sku: 'A' }] });
  await bridge.erp.stock([['A', 'RUH-MAIN', 5]]);
  const signal = AbortSignal.timeout(60_000);
  const triggers = async () =>
    (await bridge.db.query<{ trigger: string }>('select trigger from run order by id')).map(({ trigger }) => trigger);
  /** A run of another process, which has begun just now. */
  const elsewhere = () =>
    bridge.db.query(
      `insert into run (flow, source, trigger, holder, status) values ('stock', 'erp', 'watch', 'w', 'done')`,
    );
  const now = () => databaseTime(bridge.db);
  const asked = (trigger: string, askedAt: Date) => ({ version: 1 as const, flow: 'stock', trigger, askedAt });
  return { bridge, signal, triggers, elsewhere, now, asked };
}

test('what is asked for as news is answered by whichever process reads it next; a slot of a schedule always runs', async () => {
  const { bridge, signal, triggers, asked } = await openStock();
  // Two processes, as far as asking goes: neither knows what the other waits for.
  const [one, two] = [askedRuns(bridge.app.bridge, flows), askedRuns(bridge.app.bridge, flows)];

  const early = await databaseTime(bridge.db);
  await Promise.all([one(asked('hook', early), signal), two(asked('watch', early), signal)]);
  expect(await triggers()).toHaveLength(1);
  await one(asked('hook', early), signal);
  expect(await triggers()).toHaveLength(1);

  await two(asked('hook', await databaseTime(bridge.db)), signal);
  await one(asked('schedule', early), signal);
  expect((await triggers()).slice(1)).toEqual(['hook', 'schedule']);

  // A person's run need not have read what the news is about, and one that failed has not.
  const late = await databaseTime(bridge.db);
  await bridge.sync('stock');
  await bridge.db.query(
    `insert into run (flow, source, trigger, holder, status) values ('stock', 'erp', 'hook', 'w', 'failed')`,
  );
  await one(asked('watch', late), signal);
  expect((await triggers()).slice(3)).toEqual(['test', 'hook', 'watch']);
});

test('news that comes after another run began is not answered by it, though earlier news still waits', async () => {
  const { bridge, signal, triggers, elsewhere, now, asked } = await openStock();
  const ask = askedRuns(bridge.app.bridge, flows);
  const busy = await bridge.db.lock('run/stock/erp');
  const early = ask(asked('hook', await now()), signal);
  await elsewhere();
  const late = ask(asked('hook', await now()), signal);
  await early;
  expect(await triggers()).toEqual(['watch']);
  await busy?.release();
  await late;
  expect(await triggers()).toEqual(['watch', 'hook']);
});

test('a job that waits in the queue is asked for anew by who finds it there', async () => {
  const { bridge, elsewhere, now, signal, triggers, asked } = await openStock();
  const { jobs } = bridge.app.bridge;
  const enqueue = () => jobs.enqueueFlow('stock', 'hook', { unlessQueued: true, afterSeconds: 1000 });
  expect(await enqueue()).toBe(true);
  const before = await now();
  await elsewhere();
  expect(await enqueue()).toBe(false);
  const job = await bridge.db.one<{ asked: string }>(
    `select data->>'asked' as asked from oto_bridge_jobs.job where name = 'flows'`,
  );
  expect(new Date(job.asked).getTime()).toBeGreaterThanOrEqual(before.getTime());
  await askedRuns(bridge.app.bridge, flows)(asked('hook', new Date(job.asked)), signal);
  expect(await triggers()).toEqual(['watch', 'hook']);
});
