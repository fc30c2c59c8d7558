import assert from 'node:assert/strict';
import type { EntityName, Page } from '../connector/index.ts';
import type { EntityTest, Kit } from './contract-test.ts';
import type { Fake } from './fake.ts';
import { hasKeys, itemsOf, keysOf, list, need, openSession, read } from './session.ts';

/** Stops are tried at this many pages at most; a fake needs few. */
const mostStops = 12;

type Prepare = (fake: Fake) => Promise<unknown>;

interface Stop {
  readonly page: number;
  /** Whether the bridge committed that page, or died between its delivery and the commit. */
  readonly committed: boolean;
  /** A process that is killed closes nothing: the session and its read are left as they are. */
  readonly killed: boolean;
}

async function readOnce({ definition, startFake }: Kit, entity: EntityName, prepare: Prepare, stop: Stop) {
  await using fake = await startFake();
  await prepare(fake);
  const rows = fake.rows[entity] ?? [];
  const delivered: Page[] = [];
  await using first = await openSession(definition, fake);
  const items = itemsOf(first, entity);
  while (delivered.length < stop.page) {
    const { value } = await items.next();
    if (value === undefined || 'manifest' in value) break;
    delivered.push(value);
  }
  if (!stop.killed) {
    await items.return();
    await first.close();
  }
  const kept = delivered.slice(0, stop.committed ? stop.page : stop.page - 1);
  // Of a full read the bridge keeps nothing before it is whole.
  const full = definition.supports.read[entity]?.mode === 'full';
  const seen = full ? [] : kept.flatMap((page) => keysOf(page.changes));
  await using session = await openSession(definition, fake);
  const second = await read(session, entity, { since: full ? null : (kept.at(-1)?.checkpoint ?? null) });
  seen.push(...keysOf(second.changes));
  if (stop.killed) await items.return();
  return { seen, rows, pages: delivered.length };
}

const stops: readonly (readonly [Omit<Stop, 'page'>, when: (page: number) => string])[] = [
  [{ committed: false, killed: true }, (page) => `killed before page ${page} was committed, and started again`],
  [{ committed: false, killed: false }, (page) => `stopped before page ${page} was committed, and resumed`],
  [{ committed: true, killed: false }, (page) => `stopped after page ${page} and resumed`],
];

async function stopEverywhere(kit: Kit, entity: EntityName, prepare: Prepare): Promise<void> {
  const full = kit.definition.supports.read[entity]?.mode === 'full';
  for (let page = 1; page <= mostStops; page += 1) {
    for (const [stop, when] of stops) {
      const once = await readOnce(kit, entity, prepare, { ...stop, page });
      if (once.pages < page) {
        // With one page there is no border at which anything could be lost.
        assert.ok(full || page > 2, 'the fake has one page only: give it more rows or a smaller page size');
        return;
      }
      hasKeys(once.seen, once.rows, when(page));
    }
  }
}

const resume: EntityTest = {
  id: 'resume',
  title:
    'a read that is stopped or killed at any page goes on from its checkpoint, or starts over, and nothing is lost',
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

export const resumedRead: EntityTest = resume;
export const incrementalRead: readonly EntityTest[] = [ties, delta, idle];
export const deletingRead: EntityTest = deletes;
