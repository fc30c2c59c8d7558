import assert from 'node:assert/strict';
import { type Connector, type ConnectorDefinition, type EntityName, entityNames } from '../connector/index.ts';
import type { ContractTest } from './contract-test.ts';
import type { Fake } from './fake.ts';
import { HandleTracker } from './handles.ts';
import { need, openSession, within } from './session.ts';

/** Announcements of what lay there before; more than this means that it never stops. */
const mostAnnouncements = 100;

type Watch = NonNullable<Connector['watch']>;

async function watchOne(watch: Watch, entity: EntityName, edit: NonNullable<Fake['edit']>): Promise<void> {
  const controller = new AbortController();
  const reason = new Error('the kit ends this watch');
  try {
    const watching: AsyncIterable<EntityName> = watch([entity], controller.signal);
    const news = watching[Symbol.asyncIterator]();
    // The first announcement may be of what lay there already; one that follows it shows that the watch goes on.
    for (let round = 0; round < 2; round += 1) {
      const next = news.next();
      await edit(entity);
      const announced = await within(next, `the announcement of a change of ${entity}`);
      assert.ok(announced.done !== true, 'the watch ended by itself');
      assert.equal(announced.value, entity, 'an entity was announced that nobody asked for');
    }
    controller.abort(reason);
    for (let count = 0; ; count += 1) {
      assert.ok(count < mostAnnouncements, 'the watch does not end');
      const last = await within(news.next(), 'ending the watch');
      if (last.done === true) return;
    }
  } catch (error) {
    // Its own reason is one of the two ways in which a watch may end.
    if (error !== reason) throw error;
  } finally {
    controller.abort(reason);
  }
}

const watch: ContractTest = {
  id: 'watch',
  title: 'where the connector watches, a change is announced, and an abort ends it',
  async run({ definition, startFake }) {
    await using fake = await startFake();
    const handles = new HandleTracker();
    await handles.run(async () => {
      await using session = await openSession(definition, fake);
      const { connector } = session;
      const watch = connector.watch?.bind(connector);
      if (watch === undefined) return;
      const edit = need(fake.edit, 'edit', 'watch').bind(fake);
      for (const entity of entityNames) {
        if (definition.supports.read[entity] !== undefined) await watchOne(watch, entity, edit);
      }
    });
    await handles.requireReleased('after the watch');
  },
};

export function watchTests({ supports }: ConnectorDefinition): ContractTest[] {
  return Object.keys(supports.read).length > 0 ? [watch] : [];
}
