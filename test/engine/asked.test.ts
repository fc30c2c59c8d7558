import { expect, test } from 'vitest';
import { askedRuns } from '../../src/engine/asked.ts';
import { flows } from '../../src/flows/index.ts';
import { databaseTime } from '../../src/store/queryable.ts';
import { openBridge } from '../support/bridge.ts';

test('what is asked for as news is answered by whichever process reads it next; a slot of a schedule always runs', async () => {
  const bridge = await openBridge();
  bridge.simulator.seed({ products: [{ sku: 'A' }] });
  await bridge.erp.stock([['A', 'RUH-MAIN', 5]]);
  // Two processes, as far as asking goes: neither knows what the other waits for.
  const [one, two] = [askedRuns(bridge.app.bridge, flows), askedRuns(bridge.app.bridge, flows)];
  const signal = AbortSignal.timeout(60_000);
  const asked = (trigger: string, askedAt: Date) => ({ version: 1 as const, flow: 'stock', trigger, askedAt });
  const triggers = async () =>
    (await bridge.db.query<{ trigger: string }>('select trigger from run order by id')).map(({ trigger }) => trigger);

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
