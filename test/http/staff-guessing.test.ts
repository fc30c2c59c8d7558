import { expect, test, vi } from 'vitest';
import { disableStaff, enableStaff } from '../../src/engine/staff.ts';
import { createPasswords } from '../../src/engine/staff-passwords.ts';
import { openDoor } from '../../src/http/station/guard.ts';
import { sessionRoutes } from '../../src/http/station/session.ts';
import { byAddress, byName } from '../../src/store/sign-in-guard.ts';
import { openBridge, type TestBridge } from '../support/bridge.ts';
import { httpOf, serverWith } from './harness.ts';
import { browserAt, hire } from './staff-harness.ts';

vi.setConfig({ testTimeout: 60_000 });

const config = { http: { port: 0, trustProxy: ['127.0.0.1'] } };

/** Somebody at an address, as the proxy says it. */
async function guess(origin: string, name: string, pin: string, address = '203.0.113.1') {
  const { status, headers, body } = await browserAt(origin).signIn(name, pin, { 'x-forwarded-for': address });
  return { status, wait: Number(headers.get('retry-after')), code: body.error?.code };
}

const locks = (bridge: TestBridge) =>
  bridge.db.query<{ outcome: string }>(`select outcome from staff_event where type = 'lock' order by id`);

test('guessing a PIN: a handful of attempts over all workers, then longer and longer waits that a restart does not end', async () => {
  const bridge = await openBridge({ config });
  const origins = (await Promise.all([httpOf(bridge), httpOf(bridge)])).map(({ origin }) => origin);
  const [one = '', two = ''] = origins;
  await hire(bridge, 'Aisha', '426326');
  // Thirty at once, from as many addresses, at two workers: no more are tried than one after the other.
  const burst = await Promise.all(
    Array.from({ length: 30 }, (_, index) => guess(origins[index % 2] ?? '', 'aisha', '000000', `203.0.113.${index}`)),
  );
  expect(burst.filter(({ status }) => status === 401)).toHaveLength(5);
  expect(burst.filter(({ status, code }) => status === 429 && code === 'HTTP_TOO_MANY')).toHaveLength(25);
  // The right one is not tried either, wherever it comes from.
  const right = () => guess(two, 'Aisha', '426326', '198.51.100.7');
  expect(await right()).toMatchObject({ status: 429, wait: expect.toSatisfy((wait) => wait > 0 && wait <= 30) });
  const waited = () => bridge.db.query(`update sign_in_guard set not_before = now() where kind = 'name'`);
  for (const next of [60, 120, 240]) {
    await waited();
    expect((await guess(one, 'Aisha', '111111')).status).toBe(401);
    const { wait } = await guess(two, 'AISHA', '426326');
    expect([wait > next / 2, wait <= next]).toEqual([true, true]);
  }
  await bridge.db.query(`update sign_in_guard set failures = 40, not_before = now() where kind = 'name'`);
  expect((await guess(one, 'Aisha', '111111')).status).toBe(401);
  expect((await right()).wait).toBeLessThanOrEqual(1800);
  await bridge.reopen();
  const { origin } = await httpOf(bridge);
  expect((await guess(origin, 'Aisha', '426326')).status).toBe(429);
  // Time or a person ends it, and who gets in has a clean slate.
  await enableStaff({ db: bridge.db, by: 'test' }, 'Aisha');
  for (const _ of Array(2)) {
    for (const _ of Array(4)) expect((await guess(origin, 'Aisha', '000000', '192.0.2.1')).status).toBe(401);
    expect((await guess(origin, 'Aisha', '426326', '192.0.2.2')).status).toBe(200);
  }
  expect((await locks(bridge))[0]?.outcome).toBe('name: 5 failures, none is tried for 30 s');
});

