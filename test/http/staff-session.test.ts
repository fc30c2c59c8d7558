import { readFile } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { addStaff, changeStaff, disableStaff, enableStaff, resetPin } from '../../src/engine/staff.ts';
import { createPasswords } from '../../src/engine/staff-passwords.ts';
import { openDoor, requireLocation, requireRole, requireStaff, staffOf } from '../../src/http/station/guard.ts';
import { stationSession } from '../../src/model/station.ts';
import { storeLocations } from '../../src/store/locations.ts';
import { openBridge, type TestBridge } from '../support/bridge.ts';
import { openNetwork } from '../support/network.ts';
import { httpOf, serverWith, tlsFolder } from './harness.ts';
import { browserAt, hire, passwords } from './staff-harness.ts';

vi.setConfig({ testTimeout: 60_000 });

const open = async (http: object = {}) => {
  const bridge = await openBridge({ config: { http: { port: 0, ...http } } });
  return { bridge, origin: (await httpOf(bridge)).origin };
};
const rows = (bridge: TestBridge, sql: string) => bridge.db.query<Record<string, unknown>>(sql);

test('who signs in is told who they are and where; a picker sees their locations, an admin all', async () => {
  const { bridge, origin } = await open();
  await storeLocations(bridge.db, [{ code: 'RUH1', name: 'مستودع الرياض', kind: 'warehouse', city: null }]);
  const desk = { db: bridge.db, passwords: createPasswords(), by: 'test' };
  const { id: aisha } = await addStaff(desk, { name: 'عائشة', role: 'picker', locations: ['RUH1'], pin: '٤٢٦٣٢٦' });
  await hire(bridge, 'Omar', 'correct horse', 'admin', []);
  const browser = browserAt(origin);
  expect(await browser.session()).toMatchObject({ status: 401, body: { error: { code: 'HTTP_SIGNED_OUT' } } });
  const { status, body, headers } = await browser.signIn(' عائشة ', '426326');
  expect(status).toBe(200);
  expect(stationSession.parse(body)).toMatchObject({
    staff: { id: aisha, name: 'عائشة', role: 'picker' },
    locations: [{ code: 'RUH1', name: 'مستودع الرياض' }],
    timezone: 'Asia/Riyadh',
  });
  expect(headers.getSetCookie()).toEqual([
    expect.stringMatching(/^oto-bridge-station=[^;]+; Path=\/station; Expires=[^;]+; HttpOnly; SameSite=Strict$/),
  ]);
  expect((await browser.session()).body).toEqual(body);
  expect((await browserAt(origin).signIn('omar', 'correct horse')).body.locations).toEqual([
    { code: 'RUH1', name: 'مستودع الرياض' },
    { code: 'JED1', name: null },
  ]);
  // The database holds nothing that opens a session.
  const secret = decodeURIComponent(browser.cookie ?? '').replace(/^[^=]*=|\..*$/g, '');
  expect(secret).toHaveLength(43);
  expect(JSON.stringify(await rows(bridge, 'select * from staff_session'))).not.toContain(secret);
  const [{ pin_hash: hash } = {}] = await rows(bridge, 'select pin_hash from staff order by id');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=65536,t=3,p=1\$/);
});

test('signing out, and whatever happens to the account, ends its sessions at once and for every worker', async () => {
  const { bridge, origin } = await open();
  const other = (await httpOf(bridge)).origin;
  const { db } = bridge;
  await hire(bridge, 'Aisha', '426326');
  const [one, two] = [browserAt(origin), browserAt(other)];
  const both = async () => [(await one.session()).status, (await two.session()).status];
  const signIn = async (pin = '426326') => {
    await one.signIn('Aisha', pin);
    await two.signIn('Aisha', pin);
    expect(await both()).toEqual([200, 200]);
  };
  await signIn();
  const kept = one.cookie;
  expect((await one.signOut()).status).toBe(204);
  expect(one.cookie).toBe('oto-bridge-station=');
  one.cookie = kept;
  expect(await both()).toEqual([401, 200]);
  await signIn();
  await disableStaff({ db, by: 'test' }, 'aisha');
  expect(await both()).toEqual([401, 401]);
  expect((await one.signIn('Aisha', '426326')).body.error?.code).toBe('HTTP_SIGN_IN');
  await enableStaff({ db, by: 'test' }, 'AISHA');
  await signIn();
  await resetPin({ db, passwords, by: 'test' }, 'Aisha', '739204');
  expect(await both()).toEqual([401, 401]);
  expect((await one.signIn('Aisha', '426326')).status).toBe(401);
  await signIn('739204');
  await changeStaff({ db, by: 'test' }, 'Aisha', () => ({ role: 'supervisor', locations: ['JED1'] }));
  expect(await both()).toEqual([401, 401]);
  await signIn('739204');
  expect((await one.session()).body).toMatchObject({ staff: { role: 'supervisor' }, locations: [{ code: 'JED1' }] });
  await db.query(`update staff_session set seen_at = now() - interval '121 minutes'`);
  expect(await both()).toEqual([401, 401]);
  await signIn('739204');
  await db.query(`update staff_session set expires_at = now() - interval '1 second'`);
  expect(await both()).toEqual([401, 401]);
  // A session in use stays awake.
  await signIn('739204');
  await db.query(`update staff_session set seen_at = now() - interval '119 minutes'`);
  expect(await both()).toEqual([200, 200]);
  expect(
    await rows(
      bridge,
      `select distinct seen_at > now() - interval '1 minute' as awake from staff_session where seen_at > now() - interval '2 hours'`,
    ),
  ).toEqual([{ awake: true }]);
});

