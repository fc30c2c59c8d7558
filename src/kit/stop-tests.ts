import assert from 'node:assert/strict';
import type { EntityName } from '../connector/index.ts';
import type { EntityTest, Kit } from './contract-test.ts';
import { HandleTracker } from './handles.ts';
import { describeError, failureOf, itemsOf, openSession } from './session.ts';

/** The reason itself, or an error that was caused by it. */
function comesFrom(error: unknown, reason: Error): boolean {
  for (let one = error, depth = 0; one !== undefined && depth < 10; one = (one as Error).cause, depth += 1) {
    if (one === reason) return true;
    if (!(one instanceof Error)) return false;
  }
  return false;
}

/** A request that is under way must not hold up the end. */
async function abortWhileWaiting({ definition, startFake }: Kit, entity: EntityName): Promise<void> {
  await using fake = await startFake();
  const asked = fake.troubles?.silent?.();
  if (asked === undefined) return;
  await using session = await openSession(definition, fake);
  const controller = new AbortController();
  const reason = new Error('the kit aborts this read');
  const next = itemsOf(session, entity, { signal: controller.signal }).next();
  await Promise.race([asked, next]);
  controller.abort(reason);
  const error = await failureOf(() => next, 'an ERP that says nothing was read');
  assert.ok(
    comesFrom(error, reason),
    `while the ERP was asked: the error is not the abort's reason: ${describeError(error)}`,
  );
}

/** An abort is tried after this many pages at most. */
const mostPages = 5;

const abort: EntityTest = {
  id: 'abort',
  title:
    'an aborted read rejects with the reason at once, before the first page, after any, and while the ERP is asked',
  async run({ definition, startFake }, entity) {
    await abortWhileWaiting({ definition, startFake }, entity);
    let more = true;
    for (let pages = 0; more && pages <= mostPages; pages += 1) {
      await using fake = await startFake();
      await using session = await openSession(definition, fake);
      const controller = new AbortController();
      const reason = new Error('the kit aborts this read');
      const items = itemsOf(session, entity, { signal: controller.signal });
      for (let page = 0; page < pages; page += 1) {
        const { value } = await items.next();
        more = value !== undefined && !('manifest' in value);
      }
      if (!more) {
        assert.ok(pages > 1, 'there was no page');
        await items.return();
        return;
      }
      controller.abort(reason);
      const error = await failureOf(async () => {
        const { value } = await items.next();
        const what = value === undefined ? 'end' : 'manifest' in value ? 'manifest' : 'page';
        assert.fail(`after the abort came ${what === 'end' ? 'an end' : `a ${what}`}`);
      }, 'the read went on');
      assert.ok(comesFrom(error, reason), `the error is not the abort's reason: ${describeError(error)}`);
    }
  },
};

const earlyReturn: EntityTest = {
  id: 'early-return',
  title: 'leaving a read releases its files and sockets',
  async run({ definition, startFake }, entity) {
    await using fake = await startFake();
    const handles = new HandleTracker();
    await handles.run(async () => {
      const session = await openSession(definition, fake);
      try {
        for await (const _ of itemsOf(session, entity)) break;
        // A session lives for days: the files of a read must not wait for its end.
        await handles.requireFilesClosed('after leaving the read');
      } catch (error) {
        await session[Symbol.asyncDispose]();
        throw error;
      }
      await session.close();
    });
    await handles.requireReleased('after leaving the read and closing');
  },
};

export const stoppedRead: readonly EntityTest[] = [abort, earlyReturn];
