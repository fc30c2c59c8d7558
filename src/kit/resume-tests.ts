import assert from 'node:assert/strict';
import type { Checkpoint, EntityName } from '../connector/index.ts';
import type { EntityTest, Kit } from './contract-test.ts';
import type { Fake } from './fake.ts';
import { hasKeys, itemsOf, keysOf, list, need, openSession, read } from './session.ts';

/** Stops are tried at this many pages at most; a fake needs few. */
const mostStops = 12;

type Prepare = (fake: Fake) => Promise<unknown>;

async function readOnce({ definition, startFake }: Kit, entity: EntityName, prepare: Prepare, from: number) {
  await using fake = await startFake();
  await prepare(fake);
  const rows = fake.rows[entity] ?? [];
  const seen: string[] = [];
  let since: Checkpoint = null;
  let pages = 0;
  {
    await using session = await openSession(definition, fake);
    const first = await read(session, entity, { stopAfter: Math.ceil(from) });
    pages = first.pages.length;
    // A half means: the last page was delivered, and the bridge died before it was committed.
    const committed = first.pages.slice(0, Math.floor(from));
    seen.push(...committed.flatMap((page) => keysOf(page.changes)));
    since = committed.at(-1)?.checkpoint ?? null;
  }
  await using session = await openSession(definition, fake);
  const second = await read(session, entity, { since });
  seen.push(...keysOf(second.changes));
  return { seen, rows, pages };
}

async function stopEverywhere(kit: Kit, entity: EntityName, prepare: Prepare): Promise<void> {
  let pages = 0;
  for (let page = 1; page <= mostStops; page += 1) {
    for (const stop of [page - 0.5, page]) {
      const once = await readOnce(kit, entity, prepare, stop);
      pages = once.pages;
      if (pages < page) break;
      const when =
        stop === page
          ? `stopped after page ${page} and resumed`
          : `stopped before page ${page} was committed, and resumed`;
      hasKeys(once.seen, once.rows, when);
    }
    if (pages < page) {
      // With one page there is no border at which anything could be lost.
      assert.ok(page > 2, 'the fake has one page only: give it more rows or a smaller page size');
      return;
    }
  }
}

const resume: EntityTest = {
  id: 'resume',
  title: 'a read that stops after any page goes on from its checkpoint, and nothing is lost',
  run: (kit, entity) => stopEverywhere(kit, entity, async () => {}),
};

const ties: EntityTest = {
  id: 'ties',
  title: 'records that stand level at a border are not lost, also where one comes late',
  async run(kit, entity) {
    const tie = (fake: Fake) => need(fake.ties, 'ties', `ties/${entity}`).call(fake, entity);
    {
      await using fake = await kit.startFake();
      await using session = await openSession(kit.definition, fake);
      const first = await read(session, entity);
      const late = await tie(fake);
      const next = await read(session, entity, { since: first.checkpoint });
      hasKeys(keysOf(next.changes), late, 'records that came late and level with the newest one read');
    }
    await stopEverywhere(kit, entity, tie);
  },
};

const delta: EntityTest = {
  id: 'delta',
  title: 'what was changed since the checkpoint is read',
  async run({ definition, startFake }, entity) {
    await using fake = await startFake();
    await using session = await openSession(definition, fake);
    let { checkpoint } = await read(session, entity);
    // Twice, because a checkpoint that was made by a partial read must carry on as well.
    for (const round of ['first', 'second']) {
      const edited = await need(fake.edit, 'edit', `delta/${entity}`).call(fake, entity);
      assert.ok(edited.length > 0, 'fake.edit() changed nothing');
      const next = await read(session, entity, { since: checkpoint });
      hasKeys(keysOf(next.changes), edited, `the ${round} edit`);
      checkpoint = next.checkpoint;
    }
  },
};

const idle: EntityTest = {
  id: 'idle',
  title: 'where nothing is new, a read returns without pages and without a manifest',
  async run({ definition, startFake }, entity) {
    await using fake = await startFake();
    await using session = await openSession(definition, fake);
    const { checkpoint } = await read(session, entity);
    for await (const item of itemsOf(session, entity, { since: checkpoint })) {
      assert.fail('manifest' in item ? 'a manifest' : `a page with ${list(item.changes.map(({ key }) => key ?? ''))}`);
    }
  },
};

const deletes: EntityTest = {
  id: 'deletes',
  title: 'what was removed becomes known in the way that supports.read says',
  async run({ definition, startFake }, entity) {
    await using fake = await startFake();
    await using session = await openSession(definition, fake);
    const { checkpoint } = await read(session, entity);
    const removed = await need(fake.remove, 'remove', `deletes/${entity}`).call(fake, entity);
    assert.ok(removed.length > 0, 'fake.remove() removed nothing');
    const { changes, manifests } = await read(session, entity, { since: checkpoint });
    if (definition.supports.read[entity]?.deletes === 'reported') {
      const reported = changes.flatMap((change) => (change.op === 'delete' ? [change.key] : []));
      hasKeys(reported, removed, 'removed and not reported');
      return;
    }
    const still = keysOf(changes).filter((key) => removed.includes(key));
    assert.ok(still.length === 0, `removed and still listed: ${list(still)}`);
    assert.equal(manifests.length, 1, 'without its manifest the read says nothing of what it leaves out');
  },
};

export const incrementalRead: readonly EntityTest[] = [resume, ties, delta, idle];
export const deletingRead: EntityTest = deletes;