test('each sign-in is a new session, whatever the browser brings along; a made-up or changed cookie is none', async () => {
  const { bridge, origin } = await open();
  await hire(bridge, 'Aisha', '426326');
  const attacker = browserAt(origin);
  await attacker.signIn('Aisha', '426326');
  const planted = attacker.cookie ?? '';
  const victim = browserAt(origin);
  victim.cookie = planted;
  expect((await victim.signIn('Aisha', '426326')).status).toBe(200);
  expect(victim.cookie).not.toBe(planted);
  expect([(await attacker.session()).status, (await victim.session()).status]).toEqual([401, 200]);
  const good = victim.cookie ?? '';
  const [value = ''] = good.split('.');
  for (const cookie of [
    value,
    `${value}.`,
    `${value}.AAAA`,
    good.replace('=', '=A'),
    'oto-bridge-station=',
    `${good.slice(0, -6)}AAAAAA`,
  ]) {
    victim.cookie = cookie;
    expect((await victim.session()).status, cookie).toBe(401);
  }
  // Over plain HTTP the name of the other kind is nobody's.
  victim.cookie = good.replace('oto-bridge', '__Host-oto-bridge');
  expect((await victim.session()).status).toBe(401);
});

test('a page of another site changes nothing, and signs nobody in', async () => {
  const { bridge, origin } = await open();
  await hire(bridge, 'Aisha', '426326');
  const browser = browserAt(origin);
  const cross = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: origin.replace('http:', 'https:') },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin },
    { 'sec-fetch-site': 'none' },
  ];
  for (const headers of cross)
    expect((await browser.signIn('Aisha', '426326', headers)).body.error?.code, JSON.stringify(headers)).toBe(
      'HTTP_CROSS_SITE',
    );
  expect(await rows(bridge, 'select from staff_session')).toEqual([]);
  const own = { origin, 'sec-fetch-site': 'same-origin' };
  expect((await browser.signIn('Aisha', '426326', own)).status).toBe(200);
  for (const headers of cross) expect((await browser.signOut(headers)).status).toBe(403);
  for (const token of ['', 'x', `${browser.csrf}x`])
    expect((await browser.signOut({ ...own, 'x-csrf-token': token })).body.error?.code).toBe('HTTP_CROSS_SITE');
  const stranger = browserAt(origin);
  await stranger.signIn('Aisha', '426326');
  expect((await browser.signOut({ 'x-csrf-token': stranger.csrf })).status).toBe(403);
  expect((await browser.session(cross[0])).status).toBe(200);
  expect((await browser.signOut(own)).status).toBe(204);
});

test('the cookie is marked for TLS where the request came by TLS: by our own, or by that of a trusted proxy', async () => {
  const marked = /^__Host-oto-bridge-station=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/;
  const tls = await open({ tls: { cert: 'server.pem', key: 'server.key' } });
  await hire(tls.bridge, 'Aisha', '426326');
  const agent = new Agent({ ca: await readFile(join(tlsFolder, 'authority.pem')) });
  const address = tls.origin.replace('http://127.0.0.1', 'https://localhost');
  const secure = browserAt(address, agent);
  const answer = await secure.signIn('Aisha', '426326', { origin: address });
  expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(marked)]);
  expect((await secure.session()).status).toBe(200);
  agent.destroy();

  const proxied = { host: 'station.example.com', 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' };
  const behind = await open({ trustProxy: ['127.0.0.1'] });
  await hire(behind.bridge, 'Aisha', '426326');
  const through = await hostOf(behind.origin, proxied);
  expect(through.cookies).toEqual([expect.stringMatching(marked)]);
  expect(await rows(behind.bridge, 'select address from staff_session')).toEqual([{ address: '203.0.113.9' }]);
  // Neither over plain HTTP under a name that others use, nor where anybody could say that it was TLS.
  expect(await hostOf(behind.origin, { host: 'station.example.com' })).toMatchObject({
    status: 403,
    code: 'HTTP_INSECURE',
  });
  const open2 = await open();
  await hire(open2.bridge, 'Aisha', '426326');
  expect(await hostOf(open2.origin, proxied)).toMatchObject({ status: 403, code: 'HTTP_INSECURE' });
});