test('going through the names from one address is slowed down too, and others may go on', async () => {
  const bridge = await openBridge({ config });
  const { origin } = await httpOf(bridge);
  await hire(bridge, 'Aisha', '426326');
  await bridge.db.query(`insert into sign_in_guard (kind, key, failures) values ('address', $1, 19)`, [
    byAddress('2001:db8:1:2::1').key,
  ]);
  // Another address of the same network is the same guesser.
  expect((await guess(origin, 'nobody-20', '000000', '2001:db8:1:2:ffff::9')).status).toBe(401);
  expect(await guess(origin, 'Aisha', '426326', '2001:DB8:1:2::1')).toMatchObject({
    status: 429,
    code: 'HTTP_TOO_MANY',
  });
  expect((await guess(origin, 'Aisha', '426326', '2001:db8:1:3::1')).status).toBe(200);
  expect(byAddress('::ffff:203.0.113.9').key).toBe(byAddress('203.0.113.9').key);
  expect(byAddress('::1').key).not.toBe(byAddress('2001:db8::1').key);
  // Who gets in wins back that one attempt, and does not wash away those of others.
  await bridge.db.query(`update sign_in_guard set failures = 7, not_before = now() where kind = 'address'`);
  expect((await guess(origin, 'Aisha', '426326', '2001:db8:1:2::1')).status).toBe(200);
  const [row] = await bridge.db.query(`select failures from sign_in_guard where key = $1`, [
    byAddress('2001:db8:1:2::').key,
  ]);
  expect(row).toEqual({ failures: 7 });
  // Mistakes before one gets in are no guesses.
  for (const _ of Array(3)) await guess(origin, 'Aisha', '426327', '2001:db8:1:2::1');
  expect((await guess(origin, 'Aisha', '426326', '2001:db8:1:2::1')).status).toBe(200);
  const failures = async () =>
    bridge.db.query(`select failures from sign_in_guard where key = $1`, [byAddress('2001:db8:1:2::').key]);
  expect(await failures()).toEqual([{ failures: 7 }]);
  // Where an address has failed often, a sign-in, or a press on a name that has to wait, makes nobody else wait.
  const guard = byAddress('2001:db8:1:2::').key;
  await bridge.db.query(`update sign_in_guard set failures = 30, not_before = now() where key = $1`, [guard]);
  await bridge.db.query(
    `insert into sign_in_guard (kind, key, failures, not_before) values ('name', $1, 9, now() + interval '1 hour')`,
    [byName('Sami').key],
  );
  expect((await guess(origin, 'Sami', '000000', '2001:db8:1:2::1')).wait).toBeGreaterThan(3000);
  for (const _ of Array(2)) expect((await guess(origin, 'Aisha', '426326', '2001:db8:1:2::1')).status).toBe(200);
  expect((await guess(origin, 'Aisha', '426327', '2001:db8:1:2::1')).status).toBe(401);
  expect((await guess(origin, 'Aisha', '426326', '2001:db8:1:2::1')).wait).toBeGreaterThan(600);
  await bridge.db.query(`update sign_in_guard set failures = 7, not_before = now() where key = $1`, [guard]);
  await bridge.db.query(`delete from sign_in_guard where kind = 'name'`);
  // And time forgives, one by one.
  await bridge.db.query(`update sign_in_guard set last_at = now() - interval '30 minutes' where kind = 'address'`);
  expect((await guess(origin, 'Aisha', '426327', '2001:db8:1:2::1')).status).toBe(401);
  expect(await failures()).toEqual([{ failures: 5 }]);
});

