import { expect, test, vi } from 'vitest';
import { createPasswords } from '../../src/engine/staff-passwords.ts';
import { findStaff } from '../../src/store/staff.ts';
import { jsonOf, openSite, startCommand } from '../support/process.ts';
import { ask, tell } from './ask.ts';

// Many commands, each a process, on a machine that does other things too.
vi.setConfig({ testTimeout: 120_000 });

test('an account from its making to its end: the PIN is shown once or never, and everything is recorded with who did it', async () => {
  const site = await openSite();
  const added = await ask(site, 'staff add عائشة --role picker --location RUH1 --as Huda');
  expect(added).toMatchObject({ staff: { name: 'عائشة', role: 'picker', locations: ['RUH1'], createdBy: 'Huda' } });
  expect(added.pin).toMatch(/^\d{6}$/);
  const given = 'staff add Sami --role supervisor --location RUH1 --pin - --json --config'.split(' ');
  const sami = await startCommand([...given, site.configFile], {}, '٧٣٩٢٠٤\n').ended;
  expect([sami.code, sami.stderr]).toEqual([0, '']);
  expect(sami.stdout).not.toMatch(/739204|٧٣٩٢٠٤|argon2|"pin"/);
  const row = await findStaff(site.db, 'SAMI');
  expect(await createPasswords().verify(row?.pin_hash, '739204')).toBe(true);

  const changed = await ask(site, 'staff change Sami --role admin');
  expect(changed.staff).toMatchObject({ role: 'admin', locations: ['RUH1'] });
  const reset = await ask(site, 'staff reset عائشة --as Huda');
  expect(reset).toMatchObject({ changed: true, sessionsEnded: 0, pin: expect.not.stringMatching(added.pin) });
  expect(await ask(site, 'staff disable SAMI')).toMatchObject({ changed: true, staff: { name: 'Sami' } });
  const list = await ask(site, 'staff list');
  expect(list.staff).toMatchObject([
    { name: 'Sami', disabledAt: expect.any(String), sessions: 0, lockedUntil: null },
    { name: 'عائشة', disabledAt: null },
  ]);
  expect(JSON.stringify(list)).not.toMatch(/argon2|hash/i);
  const { events } = await ask(site, 'staff events');
  expect(
    events.map(({ type, name, by }: Record<string, string>) =>
      `${type} ${name} ${by?.split('@')[0] === 'Huda' ? by : ''}`.trim(),
    ),
  ).toEqual(['disable Sami', 'reset عائشة Huda', 'change Sami', 'add Sami', 'add عائشة Huda']);
  expect(await tell(site, 'staff sessions')).toBe('Nobody is signed in.\n');
});

test('what cannot be: each with what to do, and without a word of the PIN', async () => {
  const site = await openSite();
  await ask(site, 'staff add Aisha --role picker --location RUH1');
  const refused = async (args: string[]) => (await ask(site, ['staff', ...args], 1)).error;
  const [argv, twice, nowhere, unknown, nobody] = await Promise.all([
    refused(['add', 'Omar', '--role', 'admin', '--pin', '480215']),
    refused(['add', ' AISHA ', '--role', 'admin']),
    refused(['add', 'Omar', '--role', 'picker']),
    refused(['add', 'Omar', '--role', 'picker', '--location', 'RUH9']),
    refused(['disable', 'Omar']),
  ]);
  expect(argv).toMatchObject({ code: 'CLI_USAGE', hint: expect.stringContaining('--pin -') });
  expect(JSON.stringify(argv)).not.toContain('480215');
  expect(twice).toMatchObject({ code: 'STAFF_EXISTS' });
  expect(nowhere).toMatchObject({ code: 'CLI_USAGE', hint: expect.stringContaining('--location RUH1') });
  expect(unknown).toMatchObject({ code: 'CLI_USAGE', message: expect.stringContaining('RUH1') });
  expect(nobody).toMatchObject({ code: 'NOT_FOUND' });
  const reset = ['staff', 'reset', 'Aisha', '--pin', '-', '--config', site.configFile];
  const trivial = await startCommand(reset, {}, '١٢٣٤٥٦\n').ended;
  expect([trivial.code, trivial.stdout]).toEqual([1, '']);
  expect(trivial.stderr).toMatch(/^Error STAFF_PIN: The PIN is a run such as 123456\./);
});

test('on an address that others can reach, a worker does not start and the check fails, until somebody has an account', async () => {
  const site = await openSite({ config: { http: { port: 0, host: '0.0.0.0', trustProxy: true } } });
  const station = async () => {
    const { checks } = jsonOf<{ checks: { what: string }[] }>(await site.run('check'));
    return checks.find(({ what }) => what === 'station');
  };
  const hint = expect.stringContaining('oto-bridge staff add');
  expect(await ask(site, 'run', 1)).toMatchObject({
    error: { code: 'HTTP_NO_STAFF', hint, place: { path: 'http.station' } },
  });
  expect(await station()).toMatchObject({ ok: false, hint, detail: expect.stringContaining('nobody has an account') });
  await ask(site, 'staff add Omar --role admin');
  expect(await station()).toMatchObject({ ok: true, detail: 'http://0.0.0.0:0/station/: 1 account' });
});