/** Signs in under another name of the host, which `fetch` does not let anybody say. */
function hostOf(origin: string, headers: Record<string, string>) {
  return new Promise<{ status: number | undefined; code: string | undefined; cookies: string[] | undefined }>(
    (resolve, reject) => {
      const all = { ...headers, 'content-type': 'application/json' };
      const request = plainRequest(`${origin}/station/api/session`, { method: 'POST', headers: all }, (response) => {
        let text = '';
        response.on('data', (part) => {
          text += String(part);
        });
        response.on('end', () => {
          const { error } = JSON.parse(text) as { error?: { code: string } };
          resolve({ status: response.statusCode, code: error?.code, cookies: response.headers['set-cookie'] });
        });
      });
      request.on('error', reject).end(JSON.stringify({ name: 'Aisha', pin: '426326' }));
    },
  );
}

test('a route behind the guard knows who asks, and asks no stranger for the body', async () => {
  const bridge = await openBridge({ config: { http: { port: 0 } } });
  const door = await openDoor(bridge.app.bridge);
  const { origin } = await httpOf(bridge);
  const guarded = await serverWith({
    routes: [
      requireStaff(door, (app) => {
        app.post('/station/api/decide', async (request) => {
          const person = staffOf(request);
          requireRole(person, 'supervisor', 'admin');
          requireLocation(person, (request.body as { location: string }).location);
          return { name: person.name };
        });
      }),
    ],
  });
  await hire(bridge, 'Aisha', '426326');
  await hire(bridge, 'Sami', '739204', 'supervisor', ['RUH1', 'GONE']);
  const decide = async (name: string, pin: string, location: string) => {
    const browser = browserAt(origin);
    await browser.signIn(name, pin);
    const here = browserAt(guarded.origin);
    here.cookie = browser.cookie;
    const { status, body } = await here.ask('POST', '/station/api/decide', {
      body: { location },
      headers: { 'x-csrf-token': browser.csrf },
    });
    return [status, body.error?.code];
  };
  expect(await decide('Aisha', '426326', 'RUH1')).toEqual([403, 'HTTP_FORBIDDEN']);
  expect(await decide('Sami', '739204', 'JED1')).toEqual([403, 'HTTP_FORBIDDEN']);
  expect(await decide('Sami', '739204', 'GONE')).toEqual([403, 'HTTP_FORBIDDEN']);
  expect(await decide('Sami', '739204', 'RUH1')).toEqual([200, undefined]);
  const stranger = await browserAt(guarded.origin).ask('POST', '/station/api/decide', {
    body: { a: 'x'.repeat(300_000) },
  });
  expect(stranger.status).toBe(401);
});

test('on an address that others can reach, the station is served only where somebody has an account; without a station it needs none', async () => {
  const config = { http: { port: 0, host: '0.0.0.0', trustProxy: true } };
  const bridge = await openBridge({ config });
  await expect(httpOf(bridge)).rejects.toMatchObject({ code: 'HTTP_NO_STAFF' });
  const omar = await hire(bridge, 'Omar', 'correct horse', 'admin', []);
  expect((await browserAt((await httpOf(bridge)).origin).session()).status).toBe(401);
  await bridge.db.query('update staff set disabled_at = now() where id = $1', [omar]);
  await expect(httpOf(bridge)).rejects.toMatchObject({ code: 'HTTP_NO_STAFF' });
  await bridge.reopen({ http: { ...config.http, station: { enabled: false } } });
  const { origin } = await httpOf(bridge);
  for (const path of ['/station/', '/station/api/session']) expect((await fetch(`${origin}${path}`)).status).toBe(404);
});

test('while the database is away nobody is taken for somebody else, and it is said that it is away', async () => {
  const { bridge } = await open();
  await hire(bridge, 'Aisha', '426326');
  const network = await openNetwork(bridge.db.url);
  await bridge.reopen({ database: { url: network.url } });
  const { origin } = await httpOf(bridge);
  const browser = browserAt(origin);
  await browser.signIn('Aisha', '426326');
  network.cut();
  const away = await Promise.all([browser.session(), browser.signOut(), browserAt(origin).signIn('Aisha', '426326')]);
  for (const { status, headers, body } of away) {
    expect([status, body.error?.code, headers.get('retry-after')]).toEqual([503, 'HTTP_UNAVAILABLE', '5']);
    expect(body.error?.message).toBe('The database does not answer.');
  }
  network.mend();
  await expect.poll(async () => (await browser.session()).status, { timeout: 10_000 }).toBe(200);
  await network.close();
});
