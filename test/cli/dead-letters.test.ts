import { expect, test, vi } from 'vitest';
import { openSite } from '../support/process.ts';
import { ask, tell } from './ask.ts';

// Several commands, each a process, on a machine that does other things too.
vi.setConfig({ testTimeout: 90_000 });

test('a job that was given up: shown with its cause, named by status, and queued again as it was', async () => {
  const site = await openSite();
  expect(await ask(site, 'operations list --dead')).toEqual({ deadLetters: [] });
  const payload = { version: 1, flow: 'stock', trigger: 'watch', slot: 'جدة 0.10 🌴' };
  const put = (id: string) =>
    site.db.query(
      `insert into oto_bridge_jobs.job (id, name, data, source_name, source_id, source_retry_count, source_created_on, source_output)
       values ($1, 'dead', $2, 'flows', $1, 4, now() - interval '1 hour', '{"reason": "torn in two"}')`,
      [id, JSON.stringify(payload)],
    );
  const [first, later] = ['7d444840-9dc0-4ad1-a5ff-2da16e4e0c2f', '7d444840-9dc0-4ad1-a5ff-2da16e4e0c30'];
  await put(first);
  const preview = await tell(site, 'operations retry --dead');
  expect(preview).toMatch(/torn in two[\s\S]*1 would be queued again: repeat with --yes/);
  const [, again = ''] = /oto-bridge (operations retry .*--shown .*)/.exec(preview) ?? [];
  // Another one is given up between the two commands: it is not among what was shown.
  await put(later);
  const [status, retried] = [await ask(site, 'status'), await ask(site, again)];
  expect(status.needsPerson.deadLetters).toBe(2);
  expect(retried).toMatchObject({
    matched: 1,
    retried: 1,
    deadLetters: [{ id: first, queue: 'flows', cause: 'torn in two', tries: 5, payload }],
  });
  const queued = await site.db.query(`select data, state::text from oto_bridge_jobs.job where name = 'flows'`);
  expect(queued).toEqual([{ data: payload, state: 'created' }]);
  const gone = await ask(site, again, 1);
  expect(gone.error).toMatchObject({
    code: 'CLI_USAGE',
    message: expect.stringContaining('0 of them are still there'),
  });
});
