import { expect, test, vi } from 'vitest';
import { clearAlarm, raiseAlarm } from '../../src/store/alarms.ts';
import { openSite, until } from '../support/process.ts';
import { openReceiver } from '../support/receiver.ts';

// Workers, each a process, on a machine that does other things too.
vi.setConfig({ testTimeout: 90_000 });

test('two workers tell of each alarm once, also after the receiver was down; another secret of theirs is in none', async () => {
  const receiver = await openReceiver('/hook/tok-551-xyz-77');
  receiver.status = 500;
  const webhook = { url: receiver.url, headers: { authorization: 'Bearer hdr-9912' } };
  const site = await openSite({ config: { alerts: { webhook }, oto: { refreshToken: 'simulator-refresh-token' } } });
  const workers = [site.start('run'), site.start('run')];
  for (const worker of workers) {
    await until('the worker', () => worker.stdout.includes('"running"') || !worker.running);
    expect(worker.running, worker.stderr).toBe(true);
  }
  const subjects = Array.from({ length: 12 }, (_, index) => `thing-${index}`);
  const message = 'Told by somebody who quotes simulator-refresh-token and Bearer hdr-9912.';
  for (const subject of subjects) await raiseAlarm(site.db, { kind: 'test', subject, message });
  await until('a try', () => receiver.arrived.length > 0);
  for (const subject of subjects.slice(0, 6)) await clearAlarm(site.db, 'test', subject);
  receiver.status = 200;
  const told = () => receiver.told.filter((one) => one.includes(' test '));
  await until('everything is told', async () => {
    // As if the pause after a failure were over.
    await site.db.query('update alert_receiver set not_before = now()');
    return told().length >= 18;
  });
  // One more has to be told, so whoever would repeat something has had the time for it.
  await raiseAlarm(site.db, { kind: 'test', subject: 'last', message });
  await until('the last one', () => told().includes('raised test last'));
  expect(told().toSorted()).toEqual(
    [
      ...subjects.map((subject) => `raised test ${subject}`),
      ...subjects.slice(0, 6).map((subject) => `cleared test ${subject}`),
      'raised test last',
    ].sort(),
  );
  for (const subject of subjects.slice(0, 6)) {
    expect(told().indexOf(`raised test ${subject}`)).toBeLessThan(told().indexOf(`cleared test ${subject}`));
  }
  for (const worker of workers) worker.signal('SIGTERM');
  const ended = await Promise.all(workers.map((worker) => worker.ended));
  expect(ended.map(({ code }) => code)).toEqual([0, 0]);
  for (const text of [
    ...receiver.arrived.map(({ body }) => body),
    ...ended.flatMap(({ stdout, stderr }) => [stdout, stderr]),
  ]) {
    expect(text).not.toMatch(/simulator-refresh-token|hdr-9912|tok-551/);
  }
});