test('a name that nobody has, a disabled one and a wrong PIN are one answer and one work; none stands in a log or a table', async () => {
  const bridge = await openBridge({ config });
  const passwords = createPasswords();
  const door = await openDoor(bridge.app.bridge);
  const { origin, lines } = await serverWith({ routes: [sessionRoutes(door, passwords)] });
  await hire(bridge, 'Aisha', '426326');
  await hire(bridge, 'Sami', '739204');
  await disableStaff({ db: bridge.db, by: 'test' }, 'Sami');
  await passwords.verify(undefined, 'x');
  const seen = [];
  for (const [name, pin] of [
    ['Aisha', '518273'],
    ['Nobody-480215', '518273'],
    ['Sami', '739204'],
    ['Aisha', 'x'.repeat(64)],
  ] as const) {
    const before = passwords.worked;
    const browser = browserAt(origin);
    const { status, body, headers } = await browser.signIn(name, pin);
    const told = { status, error: body.error, names: [...headers.keys()].sort() };
    const [{ events } = {}] = await bridge.db.query<{ events: number }>(
      `select count(*)::int as events from staff_event where type = 'sign-in'`,
    );
    seen.push({ told, worked: passwords.worked - before, events: (events ?? 0) - seen.length, cookie: browser.cookie });
  }
  expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(1);
  expect(seen[0]).toMatchObject({ told: { status: 401, error: { code: 'HTTP_SIGN_IN' } }, worked: 1, events: 1 });
  // Both kinds are kept waiting alike.
  for (const name of ['Aisha', 'Nobody-480215']) {
    await bridge.db.query(`update sign_in_guard set failures = 4 where kind = 'name'`);
    expect((await guess(origin, name, '518273')).status).toBe(401);
    expect((await guess(origin, name, '518273')).status).toBe(429);
  }
  await bridge.db.query('truncate sign_in_guard');
  const browser = browserAt(origin);
  await browser.signIn('Aisha', '426326');
  const [, secret = ''] = /=(.{43})/.exec(browser.cookie ?? '') ?? [];
  expect(secret).toHaveLength(43);
  await browser.session();
  await browser.signOut();
  const tables = await Promise.all(
    ['staff', 'staff_event', 'staff_session', 'sign_in_guard'].map((table) =>
      bridge.db.query(`select * from ${table}`),
    ),
  );
  const said = JSON.stringify([lines, tables]);
  for (const hidden of ['426326', '518273', '739204', '480215', browser.csrf, secret])
    expect(said).not.toContain(hidden);
  expect(lines.length).toBeGreaterThan(8);
});

test('a body that is none is refused unread, and what it holds is not told back', async () => {
  const bridge = await openBridge({ config });
  const { origin } = await httpOf(bridge);
  const browser = browserAt(origin);
  const bodies = [
    null,
    [],
    {},
    { name: 'A' },
    { name: '', pin: '426326' },
    { name: 'A', pin: { $gt: '' } },
    { name: 'A', pin: '426326', role: 'admin' },
  ];
  for (const body of bodies) {
    const { status, body: answer } = await browser.ask('POST', '/station/api/session', { body });
    expect([status, answer.error?.code], JSON.stringify(body)).toEqual([400, 'HTTP_REQUEST_INVALID']);
    expect(JSON.stringify(answer)).not.toContain('426326');
  }
  expect(
    (await browser.ask('POST', '/station/api/session', { body: { name: 'A', pin: 'x'.repeat(5000) } })).status,
  ).toBe(413);
  expect((await browser.signIn('\u200f\u0000Ai\ud800sha', '42\u0000\u0000')).status).toBe(401);
  expect((await browser.signIn("' or 1=1 --", "%_'\\; drop table staff")).status).toBe(401);
});

test('a flood of sign-ins takes no more work at once than it may: the rest is told to come again, and not counted', async () => {
  const bridge = await openBridge({ config });
  const passwords = createPasswords({ atOnce: 1, waiting: 2 });
  const { origin } = await serverWith({ routes: [sessionRoutes(await openDoor(bridge.app.bridge), passwords)] });
  await passwords.verify(undefined, 'x');
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => guess(origin, `nobody ${index}`, '000000')),
  );
  const busy = answers.filter(({ status, code }) => status === 503 && code === 'STAFF_BUSY');
  const tried = answers.filter(({ status }) => status === 401);
  expect(busy.length).toBeGreaterThan(0);
  expect(busy.length + tried.length).toBe(12);
  expect(passwords.worked).toBe(1 + tried.length);
  const [row] = await bridge.db.query(
    `select sum(failures)::int as failures from sign_in_guard where kind = 'address'`,
  );
  expect(row).toEqual({ failures: tried.length });
});
