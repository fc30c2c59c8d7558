import { pino } from 'pino';
import { Agent } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { type Alerts, startAlerts } from '../../src/engine/alerts.ts';
import { createRedactor } from '../../src/lib/redact.ts';
import { clearAlarm, ensureAlarm, openAlarms, raiseAlarm, renewAlarm } from '../../src/store/alarms.ts';
import { alertState } from '../../src/store/alerts.ts';
import { testDatabase } from '../support/database.ts';
import { openReceiver, type Receiver } from '../support/receiver.ts';

const database = testDatabase();

function configFor(receiver: Receiver, over: object = {}): Config {
  return configSchema.parse({
    timezone: 'Asia/Riyadh',
    oto: { environment: 'simulator', baseUrl: 'http://127.0.0.1:1/rest/v2', refreshToken: 'x' },
    sources: {},
    locations: [{ oto: 'RUH1', source: 'erp', erp: ['A'] }],
    flows: {},
    alerts: { name: 'riyadh', webhook: { url: receiver.url, headers: { authorization: 'Bearer abc' } }, ...over },
  });
}

/** One process that tells. Its own clock never strikes: the tests ask it. */
async function teller(config: Config): Promise<Alerts> {
  const dispatcher = new Agent();
  const alerts = await startAlerts({
    config,
    db: database.db,
    log: pino({ level: 'silent' }),
    redactor: createRedactor(() => ['Bearer abc', 'hidden-word-77']),
    dispatcher,
    everyMs: 3_600_000,
  });
  if (alerts === undefined) throw new Error('no webhook');
  onTestFinished(async () => {
    await alerts.close(5000);
    await dispatcher.destroy();
    await database.db.query('delete from alarm');
    await database.db.query('delete from alert_receiver');
  });
  return alerts;
}

const alarm = (subject: string, kind = 'run-failed') => ({
  kind,
  subject,
  message: `Something with hidden-word-77 about ${subject}.`,
  hint: 'Do this.',
});

/** As if the pause after a failure were over. */
const pauseOver = () => database.db.query('update alert_receiver set not_before = now()');

test('each alarm is told once when it is raised and once when it is over, however many processes tell', async () => {
  const receiver = await openReceiver();
  const config = configFor(receiver);
  const tellers = [await teller(config), await teller(config), await teller(config)];
  const all = () => Promise.all(tellers.map((one) => one.deliver()));
  await all();
  const subjects = Array.from({ length: 20 }, (_, index) => `flow-${index}`);
  for (const subject of subjects) await raiseAlarm(database.db, alarm(subject));
  await all();
  // It goes on, and nobody is told again.
  for (const subject of subjects) await raiseAlarm(database.db, alarm(subject));
  await all();
  expect(receiver.told.toSorted()).toEqual(subjects.map((subject) => `raised run-failed ${subject}`).sort());
  for (const subject of subjects) await clearAlarm(database.db, 'run-failed', subject);
  await all();
  await all();
  expect(receiver.told).toHaveLength(40);
  expect(new Set(receiver.taken.map((one) => one.delivery)).size).toBe(40);
  for (const subject of subjects) {
    const mine = receiver.taken.filter((one) => one.subject === subject);
    expect(mine.map((one) => one.state)).toEqual(['raised', 'cleared']);
    expect(new Set(mine.map((one) => one.id)).size).toBe(1);
    expect(mine[1]?.count).toBe(2);
  }
});

test('what is told: the documented fields, no secret, the headers of the configuration', async () => {
  const receiver = await openReceiver();
  const telling = await teller(configFor(receiver));
  await raiseAlarm(database.db, alarm('stock'));
  await telling.deliver();
  expect(receiver.taken).toEqual([
    {
      version: 1,
      delivery: expect.stringMatching(/^\d+\/raised$/),
      text: '[riyadh] ALARM: Something with [secret] about stock. Do this.',
      id: expect.any(Number),
      state: 'raised',
      reminder: 0,
      kind: 'run-failed',
      subject: 'stock',
      message: 'Something with [secret] about stock.',
      hint: 'Do this.',
      count: 1,
      firstAt: expect.stringMatching(/^\d{4}-.*Z$/),
      lastAt: expect.stringMatching(/^\d{4}-.*Z$/),
      clearedAt: null,
      bridge: 'riyadh',
      environment: 'simulator',
      account: null,
    },
  ]);
  expect(receiver.arrived[0]?.headers).toMatchObject({
    authorization: 'Bearer abc',
    'content-type': 'application/json',
  });
});

test('a receiver that is down loses nothing, is left alone for a while, and hears in order', async () => {
  const receiver = await openReceiver();
  const tellers = [await teller(configFor(receiver)), await teller(configFor(receiver))];
  const all = () => Promise.all(tellers.map((one) => one.deliver()));
  receiver.status = 503;
  await raiseAlarm(database.db, alarm('stock'));
  await raiseAlarm(database.db, alarm('documents'));
  await all();
  const tried = receiver.arrived.length;
  expect(tried).toBeGreaterThan(0);
  await clearAlarm(database.db, 'run-failed', 'stock');
  await all();
  expect(receiver.arrived).toHaveLength(tried);
  expect(await alertState(database.db)).toMatchObject({
    untold: 2,
    refused: 0,
    receiver: { failures: tried, problem: 'The receiver of alerts answered 503.' },
  });
  expect(await database.db.query('select not_before > now() as later from alert_receiver')).toEqual([{ later: true }]);

  receiver.status = 200;
  await pauseOver();
  await all();
  expect(receiver.told.toSorted()).toEqual([
    'cleared run-failed stock',
    'raised run-failed documents',
    'raised run-failed stock',
  ]);
  expect(receiver.told.indexOf('raised run-failed stock')).toBeLessThan(
    receiver.told.indexOf('cleared run-failed stock'),
  );
  expect(await alertState(database.db)).toMatchObject({ untold: 0, receiver: { failures: 0, problem: null } });
});

