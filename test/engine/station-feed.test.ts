import { createHash } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { createFeed, type FeedEvent } from '../../src/engine/station-feed.ts';
import type { Database } from '../../src/store/db.ts';
import { openBridge } from '../support/bridge.ts';
import { until } from '../support/process.ts';

test('many watchers cost one look; who is signed out is let go, and all are where the database cannot be seen', async () => {
  const bridge = await openBridge({
    config: { flows: { packing: {}, stock: undefined, products: undefined, documents: undefined } },
  });
  const { config, log } = bridge.app.bridge;
  let looks = 0;
  let blind = false;
  // The real database, with a count of what the feed asks it.
  const db = new Proxy(bridge.db, {
    get(target, name) {
      if (name !== 'query') return Reflect.get(target, name);
      return async (...asked: Parameters<Database['query']>) => {
        looks += 1;
        if (blind) throw new Error('the database is away');
        return target.query(...asked);
      };
    },
  });
  const feed = createFeed({ db, config, log }, { pollMs: 20, beatMs: 40, blindMs: 60 });
  onTestFinished(() => feed.close());
  const session = (name: string) => createHash('sha256').update(name).digest('hex');
  await bridge.db.query(
    `insert into staff (name, name_key, role, pin_hash, created_by) values ('Aisha', 'aisha', 'picker', '', 'test')`,
  );
  for (const name of ['one', 'two']) {
    await bridge.db.query(
      `insert into staff_session (id, staff_id, expires_at, address, device) select $1, id, now() + interval '1 hour', '', '' from staff`,
      [session(name)],
    );
  }
  const watch = async (sessionId: string, location = 'RUH1') => {
    const seen: FeedEvent[] = [];
    const state = { seen, beats: 0, ended: false, stop: (): void => undefined };
    state.stop = await feed.watch({
      locations: [location],
      sessionId,
      send: (event) => seen.push(event),
      beat: () => {
        state.beats += 1;
      },
      end: () => {
        state.ended = true;
      },
    });
    return state;
  };
  const crowd: Awaited<ReturnType<typeof watch>>[] = [];
  for (let number = 0; number < 40; number += 1) crowd.push(await watch(session('one')));
  const [other, elsewhere] = [await watch(session('two')), await watch(session('one'), 'JED1')];
  const [before, beats] = [looks, other.beats];
  await until('ten beats', () => other.beats >= beats + 10);
  // Two looks for a poll and two more for a beat at the most, and nothing for each watcher.
  expect(looks - before).toBeLessThan((other.beats - beats + 1) * 12);

  await bridge.db.query(
    `insert into packing_order (order_id, location, items, state) values ('SO-1', 'RUH1', '[]', 'ready')`,
  );
  await until('all see it', () => [...crowd, other].every(({ seen }) => seen.length > 0));
  expect(crowd[0]?.seen).toMatchObject([{ kind: 'order', order: { id: 'SO-1', state: 'ready' } }]);
  expect(elsewhere.seen).toEqual([]);

  await bridge.db.query('delete from staff_session where id = $1', [session('two')]);
  await until('the one who is signed out is let go', () => other.ended);
  expect(crowd.some(({ ended }) => ended)).toBe(false);
  blind = true;
  await until('nobody is left in the belief that nothing changes', () => crowd.every(({ ended }) => ended));
  // Nobody watches: nothing is asked.
  const last = looks;
  await expect(watch(session('one'))).rejects.toThrow('away');
  expect(looks).toBe(last + 1);
});