test('a receiver that says no is not asked again; with another configuration it is told', async () => {
  const receiver = await openReceiver();
  const telling = await teller(configFor(receiver));
  receiver.status = 404;
  await raiseAlarm(database.db, alarm('stock'));
  await telling.deliver();
  await telling.deliver();
  await clearAlarm(database.db, 'run-failed', 'stock');
  await telling.deliver();
  expect(receiver.arrived).toHaveLength(1);
  expect(await alertState(database.db)).toMatchObject({
    refused: 1,
    untold: 0,
    refusedWhy: expect.stringContaining('answered 404. Check alerts.webhook.url'),
  });
  receiver.status = 200;
  const other = await teller(configFor(receiver, { webhook: { url: `${receiver.url}/right` } }));
  await other.deliver();
  expect(receiver.told).toEqual(['raised run-failed stock', 'cleared run-failed stock']);
});

test('a redirect is a no, and it is not followed', async () => {
  const receiver = await openReceiver();
  const telling = await teller(configFor(receiver));
  receiver.status = 307;
  await raiseAlarm(database.db, alarm('stock'));
  await telling.deliver();
  expect(receiver.arrived.map(({ path }) => path)).toEqual(['/hook']);
  expect(await alertState(database.db)).toMatchObject({ refused: 1 });
});

test('a receiver that hangs holds up the end of a process for the given time only, and is told later', async () => {
  const receiver = await openReceiver();
  const hanging = await teller(configFor(receiver));
  receiver.status = undefined;
  await raiseAlarm(database.db, alarm('stock'));
  await hanging.close(200);
  expect(receiver.arrived).toHaveLength(1);
  expect(await alertState(database.db)).toMatchObject({ untold: 1, receiver: { failures: 1 } });
  receiver.status = 200;
  await pauseOver();
  const next = await teller(configFor(receiver));
  await next.deliver();
  expect(receiver.told).toEqual(['raised run-failed stock']);
});

test('a process that was killed while it told does not keep the alarm to itself', async () => {
  const receiver = await openReceiver();
  const telling = await teller(configFor(receiver));
  await telling.deliver();
  await raiseAlarm(database.db, alarm('stock'));
  await database.db.query(`update alarm set tries = 1, telling_until = now() + interval '1 minute'`);
  await telling.deliver();
  expect(receiver.arrived).toEqual([]);
  await database.db.query(`update alarm set telling_until = now() - interval '1 second'`);
  await telling.deliver();
  expect(receiver.told).toEqual(['raised run-failed stock']);
});

test('reminders come while it lasts, if they are wanted', async () => {
  const receiver = await openReceiver();
  const telling = await teller(configFor(receiver, { repeatHours: 6 }));
  const later = () => database.db.query(`update alarm set told_at = told_at - interval '7 hours'`);
  await raiseAlarm(database.db, alarm('stock'));
  await telling.deliver();
  await telling.deliver();
  await later();
  await telling.deliver();
  await telling.deliver();
  await later();
  await telling.deliver();
  await clearAlarm(database.db, 'run-failed', 'stock');
  await later();
  await telling.deliver();
  await telling.deliver();
  expect(receiver.told).toEqual([
    'raised run-failed stock',
    'reminder 1 run-failed stock',
    'reminder 2 run-failed stock',
    'cleared run-failed stock',
  ]);
  expect(receiver.taken.map((one) => one.delivery.replace(/^\d+/, 'N'))).toEqual([
    'N/raised',
    'N/reminder/1',
    'N/reminder/2',
    'N/cleared',
  ]);
});

test('what was over before there was a receiver is not told; what is open is', async () => {
  const receiver = await openReceiver();
  await raiseAlarm(database.db, alarm('stock'));
  await raiseAlarm(database.db, alarm('documents'));
  await clearAlarm(database.db, 'run-failed', 'stock');
  const telling = await teller(configFor(receiver));
  await telling.deliver();
  expect(receiver.told).toEqual(['raised run-failed documents']);
});

test('an alarm that is news takes the place of the open one; a state that is looked at again counts once', async () => {
  const receiver = await openReceiver();
  const telling = await teller(configFor(receiver));
  await renewAlarm(database.db, alarm('stock', 'needs-person'));
  await telling.deliver();
  await renewAlarm(database.db, alarm('stock', 'needs-person'));
  await telling.deliver();
  expect(receiver.told).toEqual([
    'raised needs-person stock',
    'cleared needs-person stock',
    'raised needs-person stock',
  ]);
  await ensureAlarm(database.db, alarm('7', 'parked'));
  await ensureAlarm(database.db, alarm('7', 'parked'));
  expect((await openAlarms(database.db)).find((one) => one.kind === 'parked')?.count).toBe(1);
});
